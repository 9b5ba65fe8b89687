package onelogin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

var _ authz.ScopeVerifier = (*Driver)(nil)

// maxMissing is the maximum number of scopes in an error of VerifyScopes.
const maxMissing = 10

// VerifyScopes implements authz.ScopeVerifier. One list shows all writes. The API pages do not
// exclude that it shows them late.
func (d *Driver) VerifyScopes(ctx context.Context, serverID string, written, deleted []authz.Scope) error {
	what := fmt.Sprintf("%d scopes", len(written)+len(deleted))
	if all := slices.Concat(written, deleted); len(all) == 1 {
		what = fmt.Sprintf("scope %q", all[0].Name)
	}
	s, err := d.server(fmt.Sprintf("write %s of authorization server %s", what, serverID), serverID)
	if err != nil {
		return err
	}
	var missing []string
	_, err = httpapi.Settle(ctx, s.op, httpapi.Lag(), d.pause, func() (bool, error) {
		found, err := s.list(ctx)
		missing = withoutEffect(sorted(found), written, deleted)
		return len(missing) == 0, err
	})
	switch {
	case authz.IsParentGone(err) && len(written) == 0:
		return nil // its scopes were deleted with it
	case err != nil:
		return s.unverified(err)
	case len(missing) == 0:
		return nil
	}
	return authz.Advise(authz.Conflict, s.op,
		authz.ReasonOneLoginUnverified,
		"OneLogin reported success for each request, but its listing does not show the result: %s", strings.Join(missing, ", "))
}

// unverified returns the error of a verification that could not read. The outcome of the writes
// is unknown.
func (s authServer) unverified(err error) error {
	wrapped := authz.Errorf(authz.KindOf(err), s.op, "OneLogin reported success for each write, but the scopes could not be read afterwards: %w", authz.Cause(err))
	wrapped.OutcomeUnknown = true
	var cause *authz.Error
	if errors.As(err, &cause) {
		wrapped.Advice, wrapped.Args, wrapped.ParentGone = cause.Advice, cause.Args, cause.ParentGone
	}
	return wrapped
}

// withoutEffect returns a description of each write that the list does not show. Scopes are
// compared by ID, because another scope can get the name.
func withoutEffect(listed, written, deleted []authz.Scope) []string {
	live := map[string]authz.Scope{}
	for _, s := range listed {
		live[s.ID] = s
	}
	want := map[string]authz.Scope{} // the last write of each scope
	for _, s := range written {
		want[s.ID] = s
	}
	var missing []string
	for id, s := range want {
		switch is, ok := live[id]; {
		case !ok:
			missing = append(missing, fmt.Sprintf("no scope %q", s.Name))
		case s.Name != is.Name || s.Description != is.Description:
			missing = append(missing, fmt.Sprintf("scope %q has the name %q and the description %q", s.Name, is.Name, is.Description))
		}
	}
	for _, s := range deleted {
		if is, ok := live[s.ID]; ok && s.ID != "" {
			missing = append(missing, fmt.Sprintf("scope %q was not deleted", is.Name))
		}
	}
	slices.Sort(missing)
	if more := len(missing) - maxMissing; more > 0 {
		missing = append(missing[:maxMissing], fmt.Sprintf("and %d more", more))
	}
	return missing
}
