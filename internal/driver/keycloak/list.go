package keycloak

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// reading is what was read of a realm's client scopes, of all protocols.
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
}

// exportTries bounds how often an export is taken while others write.
const exportTries = 3

// List implements authz.Lister. Besides login it takes two requests, and one
// for each composite role (in every realm the default role and the client
// role manage-account in it), and two for the guard's holders; and two for each
// client whose roles limit scopes, besides what is inside of these roles. Who may
// not export the realm reads one by one, and the realm for its default role.
func (d *Driver) List(ctx context.Context, serverID string) (*authz.Snapshot, error) {
	r, err := d.realm(serverID)
	if err != nil {
		return nil, err
	}
	var (
		group sync.WaitGroup
		is    reading
		roles roleSet
	)
	var readErr, rolesErr, groupsErr error
	read := make(chan struct{})
	group.Go(func() {
		defer close(read)
		is, readErr = r.read(ctx)
	})
	group.Go(func() {
		roles, rolesErr = r.readRoles(ctx, func() *userDefaults {
			<-read
			return is.defaults
		})
		if rolesErr == nil {
			groupsErr = r.addDefaultGroups(ctx, &roles)
		}
	})
	group.Wait()
	if err := cmp.Or(readErr, groupsErr); err != nil {
		return nil, err
	}
	listing := &authz.Snapshot{}
	unseen := ""
	if is.hides = r.mayHide(rolesErr); is.hides {
		listing.Hidden = r.checkHidden(is)
		unseen = openOrHidden(is)
	}
	roles.normalizeMapped(is)
	guard := d.cfg.GuardRole
	switch {
	case hasStatus(rolesErr, 403):
		listing.NotChecked = r.rolesGaps(is)
		listing.Warnings = []authz.Warning{{
			Summary: fmt.Sprintf("The realm roles of %q could not be read", r.name),
			Detail: "Which user types exist, what is inside composite roles, and whether the guard role is sound, is not known. " +
				"The role is taken for the guard by its name, " + guard + ". " + unseen + adviceOf(rolesErr),
		}}
	case rolesErr != nil:
		return nil, rolesErr
	default:
		if guard, err = r.addRoles(ctx, listing, is, roles); err != nil {
			return nil, err
		}
	}
	listing.Scopes, listing.ReservedNames = is.listed(guard, roles.guardOfAll())
	if listing.UserTypes != nil && roles.guard == nil && len(roles.rivals) == 0 {
		listing.Warnings = append(listing.Warnings, r.guardGone(listing.Scopes, roles)...)
	}
	return listing, nil
}

// listed returns the scopes of OpenID Connect, sorted, and the names of the others.
// guard is the name of the guard role, and all the same name if every user has it.
func (is reading) listed(guard, all string) (scopes []authz.Scope, taken []string) {
	shown := shownNames(scopeNames(is.scopes), scopeName)
	for _, s := range is.scopes {
		if s.issued() {
			scope := toScope(s, is.mapped[s.Name], is.assigned[s.Name], guard)
			scope.Name = shown[s.Name]
			scope.Hidden = is.mayBeLimited(s)
			if all != "" && slices.Contains(is.mapped[s.Name].realm, all) {
				scope = scope.WithUserType(all, true)
			}
			scopes = append(scopes, scope)
		} else {
			taken = append(taken, shown[s.Name])
		}
	}
	slices.SortFunc(scopes, authz.ByName)
	return scopes, taken
}

// addRoles adds to a listing what the roles tell, and answers the guard's name,
// "" where there is none.
func (r realm) addRoles(ctx context.Context, listing *authz.Snapshot, is reading, roles roleSet) (guard string, err error) {
	if roles.guard != nil {
		guard = roles.guard.Name
	}
	unread, err := r.readMappedRoles(ctx, is, &roles)
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
	r.state.saw(roles.guard, roles.guardInside(roles.known))
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

// read reads all client scopes. A realm's export is no snapshot: while others
// rename scopes, a mapped scope may look bare in it, that is, open. Each time
// some mapping then names a scope that is not listed, unless the scope has taken
// the name of one just deleted: so one that is noted as limited is bare only when
// a second export shows it bare, too.
func (r realm) read(ctx context.Context) (reading, error) {
	var doubted []string
	for try := 1; !r.state.noExport.Load(); try++ {
		is, dangling, err := r.export(ctx)
		switch {
		case cannotExport(err):
			r.state.noExport.Store(true)
		case hasStatus(err, 500) && try < exportTries: // scopes were created or deleted meanwhile
		case err != nil:
			return reading{}, err
		case !dangling && is.bareAgain(doubted):
			return is, nil
		case try == exportTries:
			return r.readBare(ctx, is)
		case !dangling:
			doubted = is.doubtful()
		}
	}
	return r.readOneByOne(ctx)
}

// newReading refuses an answer that is JSON but no listing of scopes.
func newReading(op string, scopes []scopeRep, defaults, optionals []string) (reading, error) {
	if scopes == nil || slices.ContainsFunc(scopes, func(s scopeRep) bool { return s.ID == "" }) {
		return reading{}, authz.Advise(authz.Unavailable, op, adviceAddress, "the response has no client scopes, or some without an ID")
	}
	if i := slices.IndexFunc(scopes, func(s scopeRep) bool { return s.Name == "" }); i >= 0 { // a realm import creates one
		return reading{}, authz.Advise(authz.Unavailable, op,
			"Give that client scope a name, or delete it: DELETE /admin/realms/{realm}/client-scopes/"+url.PathEscape(scopes[i].ID),
			"there is a client scope without a name (id %s)", scopes[i].ID)
	}
	is := reading{scopes: scopes, mapped: map[string]mapped{}, assigned: map[string]authz.AssignedType{}, clients: map[string]bool{}}
	for _, s := range scopes {
		is.assigned[s.Name] = authz.AssignedNone
	}
	for _, name := range defaults {
		is.assigned[name] = authz.AssignedDefault
	}
	for _, name := range optionals {
		is.assigned[name] = authz.AssignedOptional
	}
	return is, nil
}

// readBare asks again, by id, about each scope that an export showed as bare.
func (r realm) readBare(ctx context.Context, is reading) (reading, error) {
	bare := slices.DeleteFunc(slices.Clone(is.scopes), func(s scopeRep) bool {
		m := is.mapped[s.Name]
		return len(m.realm)+len(m.client) > 0
	})
	return r.readMappings(ctx, is, bare)
}

// readOneByOne reads with view-clients alone: three listings and the mappings
// of each scope.
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
	is, err := newReading(r.opRead(), lists[0], scopeNames(lists[1]), scopeNames(lists[2]))
	if err != nil {
		return reading{}, err
	}
	return r.readMappings(ctx, is, is.scopes)
}

func scopeNames(scopes []scopeRep) []string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = s.Name
	}
	return names
}

// readMappings reads the mappings of some of the scopes. One that is gone
// meanwhile is taken out.
func (r realm) readMappings(ctx context.Context, is reading, some []scopeRep) (reading, error) {
	var (
		mu   sync.Mutex
		gone = map[string]bool{}
	)
	clients := sync.OnceValues(func() ([]clientRep, error) { return r.roleClients(ctx, r.opRead(), len(some)) })
	err := eachCounted(ctx, "role mappings of scopes read", some, func(s scopeRep) error {
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
			is.mapped[s.Name] = m.names()
			for client := range m.ClientMappings {
				is.clients[client] = true
			}
		}
		return nil
	})
	is.scopes = slices.DeleteFunc(is.scopes, func(s scopeRep) bool { return gone[s.ID] })
	return is, err
}

// gone makes the error for a scope that a call answered 404 to. A 404 may mean
// other things (a role, a proxy), so only the list of all scopes tells: the
// error is NotFound when the scope is not in it, else absent.
func (r realm) gone(ctx context.Context, op string, s authz.Scope, absent error) error {
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
