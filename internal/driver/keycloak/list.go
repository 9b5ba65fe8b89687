package keycloak

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
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
	shown  map[string]string // the names that a listing has, by those on the server
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
	current, roles, rolesErr, err := r.readAll(ctx)
	if err != nil {
		return nil, err
	}
	if current, err = r.readNeeded(ctx, current, roles, rolesErr); err != nil {
		return nil, err
	}
	listing := &authz.Snapshot{}
	hiddenText := ""
	if current.hides = r.mayHide(rolesErr); current.hides {
		listing.Hidden = r.checkHidden(current)
		hiddenText = describeHidden(current)
	}
	roles.normalizeMapped(current)
	guard := d.cfg.GuardRole
	switch {
	case hasStatus(rolesErr, http.StatusForbidden):
		listing.NotChecked = r.rolesGaps(current)
		listing.Warnings = []authz.Warning{{
			Summary: fmt.Sprintf("The realm roles of %q could not be read", r.name),
			Detail: "It is unknown which user types exist, what composite roles contain, and whether a user has the guard role. " +
				"The role is taken for the guard by its name, " + guard + ". " + hiddenText + adviceOf(rolesErr),
		}}
	case rolesErr != nil:
		return nil, rolesErr
	default:
		if guard, err = r.addRoles(ctx, listing, current, roles); err != nil {
			return nil, err
		}
	}
	listing.Scopes, listing.ReservedNames = current.listed(guard, roles.guardOfAll())
	if listing.UserTypes != nil && roles.guard == nil && len(roles.rivals) == 0 {
		listing.Warnings = append(listing.Warnings, r.reportMissingGuard(listing.Scopes, roles)...)
	}
	if len(current.unread) > 0 {
		listing.Complete = func(ctx context.Context, unread []authz.Scope) (func(*authz.Snapshot), error) {
			return r.complete(ctx, current, *r.state.roles.Load(), unread)
		}
	}
	return listing, nil
}

// readAll reads the scopes and, at the same time, the roles. rolesErr is why the roles could
// not be read.
func (r realm) readAll(ctx context.Context) (current reading, roles roleSet, rolesErr, err error) {
	var group sync.WaitGroup
	var readErr, groupsErr error
	read := make(chan struct{})
	group.Go(func() {
		defer close(read)
		current, readErr = r.read(ctx)
	})
	group.Go(func() {
		roles, rolesErr = r.readRoles(ctx, func() *reading {
			<-read
			return &current
		})
		if rolesErr == nil {
			groupsErr = r.addDefaultGroups(ctx, &roles)
		}
	})
	group.Wait()
	return current, roles, rolesErr, cmp.Or(readErr, groupsErr)
}

// readNeeded reads the role mappings that the listing itself needs. Without the roles of the
// realm, that is each one, because any may be hidden. Without a guard role, those of the
// scopes that their configuration limits: they are open.
func (r realm) readNeeded(ctx context.Context, current reading, roles roleSet, rolesErr error) (reading, error) {
	needed := func(s scopeRep) bool {
		return current.unread[s.ID] && (rolesErr != nil || roles.guard == nil && s.Attributes[attrAccess] == string(authz.AccessUserTypes))
	}
	var some []scopeRep
	for _, s := range current.scopes {
		if needed(s) {
			some = append(some, s)
		}
	}
	if len(some) == 0 {
		return current, nil
	}
	return r.readMappings(ctx, current, some)
}

// complete reads the role mappings of scopes that a listing has Unread, and returns a function
// that adds them to the listing.
func (r realm) complete(ctx context.Context, current reading, roles roleSet, unread []authz.Scope) (func(*authz.Snapshot), error) {
	part := current.part(unread)
	part, err := r.readMappings(ctx, part, part.scopes)
	if err != nil {
		return nil, err
	}
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
	guard := ""
	if roles.guard != nil {
		guard = roles.guard.Name
	}
	if problems := roles.guardInside(before); len(problems) > 0 {
		listing.Warnings = append(listing.Warnings, problems...)
		r.state.observe(roles.guard, slices.Concat(r.state.problems(), problems))
	}
	listing.Scopes, _ = part.listed(guard, roles.guardOfAll())
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

// addRoles adds the roles to a listing, and returns the name of the guard role, or "" if
// there is none.
func (r realm) addRoles(ctx context.Context, listing *authz.Snapshot, current reading, roles roleSet) (guard string, err error) {
	if roles.guard != nil {
		guard = roles.guard.Name
	}
	unread, err := r.readMappedRoles(ctx, current, &roles)
	if err != nil {
		return "", err
	}
	notes, err := r.guardNotes(&roles)
	if err != nil {
		return "", err
	}
	listing.UserTypes, listing.ClientRoles, listing.Warnings = roles.userTypes(), roles.mappedRoles(), slices.Concat(notes, unread)
	listing.NotChecked = roles.gaps
	r.state.roles.Store(&roles)
	r.state.observe(roles.guard, roles.guardInside(roles.known))
	return guard, nil
}

func adviceOf(err error) string {
	var e *authz.Error
	if errors.As(err, &e) && !slices.Contains(authz.Reasons(), e.Advice) {
		return e.Advice
	}
	return ""
}

func (r realm) opRead() string { return fmt.Sprintf("read the scopes of realm %q", r.name) }

// read reads all client scopes. An export is not consistent: while others rename scopes, a
// mapped scope may have no role mapping in it, and look open. Then a role mapping names a
// scope that is not listed, unless the scope has the name of a scope that was deleted just
// before. So a scope that its attribute describes as limited counts as open only if a second
// export has no role mapping of it either.
func (r realm) read(ctx context.Context) (reading, error) {
	var doubted []string
	for try := 1; !r.state.noExport.Load(); try++ {
		current, dangling, err := r.export(ctx)
		switch {
		case cannotExport(err):
			r.state.noExport.Store(true)
		case hasStatus(err, 500) && try < exportTries: // scopes were created or deleted in the meantime
		case err != nil:
			return reading{}, err
		case !dangling && current.unmappedAgain(doubted):
			return current, nil
		case try == exportTries:
			return r.readUnmapped(ctx, current)
		case !dangling:
			doubted = current.doubtful()
		}
	}
	return r.readOneByOne(ctx)
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
		unread: map[string]bool{}, shown: shownNames(scopeNames(scopes), scopeName),
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

// readUnmapped reads, by ID, each scope that has no role mapping in an export.
func (r realm) readUnmapped(ctx context.Context, current reading) (reading, error) {
	bare := slices.DeleteFunc(slices.Clone(current.scopes), func(s scopeRep) bool {
		m := current.mapped[s.Name]
		return len(m.realm)+len(m.client) > 0
	})
	return r.readMappings(ctx, current, bare)
}

// readOneByOne reads with view-clients alone, by three listings. The role mappings of the
// scopes stay unread, because each scope costs a request.
// https://www.keycloak.org/docs-api/latest/rest-api/index.html#_client_scopes
func (r realm) readOneByOne(ctx context.Context) (reading, error) {
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
	var (
		mu   sync.Mutex
		gone = map[string]bool{}
	)
	clients := sync.OnceValues(func() ([]clientRep, error) { return r.roleClients(ctx, r.opRead(), len(some)) })
	err := eachCounted(ctx, r.d.atOnce, "role mappings of scopes read", some, func(s scopeRep) error {
		if !s.issued() {
			return nil
		}
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
	current.scopes = slices.DeleteFunc(current.scopes, func(s scopeRep) bool { return gone[s.ID] })
	return current, err
}

// missingScope returns the error about a scope after a response 404, which may be about a role, or
// of a proxy. Only the list of all scopes decides: the error is NotFound if the scope is not
// in it, and absent otherwise.
func (r realm) missingScope(ctx context.Context, op string, s authz.Scope, absent error) error {
	all, err := get[[]scopeRep](ctx, r, &call{op: op, needs: needViewClients}, nil, "client-scopes")
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(rep scopeRep) bool { return rep.ID == s.ID }) {
		return absent
	}
	return authz.Errorf(authz.NotFound, op, "there is no scope %q (id %s) in realm %q", s.Name, s.ID, r.name)
}

// quoted joins names for a text.
func quoted(names []string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(list, ", ")
}
