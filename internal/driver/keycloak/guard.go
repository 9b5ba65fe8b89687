package keycloak

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/Nerzal/gocloak/v13"
	"golang.org/x/sync/semaphore"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// The guard role is a realm role that no user has. A scope that is mapped to it stays limited
// when its last other role is unmapped or deleted. The provider finds the role by its
// attribute, creates it when it is first needed, and never deletes it.

const guardDescription = "No user has this role, and no user must get it. It is mapped to every scope that is limited to user types, " +
	"so that none is open to everyone. Deleting it opens all scopes that no other role limits. Managed by terraform-provider-authscopes."

// realmState is what a driver knows of one realm.
type realmState struct {
	noExport atomic.Bool // the export was refused, or timed out
	// noClients: the export with clients, which takes one right more, was refused.
	noClients atomic.Bool
	// noCombined: the endpoint for all mappings of a scope is missing.
	noCombined atomic.Bool
	uid        atomic.Pointer[string] // the realm's own ID
	// fineGrained: whether permissions can hide single objects, nil while unknown.
	fineGrained atomic.Pointer[bool]

	lock    *semaphore.Weighted // guards what follows; waiting for it ends with the context
	checked bool
	guard   *roleRep                         // nil: none yet
	roles   atomic.Pointer[roleSet]          // of the last listing, which does not change
	seen    atomic.Pointer[guardObservation] // what isChecked has not looked at yet
	last    atomic.Pointer[guardObservation] // by a listing
}

// guardObservation is what a listing found of the guard role.
type guardObservation struct {
	id       string          // "" without one
	problems []authz.Warning // that a reading of the realm's roles alone does not find
}

func newRealmState() *realmState { return &realmState{lock: semaphore.NewWeighted(1)} }

// observe records what a listing found. A guard role that was deleted since is then created
// again, and problems that only the listing sees are kept: a client role that scopes are
// mapped to may contain the guard role.
func (s *realmState) observe(guard *roleRep, problems []authz.Warning) {
	found := guardObservation{problems: problems}
	if guard != nil {
		found.id = guard.ID
	}
	s.last.Store(&found)
	s.seen.Store(&found)
}

// isChecked reports whether the guard role was verified, and no later listing found another
// guard role, none, or a problem with it.
func (s *realmState) isChecked() bool {
	found := s.seen.Swap(nil)
	if found != nil && (s.guard == nil && found.id != "" || s.guard != nil && s.guard.ID != found.id || len(found.problems) > 0) {
		s.checked, s.guard = false, nil
	}
	return s.checked
}

// forget makes the next write read the guard role again.
func (s *realmState) forget() {
	s.seen.Store(&guardObservation{id: "gone"})
}

// problems returns the problems that only the last listing could find.
func (s *realmState) problems() []authz.Warning {
	if last := s.last.Load(); last != nil {
		return last.problems
	}
	return nil
}

// Preflight implements authz.Preflighter: no user may have the guard role in any way. It
// reads the realm once.
func (d *Driver) Preflight(ctx context.Context, serverID string) error {
	r, err := d.realm(serverID)
	if err != nil {
		return err
	}
	return r.locked(ctx, func() error {
		if r.state.isChecked() {
			return nil
		}
		return r.checkGuard(ctx)
	})
}

func (r realm) opGuard() string { return fmt.Sprintf("check the guard role of realm %q", r.name) }

func (r realm) locked(ctx context.Context, f func() error) error {
	if err := r.state.lock.Acquire(ctx, 1); err != nil {
		return authz.Errorf(authz.Unavailable, r.opGuard(), "interrupted: %w", context.Cause(ctx))
	}
	defer r.state.lock.Release(1)
	return f()
}

// ensureGuard returns the guard role, and creates it if there is none.
func (r realm) ensureGuard(ctx context.Context) (roleRep, error) {
	var guard roleRep
	err := r.locked(ctx, func() error {
		if !r.state.isChecked() {
			if err := r.checkGuard(ctx); err != nil {
				return err
			}
		}
		if r.state.guard == nil {
			if err := r.createGuard(ctx); err != nil {
				return err
			}
		}
		guard = *r.state.guard
		return nil
	})
	return guard, err
}

// createGuard creates the guard role and reads it again, also if another run created it at the
// same time (409) or if no response was received. Keycloak returns 409 before the role of
// the other run is in its listing.
func (r realm) createGuard(ctx context.Context) error {
	c := &call{op: fmt.Sprintf("create the guard role %q in realm %q", r.d.cfg.GuardRole, r.name), needs: needManageRealm}
	made := r.write(ctx, c, func(ctx context.Context, g *gocloak.GoCloak, realm string) error {
		_, err := g.CreateRealmRole(ctx, "", realm, gocloak.Role{
			Name: &r.d.cfg.GuardRole, Description: gocloak.StringP(guardDescription),
			Attributes: &map[string][]string{attrGuard: {"true"}},
		})
		return err
	})
	if made != nil && authz.KindOf(made) != authz.Conflict && !authz.OutcomeUnknown(made) {
		return made
	}
	listed, err := httpapi.Settle(ctx, c.op, httpapi.Lag(), r.d.pause, func() (bool, error) {
		err := r.checkGuard(ctx)
		return r.state.guard != nil, err
	})
	if err != nil {
		return err
	}
	if !listed {
		if made != nil {
			return made
		}
		return authz.Errorf(authz.Unavailable, c.op, "the role was created, but is not listed with its attribute %s", attrGuard)
	}
	return nil
}

// checkGuard reads the roles and verifies the guard role if there is one.
func (r realm) checkGuard(ctx context.Context) error {
	r.state.checked, r.state.guard = false, nil
	roles, err := r.readRoles(ctx, func() *reading { return &reading{} })
	if err != nil {
		return err
	}
	if roles.heldErr != nil && !hasStatus(roles.heldErr, 403) {
		return roles.heldErr
	}
	if problems := slices.Concat(roles.guardProblems(r), roles.held, r.state.problems()); len(problems) > 0 {
		return invalid(r.opGuard(), "Nothing was written. "+problems[0].Detail, "%s", problems[0].Summary)
	}
	r.state.checked, r.state.guard = true, roles.guard
	return nil
}

// guardNotes returns the warnings about the guard role.
func (r realm) guardNotes(roles *roleSet) ([]authz.Warning, error) {
	notes := slices.Concat(roles.guardProblems(r), r.guardRenamed(roles.guard), roles.held, r.compositesNotRead(roles))
	if r.d.cfg.SkipGuardHolders && roles.guard != nil {
		gap := r.holdersGap(roles.guard)
		gap.Privilege = "verify_guard_holders = true in the provider configuration, and " + gap.Privilege
		roles.gaps = append(roles.gaps, gap)
		return notes, nil
	}
	hidden := roles.heldErr == nil && roles.guard != nil && len(roles.held) == 0 && r.hidesUsers()
	if hidden || hasStatus(roles.heldErr, 403) {
		roles.gaps = append(roles.gaps, r.holdersGap(roles.guard))
		return append(notes, authz.Warning{
			Summary: fmt.Sprintf("Holders of the guard role in %s could not be read", r.title()),
			Detail: fmt.Sprintf("A user or a group that has the guard role %q gets every limited scope. ", roles.guard.Name) +
				r.d.missingRole(&call{realm: r.name, needs: needViewUsers}) +
				" To plan without this check, set verify_guard_holders = false in the provider configuration.",
		}), nil
	}
	return notes, roles.heldErr
}

// compositesNotRead adds a gap and returns a warning if not all composite roles were read.
func (r realm) compositesNotRead(roles *roleSet) []authz.Warning {
	unread := 0
	for _, role := range roles.realm {
		if !roles.isRead(role) {
			unread++
		}
	}
	if unread == 0 {
		return nil
	}
	const effect = "A composite role that contains the guard role gives every limited scope to its holders."
	gap := r.gap(fmt.Sprintf("contents of composite roles of realm %q (%d)", r.name, unread), effect, "", false)
	gap.Privilege = "a faster server, or a higher max_concurrency in the provider configuration"
	roles.gaps = append(roles.gaps, gap)
	return []authz.Warning{{
		Summary: fmt.Sprintf("%s of %s not read", count(unread, "composite role"), r.title()),
		Detail: fmt.Sprintf("No scope is mapped to these roles. Reading them was stopped after %s. %s "+
			"To read more roles in that time, increase max_concurrency in the http block.",
			r.d.compositeTime, effect),
	}}
}

func (r realm) holdersGap(guard *roleRep) authz.Gap {
	return r.gap(fmt.Sprintf("holders of the guard role %q", guard.Name), "A user or a group that has it gets every limited scope.", needViewUsers, false)
}

// guardRenamed reports that a configured guard_role has no effect, because the realm has a
// guard role of another name.
func (r realm) guardRenamed(guard *roleRep) []authz.Warning {
	name := r.d.cfg.GuardRole
	if !r.d.named || guard == nil || guard.Name == name {
		return nil
	}
	return []authz.Warning{{
		Summary: fmt.Sprintf("The guard role of %s is %q, and guard_role is %q", r.title(), guard.Name, name),
		Detail: fmt.Sprintf("A realm has one guard role, which the provider finds by its attribute %s. The provider uses this role and does not create a role %q. "+
			"To use the present guard role, set guard_role = %q in the provider configuration. "+
			"To use the name %q, rename the role in Keycloak: its role mappings stay.", attrGuard, name, guard.Name, name),
	}}
}

// reportMissingGuard reports that the guard role was deleted: scopes have the attribute of a
// configuration that limited them, and are not mapped to a guard role.
func (r realm) reportMissingGuard(scopes []authz.Scope, roles roleSet) []authz.Warning {
	var open, unguarded []string
	for _, s := range scopes {
		switch {
		case s.LastAppliedAccess != authz.AccessUserTypes || s.BuiltIn:
		case s.Settings.Access == authz.AccessEveryone:
			open = append(open, s.Name)
		case s.Settings.Access == authz.AccessUnguarded:
			unguarded = append(unguarded, s.Name)
		}
	}
	if len(open) == 0 && (len(unguarded) == 0 || roles.taken) { // a role without the attribute limits the scopes, too
		return nil
	}
	detail := []string{"The guard role was deleted. It limits scopes that have no other role mapping."}
	subjects, state := open, "open to everyone"
	if len(open) > 0 {
		detail = append(detail, "Every user gets these scopes now: "+quoted(open)+".")
	} else {
		subjects, state = unguarded, "unguarded"
	}
	if len(unguarded) > 0 {
		detail = append(detail, "These scopes open to every user when their last user type is revoked: "+quoted(unguarded)+".")
	}
	detail = append(detail, "An apply creates the role again and maps it to the scopes that resources of the configuration limit, before any other change.")
	return []authz.Warning{{
		Summary:  fmt.Sprintf("Guard role missing: %s in %s %s", count(len(subjects), "limited scope"), r.title(), state),
		Subjects: subjects, Detail: strings.Join(detail, " "),
	}}
}

// namedHolders is how many users and groups with the guard role are named.
const namedHolders = 10

// guardHolding has the users or the groups that have the guard role directly.
type guardHolding struct {
	kind    string
	holders []holderRep
	err     error
}

// guardHoldings returns what to read about the guard role.
func (r realm) guardHoldings(guard *roleRep) []guardHolding {
	if guard == nil || r.d.cfg.SkipGuardHolders {
		return nil
	}
	return []guardHolding{{kind: "users"}, {kind: "groups"}}
}

func (r realm) readHolders(ctx context.Context, guard *roleRep, h *guardHolding) {
	c := &call{op: r.opGuard(), needs: needViewUsers}
	query := map[string]string{"max": strconv.Itoa(namedHolders + 1)}
	h.holders, h.err = get[[]holderRep](ctx, r, c, query, "roles", cmp.Or(guard.address, guard.Name), h.kind)
}

// reportHolders returns the warnings about holders of the guard role.
func (r realm) reportHolders(guard *roleRep, held []guardHolding) (notes []authz.Warning, err error) {
	for _, h := range held {
		switch {
		case authz.IsNotFound(h.err): // deleted or renamed in the meantime
		case h.err != nil:
			return notes, h.err
		case len(h.holders) > 0:
			names := holderNames(h.holders)
			notes = append(notes, blocking(
				fmt.Sprintf("The guard role of %s is assigned to %s", r.title(), upTo(len(names), h.kind)), names,
				"They get every limited scope: "+quotedFirst(names)+fmt.Sprintf(". Remove the role %q from all %s.", guard.Name, h.kind),
			))
		}
	}
	return notes, nil
}

// holderRep is a user or a group that has a role.
type holderRep struct {
	Username string `json:"username"`
	Path     string `json:"path"` // of a group
	Name     string `json:"name"` // of a group
}

func (h holderRep) name() string { return nfc(cmp.Or(h.Username, h.Path, h.Name)) }

// holderNames returns the sorted names of users or groups.
func holderNames(holders []holderRep) []string {
	var names []string
	for _, h := range holders {
		names = append(names, h.name())
	}
	slices.Sort(names)
	return names
}

// upTo returns a number of holders, of which one more than namedHolders is read at most.
func upTo(n int, kind string) string {
	if n > namedHolders {
		return fmt.Sprintf("more than %d %s", namedHolders, kind)
	}
	return count(n, strings.TrimSuffix(kind, "s"))
}

// quotedFirst returns quoted names, the first ones of many.
func quotedFirst(names []string) string {
	if len(names) > namedHolders {
		return quoted(names[:namedHolders]) + " and more"
	}
	return quoted(names)
}

// guardProblems returns the conditions that make the guard role useless, by the roles alone. A
// client role that contains the guard role is found only if it is inside a realm role, or if a
// scope is mapped to it: Keycloak has no listing of the roles that contain one.
func (s roleSet) guardProblems(r realm) []authz.Warning {
	name := r.d.cfg.GuardRole
	if s.guard == nil {
		if len(s.rivals) > 0 {
			return []authz.Warning{blocking(fmt.Sprintf("%d roles of %s are marked as the guard role", len(s.rivals), r.title()), s.rivals,
				fmt.Sprintf("These roles have the attribute %s: %s. None of them has the configured name %q, so the guard role is unknown, "+
					"and all of them are reported as user types. Remove the attribute from every role that users have, "+
					"or set guard_role in the provider configuration to the name of the guard role.", attrGuard, quoted(s.rivals), name))}
		}
		if s.taken {
			return []authz.Warning{blocking(fmt.Sprintf("Role %q of %s exists and is not the guard role", name, r.title()), nil,
				"The role does not have the attribute "+attrGuard+". Set guard_role in the provider configuration to a different name. "+
					"If the role was created as the guard role, and no user has it, set its attribute "+attrGuard+" to true.")}
		}
		return nil
	}
	var notes []authz.Warning
	if inside := s.contents[s.guard.ID]; len(inside) > 0 {
		notes = append(notes, blocking(fmt.Sprintf("The guard role %q of %s is composite", s.guard.Name, r.title()), nil,
			"A user with a role inside the guard role gets every limited scope. Remove all roles from the guard role."))
	}
	return append(notes, s.guardInside(r, nil)...)
}

// guardInside reports the roles that contain the guard role, except those whose contents
// were known before.
func (s roleSet) guardInside(r realm, before map[string][]roleRep) []authz.Warning {
	var in []string
	for id := range s.contents {
		if _, known := before[id]; !known && s.hasGuard(id) {
			in = append(in, s.nameOf(id))
		}
	}
	if len(in) == 0 {
		return nil
	}
	in = authz.NameSet(in...)
	return []authz.Warning{blocking(fmt.Sprintf("The guard role of %s is inside %s", r.title(), count(len(in), "other role")), in,
		fmt.Sprintf("These roles contain the guard role %q: %s. A user with one of them gets every limited scope. Remove the guard role from them.",
			s.guard.Name, quoted(in)))}
}

// nameOf is the name of a role that was read, as authz.ClientRoleName for a client role.
func (s roleSet) nameOf(id string) string {
	for _, role := range s.realm {
		if role.ID == id {
			return role.Name
		}
	}
	for _, contents := range append(slices.Collect(maps.Values(s.contents)), s.mapped, s.ofGroups) {
		for _, role := range contents {
			if role.ID == id {
				return s.clientRoleName(role)
			}
		}
	}
	return id
}

func blocking(summary string, subjects []string, detail string) authz.Warning {
	return authz.Warning{Summary: summary, Subjects: subjects, Detail: detail, BlocksWrites: true}
}
