package lifecycle

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// privateReader is the private state of a resource in a request of the framework.
type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// PrivateState is the private state of a resource.
type PrivateState struct {
	// Applied is set after the first write. From then on, an attribute that is not set has its
	// default on purpose.
	Applied bool `json:"applied,omitempty"`
	// Outside has the scopes that the last read excluded by manage and ignore. Only these can
	// be deleted when the glob patterns change.
	Outside []string `json:"outside,omitempty"`
	// Released has the scopes that the resource revoked from its user type.
	Released []string `json:"released,omitempty"`
	// UserTypeID distinguishes a renamed user type from a deleted one.
	UserTypeID string `json:"user_type_id,omitempty"`
	// UserTypeIDs is UserTypeID for each of several user types, by name.
	UserTypeIDs map[string]string `json:"user_type_ids,omitempty"`
	// ExcludedGrants are the scopes that user types have and that the globs exclude: only
	// these can be revoked if the globs change.
	ExcludedGrants diff.Grants `json:"excluded_grants,omitempty"`
	// Reopened are the released scopes that are open although no configuration opened them.
	Reopened []string `json:"reopened,omitempty"`
	// Moved is set while the state is as a moved block made it.
	Moved bool `json:"moved,omitempty"`
	// ID identifies the intents of the resource in every walk.
	ID string `json:"id,omitempty"`
}

const privateStateKey = "authscopes"

// LoadPrivateState returns the private state, or Applied without an ID if it is missing. Every
// import and every move sets one, so it is missing only if the provider was killed in an
// update: Terraform then keeps only the old state, and the plan of that update has decided
// what was not set.
func LoadPrivateState(ctx context.Context, from privateReader, diags *diag.Diagnostics) PrivateState {
	raw, more := from.GetKey(ctx, privateStateKey)
	diags.Append(more...)
	if len(raw) == 0 {
		return PrivateState{Applied: true}
	}
	var m PrivateState
	if err := json.Unmarshal(raw, &m); err != nil {
		diagnostics.AddInvalid(diags, path.Empty(), check.Finding{Code: messages.FailedReadPrivateState, Data: check.Failure{Err: err}})
	}
	return m
}

func (m PrivateState) Save(ctx context.Context, in privateWriter, diags *diag.Diagnostics) {
	m.ID = cmp.Or(m.ID, walk.NewID())
	raw, err := json.Marshal(m)
	if err != nil {
		diagnostics.AddInvalid(diags, path.Empty(), check.Finding{Code: messages.FailedSetPrivateState, Data: check.Failure{Err: err}})
		return
	}
	diags.Append(in.SetKey(ctx, privateStateKey, raw)...)
}

// RecordUserTypes records the IDs of the listed user types, to recognize a renamed one.
func (m *PrivateState) RecordUserTypes(l *authz.Snapshot, listed diff.Grants) {
	ids := map[string]string{}
	for userType := range listed {
		id := m.UserTypeIDs[userType]
		u, found := l.UserType(userType)
		if _, alive := l.UserTypeByID(id); found && !alive {
			id = u.ID
		}
		if id != "" {
			ids[userType] = id
		}
	}
	m.UserTypeIDs = ids
}
