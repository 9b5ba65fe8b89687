package lifecycle

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// ServerBinding is the part of a model that binds a state to one server: another server can have
// the same ID, and a deleted realm can be created again.
type ServerBinding struct {
	ServerUID types.String `tfsdk:"server_uid"`
}

func (b ServerBinding) UID() string { return b.ServerUID.ValueString() }

// Bind records the server if none is recorded. It never replaces one.
func (b *ServerBinding) Bind(uid string) {
	if b.UID() == "" {
		b.ServerUID = tftypes.TextOrNull(uid, types.StringNull())
	}
}

// binder is implemented by pointers to models.
type binder interface{ Bind(uid string) }

func ServerUIDAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Computed: true, PlanModifiers: []planmodifier.String{stateValue{}},
		MarkdownDescription: "ID that the server assigned to itself, on Keycloak the ID of the realm. The state belongs to this server. " +
			"Null if the server has none, or if the identity may not read it. A plan warns if the ID on the server differs, and is rejected if it would also " +
			"delete or revoke scopes.",
	}
}

// stateValue plans the value in state, also null, for an existing resource.
type stateValue struct{}

func (stateValue) Description(context.Context) string { return "The value in state is kept." }

func (stateValue) MarkdownDescription(context.Context) string { return "The value in state is kept." }

func (stateValue) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if !req.State.Raw.IsNull() {
		resp.PlanValue = req.StateValue
	}
}
