package authz

import "context"

// Capabilities says what a server can do. Everything else is refused at plan.
type Capabilities struct {
	Server        string // as the user knows it: "Keycloak"
	ProviderBlock string // the provider block: "keycloak"

	// These follow from the interfaces of the driver (Derive); no driver sets them.
	ListScopes     bool
	WriteScopes    bool
	UserTypeScopes bool
	ClientScopes   bool

	Settings bool // of a scope, access among them
	// Drift is false where user type sets cannot be read back.
	UserTypeDrift bool
	// ClientRoles is true where roles of clients are user types, too; see ClientRoleName.
	ClientRoles bool
	// EmptyUserTypes is true where a user type may have no scope at all.
	EmptyUserTypes bool
	// DescriptionRequired is true where a scope cannot be without one.
	DescriptionRequired bool
	// ServerIDRequired is true where a resource must name its server_id.
	ServerIDRequired bool
	// ServerIDAllowed is false where a resource must not name one.
	ServerIDAllowed bool
	// ServerIDLabel is the server's own word for it: "realm".
	ServerIDLabel string
	// UserTypeLabel is the server's own word for a user type: "realm role".
	UserTypeLabel string
	// UserTypesKept is true where deleting a user type set leaves the scopes
	// as they are.
	UserTypesKept bool
	// UserTypeRules is true where a rule with settings of its own gives a user type its
	// scopes.
	UserTypeRules bool
	// UserTypesReplaced is true where a write replaces all scopes of a user
	// type, so that none can be left alone.
	UserTypesReplaced bool
	// ClientDefaults is true where a client gets some of its scopes without
	// asking for them; elsewhere all of a client's scopes are optional.
	ClientDefaults bool
	// ClientExample is what a client id looks like there, for messages.
	ClientExample string
	// Reader is the user type of the provider's own login, if that is a user whose
	// scopes the provider can change.
	Reader Reader
}

// Reader is a user type whose scopes the provider needs to read a server.
type Reader struct {
	UserType string   // "" is none
	Scopes   []string // sorted
}

// Derive returns the capabilities of a driver, with those that follow from the interfaces
// that it implements.
func Derive(d Driver, declared Capabilities) Capabilities {
	_, declared.ListScopes = d.(Lister)
	_, declared.WriteScopes = d.(ScopeWriter)
	_, declared.UserTypeScopes = d.(UserTypeScopes)
	_, declared.ClientScopes = d.(ClientScopes)
	return declared
}

// Driver talks to one kind of server. It translates; it never decides: what to
// change, and in which order across scopes, comes from its caller.
//
// A driver shows what else it can do by the interfaces below, and declares the rest in
// its Capabilities.
// Every method is safe for concurrent use, makes no request before it is first
// needed, and answers with *Error.
type Driver interface {
	Capabilities() Capabilities
	// ServerID is what stands in state and identity for a configured server_id
	// ("" when none is configured). It makes no request; an id that must not be
	// managed is Invalid.
	ServerID(configured string) (string, error)
}

// HostID is Driver.ServerID for a server that has no id of its own: its host.
func HostID(server, host, configured string) (string, error) {
	if configured != "" && configured != host {
		return "", Errorf(Invalid, "", "%s has no server_id, but %q is given; leave it out (the server is %s)", server, configured, host)
	}
	return host, nil
}

// Lister reads everything at once, in a number of requests that does not grow
// with the number of scopes where the rights of the caller allow.
type Lister interface {
	List(ctx context.Context, serverID string) (*Snapshot, error)
}

// ScopeWriter writes one scope at a time. Each answers with the scope as the
// server has it afterwards.
type ScopeWriter interface {
	// CreateScope makes a scope. Conflict when one of that name exists. A scope
	// with AccessUserTypes can at no moment be handed to anyone. The caller has
	// listed the server, without the scope: when the answer gets lost, one that
	// is there then exactly as it was sent is taken for this one.
	CreateScope(ctx context.Context, serverID string, want Scope) (Scope, error)
	// UpdateScope turns live into want (name, description, settings); live is
	// what the caller believes is there, its ID is what is addressed. Closing
	// comes before, opening after, everything else. NotFound when it is gone.
	UpdateScope(ctx context.Context, serverID string, live, want Scope) (Scope, error)
	// DeleteScope removes a scope. Gone already is no error.
	DeleteScope(ctx context.Context, serverID string, live Scope) error
}

// ScopeVerifier is a driver of a server that can report success without an effect.
type ScopeVerifier interface {
	// VerifyScopes reads the server after writes that it reported as done. It returns
	// Conflict if the server does not have the written scopes as they are, or still has a
	// deleted one.
	VerifyScopes(ctx context.Context, serverID string, written, deleted []Scope) error
}

// UserTypeChange is what is to change about one user type, by scopes as the
// caller believes they are there. Want is the whole set for servers that know
// no single grants.
type UserTypeChange struct {
	UserType UserType
	Grant    []Scope
	Revoke   []Scope
	// Guard lists scopes to be limited to user types without a change to this
	// one: they were found open though nobody opened them on purpose.
	Guard []Scope
	Want  []string
	// Rule sets the settings of the rule (Capabilities.UserTypeRules).
	Rule RuleSettings
}

// UserTypeScopes changes which scopes a user type gets.
type UserTypeScopes interface {
	// ChangeUserType grants before it revokes. A revoke never opens a scope. It
	// answers with the touched scopes as they are afterwards, also when it fails
	// half-way. A scope that is gone when it is revoked is done.
	ChangeUserType(ctx context.Context, serverID string, change UserTypeChange) ([]Scope, error)
}

// UserTypeReader reads the set of one user type on servers where List cannot
// tell.
type UserTypeReader interface {
	// UserTypeScopes returns NotFound if the user type has no set. It returns Unsupported
	// if this user type cannot be read.
	UserTypeScopes(ctx context.Context, serverID, userType string) (UserTypeSet, error)
	// ListUserTypes returns the sets of all user types, sorted by name. The set of a user
	// type that cannot be read is Unread.
	ListUserTypes(ctx context.Context, serverID string) ([]UserTypeSet, error)
}

// UserTypeChecker holds a planned set against what the server is known to take,
// before anything is written.
type UserTypeChecker interface {
	// CheckUserType answers with what deserves a warning. An error is what the
	// server would refuse. known is a listing of the server's scopes where
	// NeedsListing, else it is empty.
	CheckUserType(known *Snapshot, userType string, scopes []string) ([]Warning, error)
	// NeedsListing tells whether known is worth the requests.
	NeedsListing() bool
}

// UserTypeFinder looks for one user type on servers where List cannot tell.
type UserTypeFinder interface {
	// FindUserType reports whether a user type exists. It is Denied if the caller cannot
	// look, which says nothing about the user type.
	FindUserType(ctx context.Context, userType string) (bool, error)
}

// UserTypeResolver finds user types that List leaves out: client roles that no scope is mapped
// to.
type UserTypeResolver interface {
	// ResolveUserType returns NotFound if there is no such client, or no such role of it.
	ResolveUserType(ctx context.Context, serverID, userType string) (UserType, error)
}

// UserTypeLimiter knows, where a server bounds what its user types can have, the bound.
type UserTypeLimiter interface {
	// MaximumScopes returns the names of all scopes that a user type of the server can
	// have, sorted, or nil if there is no bound.
	MaximumScopes(ctx context.Context, serverID string) ([]string, error)
}

// UserTypeSpeller knows, where a user type can be written in more than one way,
// which spellings are the same one.
type UserTypeSpeller interface {
	// UserTypeKey is the same for all spellings of one user type.
	UserTypeKey(userType string) string
}

// Preflighter verifies, before the first write of a run, what writes rely on.
type Preflighter interface {
	Preflight(ctx context.Context, serverID string) error
}

// DefinitionChecker is a driver of a server that compares names of defined scopes itself.
type DefinitionChecker interface {
	// CheckDefinitions sends names to the server and returns the names in its response:
	// sorted, without duplicates, and nil if the response has no list. The meaning of the
	// returned names depends on the server.
	CheckDefinitions(ctx context.Context, names []string) (returned []string, err error)
}

// ClientScopeSet is what one client application may ask for. A reading has the
// names of the scopes; a server that needs their ids to write looks them up.
type ClientScopeSet struct {
	ClientID string
	Default  []Scope // sorted by name; servers without the difference have none
	Optional []Scope // sorted by name
}

// ClientScopes reads and replaces what one client application may ask for.
type ClientScopes interface {
	// ReadClientScopes is NotFound when there is no such client; a listing that
	// could be empty for want of rights is Denied.
	ReadClientScopes(ctx context.Context, serverID, clientID string) (ClientScopeSet, error)
	// ChangeClientScopes turns live into want; scopes in neither are left alone.
	ChangeClientScopes(ctx context.Context, serverID string, live, want ClientScopeSet) error
}

// ClientSnapshot is one reading of what all clients may ask for.
type ClientSnapshot struct {
	Sets []ClientScopeSet // sorted by client id
	// Partial says why there may be clients besides, and which right shows them.
	// nil: these are all.
	Partial error
}

// ClientLister reads what all clients may ask for, in a number of requests that
// does not grow with the number of clients.
type ClientLister interface {
	// ListClientScopes is Denied where no client may be read. A client that it
	// does not have may exist all the same: ReadClientScopes tells.
	ListClientScopes(ctx context.Context, serverID string) (ClientSnapshot, error)
}

// Identifier knows the server's own ID of a server. It differs if the server was deleted
// and created again, or if another server has the same ServerID.
type Identifier interface {
	// ServerUID takes no request after List. The error is Denied if the caller may not
	// read the ID.
	ServerUID(ctx context.Context, serverID string) (string, error)
}

// ServerLister lists the server ids that its login may see, sorted.
type ServerLister interface {
	ServerIDs(ctx context.Context) ([]string, error)
}

// SnapshotCoster is a driver whose snapshots can cost a request per scope.
type SnapshotCoster interface {
	// SnapshotCostFixed reports whether a snapshot costs the same for any number of scopes,
	// as far as the driver knows without a request.
	SnapshotCostFixed(serverID string) bool
}

// BuiltIns knows the names that every new server of the kind has, and those
// that are no scopes of a server at all (`openid`), also where they are absent.
type BuiltIns interface {
	IsBuiltIn(name string) bool
}
