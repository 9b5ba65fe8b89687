package usertypes

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// userTypeResource is embedded by the resources that manage scopes of user types.
type userTypeResource struct{ lifecycle.Resource }

// checkUserType compares the planned scopes of a user type with what its server accepts.
// held are those in state.
func (r *userTypeResource) checkUserType(ctx context.Context, diags *diag.Diagnostics, h lifecycle.Holder, held []string) {
	if r.rejectRefusedByDriver(ctx, diags, h); diags.HasError() {
		return
	}
	r.warnMissingIdentity(ctx, diags, h)
	r.checkMaximum(ctx, diags, h, held)
}

// rejectRefusedByDriver lets the driver check the scopes, if it knows what its server accepts.
func (r *userTypeResource) rejectRefusedByDriver(ctx context.Context, diags *diag.Diagnostics, h lifecycle.Holder) {
	checker, ok := r.Server.Driver().(authz.UserTypeChecker)
	if !ok || diags.HasError() {
		return
	}
	listed := ""
	if id, err := r.Server.Driver().ServerID(""); err == nil {
		listed = id // scopes are listed for the whole server
	}
	known := &authz.Snapshot{}
	if checker.NeedsSnapshot() {
		l, ok := r.Report(diags, listed).Snapshot(r.Server.ReadSnapshot(ctx, listed))
		if !ok {
			return
		}
		known.Scopes = slices.Clone(l.Scopes)
	}
	notes, err := checker.CheckUserType(known, h.Name, h.Names)
	if err != nil {
		at := "scopes"
		if h.Entry {
			at = h.Attribute
		}
		r.AddFailure(diags, "", check.Finding{Code: messages.FailedUserTypeRefused, Path: at, Subjects: []string{h.Name}}, err)
	}
	for _, n := range notes {
		r.AddFindings(diags, "", []check.Finding{{Code: messages.FoundNote, Severity: check.Warn, Data: n}})
	}
}

// warnMissingIdentity warns if the driver can look for a single user type and does not
// find it. If it cannot look, nothing is known about the user type.
func (r *userTypeResource) warnMissingIdentity(ctx context.Context, diags *diag.Diagnostics, h lifecycle.Holder) {
	finder, ok := r.Server.Driver().(authz.UserTypeFinder)
	if !ok {
		return
	}
	if found, err := finder.FindUserType(ctx, h.Name); err == nil && !found {
		r.AddFindings(diags, h.ServerID, check.MissingHolder(h.Holder, nil))
	}
}

// checkMaximum rejects scopes beyond the maximum that the server allows for a user type. A
// maximum that was read before can be outdated, so it is read again before it rejects
// anything. If it cannot be read, the server decides.
func (r *userTypeResource) checkMaximum(ctx context.Context, diags *diag.Diagnostics, h lifecycle.Holder, held []string) {
	limiter, ok := r.Server.Driver().(authz.UserTypeLimiter)
	if !ok {
		return
	}
	if known, ok := r.Maximums.Load(h.ServerID); ok {
		if maximum, ok := known.([]string); ok && len(diff.Difference(h.Names, maximum)) == 0 {
			return
		}
	}
	maximum, err := limiter.MaximumScopes(ctx, h.ServerID)
	if err != nil {
		return
	}
	r.Maximums.Store(h.ServerID, maximum)
	r.AddFindings(diags, h.ServerID, check.BeyondMaximum(h.Holder, h.Names, held, maximum))
}
