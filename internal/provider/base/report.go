package base

import (
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// Report reports the result of a read: its error, or the warnings that were not reported before.
type Report struct {
	d        *ProviderData
	diags    *diag.Diagnostics
	serverID string
}

// Report returns the report of a read of a server.
func (d *ProviderData) Report(diags *diag.Diagnostics, serverID string) Report {
	return Report{d, diags, serverID}
}

// Snapshot reports a snapshot. ok is false if there is none.
func (r Report) Snapshot(l *authz.Snapshot, err error) (_ *authz.Snapshot, ok bool) {
	if l, ok = r.Shown(l, err); ok {
		r.warnOnce(check.DifferentUsers(l))
	}
	return l, ok
}

// Shown is Snapshot for a caller that shows the differences between users itself, such as a
// report.
func (r Report) Shown(l *authz.Snapshot, err error) (_ *authz.Snapshot, ok bool) {
	if err != nil {
		r.d.AddFailure(r.diags, r.serverID, check.Finding{Code: messages.FailedRead}, r.explainDenied(err))
		return nil, false
	}
	for _, n := range l.Warnings {
		if r.d.IsNewWarning(r.serverID, n.Summary) {
			r.d.AddFindings(r.diags, r.serverID, []check.Finding{{Code: messages.FoundNote, Severity: check.Warn, Data: n}})
		}
	}
	r.warnOnce(check.Users(l))
	return l, true
}

// UserTypes is Snapshot for a caller that needs all user types. It is an error if they may not be
// viewed: a hidden one could have any scope.
func (r Report) UserTypes(l *authz.Snapshot, err error) (_ *authz.Snapshot, ok bool) {
	if l, ok = r.Shown(l, err); !ok {
		return nil, false
	}
	if found := check.UserTypesVisible(l); len(found) > 0 {
		r.d.AddFindings(r.diags, r.serverID, found)
		return nil, false
	}
	r.warnOnce(check.DifferentUsers(l))
	return l, true
}

// Client reports the error of a read of a client. missing is the server's own error about a
// missing client. ok is false if the client cannot be read.
func (r Report) Client(clientID string, err error) (ok bool, missing error) {
	switch {
	case authz.IsNotFound(err):
		return true, err
	case err != nil:
		f := check.Finding{Code: messages.FailedReadClient, Path: "client_id", Subjects: []string{clientID}}
		r.d.AddFailure(r.diags, r.serverID, f, r.explainDenied(err))
	}
	return err == nil, nil
}

// RequiredClient is Client with an error about a missing client.
func (r Report) RequiredClient(clientID string, err error) bool {
	ok, missing := r.Client(clientID, err)
	if missing != nil {
		r.d.AddFindings(r.diags, r.serverID, []check.Finding{{
			Code: messages.FoundNoClient, Path: "client_id", Subjects: []string{clientID}, Data: check.Failure{Err: missing},
		}})
	}
	return ok && missing == nil
}

// explainDenied adds to a refusal that the provider configuration addresses another server:
// the identity can belong to that one only.
func (r Report) explainDenied(err error) error {
	own, none := r.d.Server.Driver().ServerID("")
	var denied *authz.Error
	if none != nil || own == r.serverID || !errors.As(err, &denied) || denied.Kind != authz.Denied {
		return err
	}
	explained := *denied
	explained.Advice, explained.Args = authz.ReasonOtherServer, []string{r.d.DescribeServer(own), r.d.DescribeServer(r.serverID), messages.Advice(denied)}
	return &explained
}

// warnOnce adds findings about a snapshot that were not reported before.
func (r Report) warnOnce(found []check.Finding) {
	for _, f := range found {
		if r.d.IsNewWarning(r.serverID, string(f.Code)+" "+strings.Join(f.Subjects, " ")) {
			r.d.AddFindings(r.diags, r.serverID, []check.Finding{f})
		}
	}
}
