package venafi

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// rules reads the rules of an application. A server can return an empty list for an application
// that does not exist, so that an empty list is verified by a read of the application.
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/WebSDK/r-SDK-POST-oauth-getrules.php
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/WebSDK/r-SDK-POST-oauth-getapplication.php
func (d *Driver) rules(ctx context.Context, op, application string) ([]rule, error) {
	e, err := d.read(ctx, op, "getrules", map[string]string{fieldApplication: application})
	if err != nil && resultOf(err) != resultNoRule {
		return nil, err
	}
	if slices.ContainsFunc(e.Rules, func(r rule) bool { return r.text(fieldApplication) == "" || r.text(fieldTrustee) == "" }) {
		return nil, authz.Advise(authz.Unavailable, op, adviceURL, "the response has a rule without %s or %s", fieldApplication, fieldTrustee)
	}
	found := slices.DeleteFunc(e.Rules, func(r rule) bool { return !strings.EqualFold(r.text(fieldApplication), application) })
	if len(found) > 0 {
		return found, nil
	}
	_, err = d.read(ctx, op, "getapplication", map[string]string{fieldApplication: application})
	return nil, err
}

// rule reads the rule of one user type, or nil if there is none.
func (d *Driver) rule(ctx context.Context, op, application, userType string) (rule, error) {
	rules, err := d.rules(ctx, op, application)
	if err != nil {
		return nil, err
	}
	// All rules are read and compared here, because the server can compare the spelling of an
	// identity literally.
	var found rule
	for _, r := range rules {
		if identity(r.text(fieldTrustee)) != identity(userType) {
			continue
		}
		if found != nil {
			return nil, twoRules(op, application, userType)
		}
		found = r
	}
	return found, found.requireMaximumScope(op)
}

func twoRules(op, application, userType string) error {
	return authz.Advise(authz.Conflict, op, "Delete one of the rules.", "application %q has two rules for %s", application, userType)
}

// requireMaximumScope returns an error for a rule that does not state its scopes, which the API
// requires of every rule. To assume none would be a guess.
func (r rule) requireMaximumScope(op string) error {
	if r != nil && r.text(fieldScope) == "" {
		return authz.Advise(authz.Unavailable, op, "The scopes of this rule are unknown. Set its maximum scope on the server, or delete the rule.",
			"the rule of %s on application %q has no %s", r.text(fieldTrustee), r.text(fieldApplication), fieldScope)
	}
	return nil
}

// UserTypeKey implements authz.UserTypeSpeller.
func (d *Driver) UserTypeKey(userType string) string { return identity(userType) }

func (d *Driver) keys(op, serverID, userType string) error {
	application, err := d.ServerID(serverID)
	switch {
	case err != nil:
		return err
	case application == "":
		return authz.Advise(authz.Invalid, op, adviceServerID, "server_id is not set")
	case identity(userType) == "":
		return authz.Advise(authz.Invalid, op, authz.ReasonVenafiUserType, "user_type is empty")
	}
	return nil
}

// UserTypeScopes reads the scopes that the rule of an identity or group on an application grants.
// Without a rule there are none, which is not an error.
func (d *Driver) UserTypeScopes(ctx context.Context, serverID, userType string) (authz.UserTypeSet, error) {
	op := fmt.Sprintf("read the rule of %s on application %q", userType, serverID)
	set := authz.UserTypeSet{UserType: authz.UserType{Name: userType}}
	if err := d.keys(op, serverID, userType); err != nil {
		return set, err
	}
	r, err := d.rule(ctx, op, serverID, userType)
	if r != nil {
		set = r.set(userType)
	}
	return set, err
}

// set converts the rule into a user type with its scopes.
func (r rule) set(userType string) authz.UserTypeSet {
	settings := r.settings()
	set := authz.UserTypeSet{UserType: authz.UserType{Name: userType, Rule: &settings}, Scopes: r.scopes()}
	set.Includes = slices.DeleteFunc(bases(set.Scopes), func(n string) bool { return slices.Contains(set.Scopes, n) })
	return set
}

// ListUserTypes implements authz.UserTypeReader: the identities and groups that have a rule
// on an application.
func (d *Driver) ListUserTypes(ctx context.Context, serverID string) ([]authz.UserTypeSet, error) {
	op := fmt.Sprintf("read the rules of application %q", serverID)
	rules, err := d.rules(ctx, op, serverID)
	if err != nil {
		return nil, err
	}
	var sets []authz.UserTypeSet
	seen := map[string]bool{}
	for _, r := range rules {
		userType := r.text(fieldTrustee)
		if err := r.requireMaximumScope(op); err != nil {
			return nil, err
		}
		if seen[identity(userType)] {
			return nil, twoRules(op, serverID, userType)
		}
		seen[identity(userType)] = true
		sets = append(sets, r.set(userType))
	}
	slices.SortFunc(sets, func(a, b authz.UserTypeSet) int { return strings.Compare(a.Name, b.Name) })
	return sets, nil
}

// ChangeUserType creates, changes or deletes the rule of an identity or group. Scopes that the
// change does not contain stay. It returns scopes in the form of List, without their restriction.
func (d *Driver) ChangeUserType(ctx context.Context, serverID string, change authz.UserTypeChange) ([]authz.Scope, error) {
	userType := change.UserType.Name
	op := fmt.Sprintf("change the rule of %s on application %q", userType, serverID)
	if err := d.keys(op, serverID, userType); err != nil {
		return nil, err
	}
	wanted := append(authz.Names(change.Grant), change.Want...)
	if _, err := JoinScopes(wanted); err != nil {
		return nil, &authz.Error{Kind: authz.Invalid, Op: op, Err: err}
	}
	r, err := d.rule(ctx, op, serverID, userType)
	switch {
	case authz.IsParentGone(err) && len(wanted) == 0:
		return nil, nil // its rules are deleted with the application
	case err != nil:
		return nil, err
	}
	has := r.scopes()
	target := ruleTarget{serverID, userType, nextScopes(has, wanted, authz.Names(change.Revoke)), change.Rule}
	next := target.scopes
	if !target.isReached(r) {
		if err = d.write(ctx, op, r, target); err == nil {
			err = d.settled(ctx, op, target)
		}
	}
	if err != nil {
		return nil, err
	}
	var touched []authz.Scope
	for _, base := range bases(append(has, next...)) {
		touched = append(touched, authz.Scope{Name: base}.WithUserType(userType, slices.Contains(bases(next), base)))
	}
	return touched, nil
}

// ruleTarget is the state of a rule after a write. Without scopes, the write deletes the rule.
type ruleTarget struct {
	application, userType string
	scopes                []string
	settings              authz.RuleSettings
}

// isReached reports whether a rule has the state. A nil rule does not exist.
func (t ruleTarget) isReached(r rule) bool {
	return slices.Equal(r.scopes(), t.scopes) && (r == nil || t.settings.Within(r.settings()))
}

// nextScopes returns the scopes of a user type after a change. A name without restriction is
// removed if the same name with a restriction is present, which includes it.
func nextScopes(has, wanted, revoked []string) []string {
	next := slices.DeleteFunc(slices.Clone(has), func(n string) bool { return slices.Contains(revoked, n) })
	return withoutImplied(append(next, wanted...))
}

// write sends one call. If no response to a create was received, a read decides its outcome.
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/WebSDK/r-SDK-POST-oauth-createrule.php
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/WebSDK/r-SDK-POST-oauth-updaterule.php
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/WebSDK/r-SDK-POST-oauth-deleterule.php
func (d *Driver) write(ctx context.Context, op string, r rule, target ruleTarget) error {
	text, err := JoinScopes(target.scopes)
	if err != nil {
		return &authz.Error{Kind: authz.Invalid, Op: op, Err: err}
	}
	switch {
	case len(target.scopes) == 0:
		return d.deleteRule(ctx, op, r)
	case r != nil:
		err = d.replace(ctx, op, "updaterule", map[string]rule{"Rule": r.withField(fieldScope, text).withSettings(target.settings)})
		if resultOf(err) == resultNoRule {
			return authz.Advise(authz.Conflict, op, adviceRerun, "the rule was deleted at the same time: %w", authz.Cause(err))
		}
		return err
	}
	made := rule{}.withField(fieldApplication, target.application).withField(fieldTrustee, target.userType).withField(fieldScope, text)
	_, err = d.call(ctx, "createrule", httpapi.Call{Op: op, Body: made.withSettings(target.settings)})
	if authz.OutcomeUnknown(err) && d.settled(ctx, op, target) == nil {
		return nil // the rule did not exist before, and now is as sent
	}
	return err
}

// deleteRule always sends both keys: with one key alone, the server deletes every rule of that
// key.
func (d *Driver) deleteRule(ctx context.Context, op string, r rule) error {
	keys := map[string]string{fieldApplication: r.text(fieldApplication), fieldTrustee: r.text(fieldTrustee)}
	if keys[fieldApplication] == "" || keys[fieldTrustee] == "" {
		return authz.Errorf(authz.Invalid, op, "a request without application or identity would delete other rules, so it is not sent")
	}
	err := d.replace(ctx, op, "deleterule", keys)
	if result := resultOf(err); result == resultNoRule || result == resultNoApplication {
		return nil
	}
	return err
}

// settled reads until a rule has the target state.
func (d *Driver) settled(ctx context.Context, op string, target ruleTarget) error {
	var has []string
	is, err := httpapi.Settle(ctx, op, httpapi.Lag(), d.pause, func() (bool, error) {
		r, err := d.rule(ctx, op, target.application, target.userType)
		has = r.scopes()
		return target.isReached(r), err
	})
	if err != nil || is {
		return err
	}
	const advice = authz.ReasonVenafiRuleChanged
	if slices.Equal(has, target.scopes) {
		return authz.Advise(authz.Conflict, op, advice, "the rule has the configured scopes, but not the configured description, validity or renewable")
	}
	return authz.Advise(authz.Conflict, op, advice, "the rule has %q after it was set to %q", has, target.scopes)
}
