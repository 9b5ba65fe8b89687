package venafi

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// rules reads the rules of an application. A server may answer for an absent one
// with no rules, so that is looked at when there are none.
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

// rule reads the rule of one user type; nil when it has none.
func (d *Driver) rule(ctx context.Context, op, application, userType string) (rule, error) {
	rules, err := d.rules(ctx, op, application)
	if err != nil {
		return nil, err
	}
	// All rules are read and compared here, because the server may compare the
	// spelling of an identity literally.
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
	return found, found.told(op)
}

func twoRules(op, application, userType string) error {
	return authz.Advise(authz.Conflict, op, "Delete one of them.", "application %q has two rules for %s", application, userType)
}

// told refuses a rule that does not say what it gives, which the API requires of
// every rule: "nothing" would be a guess.
func (r rule) told(op string) error {
	if r != nil && r.text(fieldScope) == "" {
		return authz.Advise(authz.Unavailable, op, "The scopes that it grants are unknown. Set its maximum scope manually, or delete the rule.",
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
		return authz.Advise(authz.Invalid, op, adviceServerID, "server_id is not set; for Venafi it is the application ID")
	case identity(userType) == "":
		return authz.Advise(authz.Invalid, op, authz.ReasonVenafiUserType, "user_type is empty")
	}
	return nil
}

// UserTypeScopes reads what the rule of an identity or group on an application
// gives. No rule gives nothing, which is no error.
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

// set returns the rule as package authz has it.
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
		if err := r.told(op); err != nil {
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

// ChangeUserType makes, changes or deletes the one rule of an identity or group.
// Scopes in no part of the change stay. It answers with scopes as List has them,
// without their restriction.
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
		return nil, nil // its rules are deleted with it
	case err != nil:
		return nil, err
	}
	has := r.scopes()
	target := ruleTarget{serverID, userType, nextScopes(has, wanted, authz.Names(change.Revoke)), change.Rule}
	next := target.scopes
	if !target.is(r) {
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

// ruleTarget is what a write makes of a rule. Without scopes it deletes the rule.
type ruleTarget struct {
	application, userType string
	scopes                []string
	settings              authz.RuleSettings
}

// is reports whether a rule, nil for none, is as it must be.
func (t ruleTarget) is(r rule) bool {
	return slices.Equal(r.scopes(), t.scopes) && (r == nil || t.settings.Within(r.settings()))
}

// nextScopes is what a user type has, with what it is given, without what it
// loses. A name without restriction that now stands beside one with is in that.
func nextScopes(has, wanted, revoked []string) []string {
	next := slices.DeleteFunc(slices.Clone(has), func(n string) bool { return slices.Contains(revoked, n) })
	return withoutImplied(append(next, wanted...))
}

// write sends one call. A create whose answer got lost is settled by reading.
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
		err = d.replace(ctx, op, "updaterule", map[string]rule{"Rule": r.with(fieldScope, text).withSettings(target.settings)})
		if resultOf(err) == resultNoRule {
			return authz.Advise(authz.Conflict, op, adviceRerun, "the rule was deleted meanwhile: %w", authz.Cause(err))
		}
		return err
	}
	made := rule{}.with(fieldApplication, target.application).with(fieldTrustee, target.userType).with(fieldScope, text)
	_, err = d.call(ctx, "createrule", httpapi.Call{Op: op, Body: made.withSettings(target.settings)})
	if authz.OutcomeUnknown(err) && d.settled(ctx, op, target) == nil {
		return nil // it was absent, and is there as sent
	}
	return err
}

// deleteRule never sends one key alone: that would delete every rule of it.
func (d *Driver) deleteRule(ctx context.Context, op string, r rule) error {
	keys := map[string]string{fieldApplication: r.text(fieldApplication), fieldTrustee: r.text(fieldTrustee)}
	if keys[fieldApplication] == "" || keys[fieldTrustee] == "" {
		return authz.Errorf(authz.Invalid, op, "a rule without application or identity is not deleted: it would delete others")
	}
	err := d.replace(ctx, op, "deleterule", keys)
	if result := resultOf(err); result == resultNoRule || result == resultNoApplication {
		return nil
	}
	return err
}

// settled reads until a rule is as it was set.
func (d *Driver) settled(ctx context.Context, op string, target ruleTarget) error {
	var has []string
	is, err := httpapi.Settle(ctx, op, httpapi.Lag(), d.pause, func() (bool, error) {
		r, err := d.rule(ctx, op, target.application, target.userType)
		has = r.scopes()
		return target.is(r), err
	})
	if err != nil || is {
		return err
	}
	const advice = authz.ReasonVenafiRuleChanged
	if slices.Equal(has, target.scopes) {
		return authz.Advise(authz.Conflict, op, advice, "the rule has the scopes, and not the description, validity or renewable that were set")
	}
	return authz.Advise(authz.Conflict, op, advice, "the rule has %q after it was set to %q", has, target.scopes)
}
