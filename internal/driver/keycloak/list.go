package keycloak

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/progress"
)

// reading has the client scopes of a realm, of all protocols.
type reading struct {
	scopes   []scopeRep
	mapped   map[string]mapped // by scope name
	assigned map[string]authz.AssignedType
	clients  map[string]bool // client ids whose roles are mapped to scopes
	// defaults is what the realm gives to every user, nil if it was read without an
	// export.
	defaults *userDefaults
	// hides is true if a scope without a visible role mapping may be limited.
	hides bool
	// unread are the IDs of the scopes whose role mappings were not read, because each costs
	// a request.
	unread map[string]bool
	// contradicted are the IDs of the scopes whose role mappings differ between exports.
	contradicted map[string]bool
	shown        map[string]string // the names that a listing has, by those on the server
}

// exportTries bounds how often an export is taken while others write.
const exportTries = 3

// List implements authz.Lister. Besides login it takes two requests, one for each composite
// role (in every realm the default role and the client role manage-account in it), two for
// the holders of the guard role, and two for each client whose roles limit scopes, besides
// what these roles contain. A caller who may not export the realm takes three more, and
// reads the role mappings of a scope when they are needed (authz.Snapshot.Complete).
func (d *Driver) List(ctx context.Context, serverID string) (*authz.Snapshot, error) {
	r, err := d.realm(serverID)
	if err != nil {
		return nil, err
	}
	var current reading
	var readErr error
	read := make(chan struct{})
	go func() { // at the same time as the roles
		defer close(read)
		var exported bool
		if current, exported, readErr = r.exportScopes(ctx); readErr == nil && !exported {
			current, readErr = r.listScopes(ctx)
		}
	}()
	roles, rolesErr := r.readRoles(ctx, func() *reading {
		<-read
		return &current
	})
	if <-read; readErr != nil {
		return nil, readErr
	}
	switch {
	case rolesErr == nil:
		err = r.addDefaultGroups(ctx, &roles)
	case !hasStatus(rolesErr, http.StatusForbidden):
		err = rolesErr
	}
	if err != nil {
		return nil, err
	}
	if current, err = r.readMappings(ctx, current, current.needed(roles, rolesErr)); err != nil {
		return nil, err
	}
	roles.normalizeMapped(current)
	if rolesErr != nil {
		return r.listWithoutRoles(current, rolesErr), nil
	}
	unread, err := r.readMappedRoles(ctx, current, &roles)
	if err != nil {
		return nil, err
	}
	return r.listWithRoles(current, &roles, unread)
}

// listWithRoles returns a listing with the roles, and the warnings about those that were not read.
func (r realm) listWithRoles(current reading, roles *roleSet, unread []authz.Warning) (*authz.Snapshot, error) {
	notes, err := r.guardNotes(roles)
	if err != nil {
		return nil, err
	}
	listing := &authz.Snapshot{
		UserTypes: roles.userTypes(), ClientRoles: roles.mappedRoles(), Warnings: slices.Concat(notes, unread), NotChecked: roles.gaps,
	}
	r.state.roles.Store(roles)
	r.state.observe(roles.guard, roles.guardInside(r, roles.known))
	listing.Scopes, listing.ReservedNames = current.listed(roles.guardName(), roles.guardOfAll())
	if roles.guard == nil && len(roles.rivals) == 0 {
		listing.Warnings = append(listing.Warnings, r.reportMissingGuard(listing.Scopes, *roles)...)
	}
	if len(current.unread) > 0 {
		listing.Complete = unreadMappings{r, current}.complete
	}
	return listing, nil
}

// listWithoutRoles returns a listing for a caller who may not read the roles of the realm.
func (r realm) listWithoutRoles(current reading, rolesErr error) *authz.Snapshot {
	listing, hiddenText := &authz.Snapshot{}, ""
	if current.hides = r.mayHide(rolesErr); current.hides {
		listing.Hidden = r.checkHidden(current)
		hiddenText = describeHidden(current)
	}
	listing.NotChecked = r.rolesGaps(current)
	listing.Warnings = []authz.Warning{{
		Summary: fmt.Sprintf("Realm roles of %s could not be read", r.title()),
		Detail: "It is unknown which user types exist, what composite roles contain, and whether a user has the guard role. " +
			"The provider recognizes the guard role only by its name, " + strconv.Quote(r.d.cfg.GuardRole) + ". " + hiddenText + adviceOf(rolesErr),
	}}
	listing.Scopes, listing.ReservedNames = current.listed(r.d.cfg.GuardRole, "")
	return listing
}

// needed returns the scopes whose role mappings the listing itself needs: those that exports
// contradict. Without the roles of the realm, it needs each one, because any may be hidden.
// Without a guard role, it needs those of the scopes that their configuration limits: they are
// open.
func (current reading) needed(roles roleSet, rolesErr error) (some []scopeRep) {
	for _, s := range current.scopes {
		limited := s.Attributes[attrAccess] == string(authz.AccessUserTypes)
		if current.contradicted[s.ID] || current.unread[s.ID] && (rolesErr != nil || roles.guard == nil && limited) {
			some = append(some, s)
		}
	}
	return some
}

// unreadMappings reads the role mappings that a listing does not have.
type unreadMappings struct {
	realm
	current reading
}

// complete reads the role mappings of scopes that a listing has Unread, and returns a function
// that adds them to the listing.
func (r unreadMappings) complete(ctx context.Context, unread []authz.Scope) (func(*authz.Snapshot), error) {
	part := r.current.part(unread)
	part, err := r.readMappings(ctx, part, part.scopes)
	if err != nil {
		return nil, err
	}
	roles := *r.state.roles.Load()
	before := roles.contents
	roles.contents, roles.clients = maps.Clone(before), maps.Clone(roles.clients)
	roles.mapped, roles.gaps = nil, nil
	roles.normalizeMapped(part)
	listing := &authz.Snapshot{}
	if listing.UserTypes, err = r.expandMapped(ctx, part, &roles); err != nil {
		return nil, err
	}
	if listing.Warnings, err = r.readMappedRoles(ctx, part, &roles); err != nil {
		return nil, err
	}
	if problems := roles.guardInside(r.realm, before); len(problems) > 0 {
		listing.Warnings = append(listing.Warnings, problems...)
		r.state.observe(roles.guard, slices.Concat(r.state.problems(), problems))
	}
	listing.Scopes, _ = part.listed(roles.guardName(), roles.guardOfAll())
	listing.ClientRoles, listing.NotChecked = roles.mappedRoles(), roles.gaps
	return func(l *authz.Snapshot) { addRead(l, listing, authz.Names(unread)) }, nil
}

// expandMapped reads what the roles contain that scopes are mapped to, as far as it was not
// read before, and returns these user types.
func (r realm) expandMapped(ctx context.Context, current reading, roles *roleSet) ([]authz.UserType, error) {
	deciding := slices.DeleteFunc(roles.deciding(current, roles.realm), roles.expanded)
	if len(deciding) == 0 {
		return nil, nil
	}
	if err := r.readContents(ctx, roles, slices.Clone(deciding)); err != nil {
		return nil, err
	}
	if err := r.readClientNames(ctx, roles, deciding); err != nil {
		return nil, err
	}
	var all []authz.UserType
	for _, role := range deciding {
		all = append(all, roles.userType(role.Name, role))
	}
	return all, nil
}

// addRead replaces scopes of a listing that are Unread by those in read, and removes those
// that were deleted in the meantime.
func addRead(l, read *authz.Snapshot, names []string) {
	for _, name := range names {
		before, listed := l.Scope(name)
		if !listed || !before.Unread {
			continue
		}
		if s, found := read.Scope(name); found {
			l.Put(s)
		} else {
			l.Remove(name)
		}
	}
	l.Expand(read.UserTypes...)
	for _, role := range read.ClientRoles {
		l.AddClientRole(role)
	}
	l.NotChecked = slices.Concat(l.NotChecked, read.NotChecked)
	l.Warnings = slices.Concat(l.Warnings, read.Warnings)
}

// part returns the part of a reading that has some scopes, without their role mappings.
func (current reading) part(some []authz.Scope) reading {
	ids := make(map[string]bool, len(some))
	for _, s := range some {
		ids[s.ID] = true
	}
	part := current
	part.scopes, part.unread, part.mapped, part.clients = nil, ids, map[string]mapped{}, map[string]bool{}
	for _, s := range current.scopes {
		if ids[s.ID] {
			part.scopes = append(part.scopes, s)
		}
	}
	return part
}

// listed returns the scopes of OpenID Connect, sorted, and the names of the others. guard is
// the name of the guard role, and all is the same name if every user has it.
func (current reading) listed(guard, all string) (scopes []authz.Scope, taken []string) {
	for _, s := range current.scopes {
		if !s.issued() {
			taken = append(taken, current.shown[s.Name])
			continue
		}
		scope := toScope(s, current.mapped[s.Name], current.assigned[s.Name], guard)
		scope.Name = current.shown[s.Name]
		scope.Hidden = current.mayBeLimited(s)
		switch {
		case current.unread[s.ID]:
			scope.Unread, scope.Hidden, scope.Settings.Access = true, true, ""
		case all != "" && slices.Contains(current.mapped[s.Name].realm, all):
			scope = scope.WithUserType(all, true)
		}
		scopes = append(scopes, scope)
	}
	slices.SortFunc(scopes, authz.ByName)
	return scopes, taken
}

func adviceOf(err error) string {
	var e *authz.Error
	if errors.As(err, &e) && !slices.Contains(authz.Reasons(), e.Advice) {
		return e.Advice
	}
	return ""
}

func (r realm) opRead() string { return fmt.Sprintf("read the scopes of realm %q", r.name) }

// exportScopes reads all client scopes by an export of the realm. exported is false if the caller
// may not take one.
//
// An export is not consistent: while others rename scopes, a mapped scope may have no role
// mapping in it, and look open. Then a role mapping names a scope that is not listed, unless the
// scope has the name of a scope that was deleted just before. So a scope that its attribute
// describes as limited counts as open only if a second export has no role mapping of it either.
// If exports contradict each other to the end, the scopes without role mappings are contradicted.
func (r realm) exportScopes(ctx context.Context) (current reading, exported bool, err error) {
	var doubted []string
	for try := 1; !r.state.noExport.Load(); try++ {
		var out exportRep
		var dangling bool
		err := r.partialExport(ctx, r.opRead(), needManageRealm, false, &out, &out.Realm)
		if err == nil {
			current, dangling, err = r.fromExport(out)
		}
		switch {
		case cannotExport(err):
			r.state.noExport.Store(true)
		case hasStatus(err, 500) && try < exportTries: // scopes were created or deleted in the meantime
		case err != nil:
			return reading{}, false, err
		case !dangling && current.unmappedAgain(doubted):
			return current, true, nil
		case try == exportTries:
			current.contradict()
			return current, true, nil
		case !dangling:
			doubted = current.doubtful()
		}
	}
	return reading{}, false, nil
}

// newReading rejects a response that is JSON, but not a listing of scopes.
func newReading(op string, scopes []scopeRep, defaults, optionals []string) (reading, error) {
	if scopes == nil || slices.ContainsFunc(scopes, func(s scopeRep) bool { return s.ID == "" }) {
		return reading{}, authz.Advise(authz.Unavailable, op, adviceAddress, "the response has no client scopes, or some without an ID")
	}
	if i := slices.IndexFunc(scopes, func(s scopeRep) bool { return s.Name == "" }); i >= 0 { // a realm import creates one
		return reading{}, authz.Advise(authz.Unavailable, op,
			"Give that client scope a name, or delete it: DELETE /admin/realms/{realm}/client-scopes/"+url.PathEscape(scopes[i].ID),
			"there is a client scope without a name (id %s)", scopes[i].ID)
	}
	current := reading{
		scopes: scopes, mapped: map[string]mapped{}, assigned: map[string]authz.AssignedType{}, clients: map[string]bool{},
		unread: map[string]bool{}, contradicted: map[string]bool{}, shown: shownNames(scopeNames(scopes), scopeName),
	}
	for _, s := range scopes {
		current.assigned[s.Name] = authz.AssignedNone
	}
	for _, name := range defaults {
		current.assigned[name] = authz.AssignedDefault
	}
	for _, name := range optionals {
		current.assigned[name] = authz.AssignedOptional
	}
	return current, nil
}

// contradict marks each scope that has no role mapping in an export.
func (current reading) contradict() {
	for _, s := range current.scopes {
		m := current.mapped[s.Name]
		current.contradicted[s.ID] = len(m.realm)+len(m.client) == 0
	}
}

// listScopes reads with view-clients alone, by three listings. The role mappings of the
// scopes stay unread, because each scope costs a request.
// https://www.keycloak.org/docs-api/latest/rest-api/index.html#_client_scopes
func (r realm) listScopes(ctx context.Context) (reading, error) {
	var (
		group     errgroup.Group
		lists     [3][]scopeRep
		addresses = [3]string{"client-scopes", "default-default-client-scopes", "default-optional-client-scopes"}
	)
	for i := range lists {
		group.Go(func() (err error) {
			lists[i], err = get[[]scopeRep](ctx, r, &call{op: r.opRead(), needs: needViewClients}, nil, addresses[i])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return reading{}, err
	}
	current, err := newReading(r.opRead(), lists[0], scopeNames(lists[1]), scopeNames(lists[2]))
	if err != nil {
		return reading{}, err
	}
	for _, s := range current.scopes {
		if s.issued() {
			current.unread[s.ID] = true
		}
	}
	return current, nil
}

func scopeNames(scopes []scopeRep) []string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = s.Name
	}
	return names
}

// readMappings reads the role mappings of some scopes. It removes scopes that were deleted
// in the meantime.
func (r realm) readMappings(ctx context.Context, current reading, some []scopeRep) (reading, error) {
	if len(some) == 0 {
		return current, nil
	}
	var (
		mu   sync.Mutex
		gone = map[string]bool{}
	)
	clients := sync.OnceValues(func() ([]clientRep, error) { return r.roleClients(ctx, r.opRead(), len(some)) })
	done := progress.Count(ctx, "role mappings of scopes read", len(some))
	group, failed := requests(ctx, r.d.atOnce)
	for _, s := range some {
		group.Go(func() error {
			if !s.issued() || failed() {
				return nil
			}
			defer done()
			m, err := r.mappingsBy(ctx, r.opRead(), authz.Scope{Name: s.Name, ID: s.ID}, clients)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case authz.IsNotFound(err):
				gone[s.ID] = true
			case err != nil:
				return err
			default:
				current.mapped[s.Name] = m.names()
				delete(current.unread, s.ID)
				for client := range m.ClientMappings {
					current.clients[client] = true
				}
			}
			return nil
		})
	}
	err := group.Wait()
	current.scopes = slices.DeleteFunc(current.scopes, func(s scopeRep) bool { return gone[s.ID] })
	return current, err
}

// missingScope returns the error about a scope after a response 404, which may be about a role, or
// of a proxy. Only the list of all scopes decides: the error is NotFound if the scope is not
// in it, and absent otherwise.
func (r realm) missingScope(ctx context.Context, op string, s authz.Scope, absent error) error {
	all, err := r.allScopes(ctx, op)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(rep scopeRep) bool { return rep.ID == s.ID }) {
		return absent
	}
	return authz.Errorf(authz.NotFound, op, "there is no scope %q (id %s) in realm %q", s.Name, s.ID, r.name)
}

// title names the realm for messages.
func (r realm) title() string { return fmt.Sprintf("Keycloak realm %q", r.name) }

// count writes a number with its noun: `1 role`, `2 roles`.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// quoted joins names for a text.
func quoted(names []string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(list, ", ")
}
