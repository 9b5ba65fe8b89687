package authz

import "context"

// Capabilities states what a server supports. A plan rejects everything else.
type Capabilities struct {
	Server        string // name of the product: "Keycloak"
	ProviderBlock string // name of the provider block: "keycloak"

	// Derive sets these fields from the interfaces of the driver. No driver sets them.
	ListScopes     bool
	WriteScopes    bool
	UserTypeScopes bool
	ClientScopes   bool

	Settings bool // scopes have settings, such as access
	// UserTypeDrift is false if the scopes of a user type cannot be read back.
	UserTypeDrift bool
	// ClientRoles is true if roles of clients are user types, too; see ClientRoleName.
	ClientRoles bool
	// EmptyUserTypes is true if a user type can be without scopes.
	EmptyUserTypes bool
	// DescriptionRequired is true if every scope needs a description.
	DescriptionRequired bool
	// ServerIDRequired is true if a resource must set server_id.
	ServerIDRequired bool
	// ServerIDAllowed is false if a resource must not set server_id.
	ServerIDAllowed bool
	// ServerIDLabel is the product's term for a server ID: "realm".
	ServerIDLabel string
	// UserTypeLabel is the product's term for a user type: "realm role".
	UserTypeLabel string
	// UserTypesKept is true if destroying the resource of a user type keeps its scopes on the
	// server.
	UserTypesKept bool
	// UserTypeRules is true if a rule with its own settings grants scopes to a user type.
	UserTypeRules bool
	// UserTypesReplaced is true if a write replaces all scopes of a user type. Filters are then
	// not supported.
	UserTypesReplaced bool
	// ClientDefaults is true if a client gets some of its scopes without requesting them.
	// Otherwise all scopes of a client are optional.
	ClientDefaults bool
	// ClientExample is an example of a client ID, for messages.
	ClientExample string
	// Reader is the user type of the provider's own login, if the provider can change the scopes
	// of that user type.
	Reader Reader
}

// Reader is a user type whose scopes the provider needs to read a server.
type Reader struct {
	UserType string   // "" if there is none
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

// Driver translates between package authz and one kind of server. Its caller decides which
// changes to make, and in which order.
//
// A driver shows its other abilities by the interfaces below, and the rest by its Capabilities.
// Every method is safe for concurrent use, makes no request before it needs one, and returns
// errors of type *Error.
type Driver interface {
	Capabilities() Capabilities
	// ServerID returns the server ID in state and identity for a configured server_id, which is
	// "" if none is configured. It makes no request. A server that must not be managed is
	// Invalid.
	ServerID(configured string) (string, error)
}

// HostID implements Driver.ServerID for servers without IDs of their own: it returns the host.
func HostID(server, host, configured string) (string, error) {
	if configured != "" && configured != host {
		return "", Errorf(Invalid, "", "%s has no server_id, but %q is configured; remove it (the server is %s)", server, configured, host)
	}
	return host, nil
}

// Lister reads a whole server. If the caller has the privileges, the number of requests does not
// depend on the number of scopes.
type Lister interface {
	List(ctx context.Context, serverID string) (*Snapshot, error)
}

// ScopeWriter writes one scope at a time. Its methods return the scope that the server has after
// the write.
type ScopeWriter interface {
	// CreateScope creates a scope. It returns Conflict if a scope of that name exists. At no
	// moment does any user get a scope that is created with AccessUserTypes. The caller has read
	// the server before, and the scope did not exist: if no response was received and the server
	// then has exactly this scope, the create counts as done.
	CreateScope(ctx context.Context, serverID string, want Scope) (Scope, error)
	// UpdateScope changes name, description and settings of live to those of want. live is the
	// scope as the caller last read it. Its ID identifies the scope. A scope is limited before
	// any other change, and opened after all others. The error is NotFound if the scope does not
	// exist.
	UpdateScope(ctx context.Context, serverID string, live, want Scope) (Scope, error)
	// DeleteScope deletes a scope. It succeeds if the scope does not exist.
	DeleteScope(ctx context.Context, serverID string, live Scope) error
}

// ScopeVerifier is a driver of a server that can report success without an effect.
type ScopeVerifier interface {
	// VerifyScopes reads the server after writes that it reported as done. It returns Conflict if
	// a written scope differs, or if a deleted scope still exists.
	VerifyScopes(ctx context.Context, serverID string, written, deleted []Scope) error
}

// UserTypeChange is a planned change of the scopes of one user type. Its scopes are as the caller
// last read them. Want is the complete set, for servers that replace the whole set.
type UserTypeChange struct {
	UserType UserType
	Grant    []Scope
	Revoke   []Scope
	// Guard lists scopes to limit although their grant to this user type does not change: they
	// were found open by accident.
	Guard []Scope
	Want  []string
	// Rule sets the settings of the rule (Capabilities.UserTypeRules).
	Rule RuleSettings
}

// UserTypeScopes is a driver that can change the scopes of a user type.
type UserTypeScopes interface {
	// ChangeUserType grants before it revokes. Revoking never opens a scope, and succeeds if the
	// scope does not exist. It returns the changed scopes as they are afterwards, also those
	// before an error.
	ChangeUserType(ctx context.Context, serverID string, change UserTypeChange) ([]Scope, error)
}

// ScopeGranter is a driver that grants a scope to several user types with one request.
type ScopeGranter interface {
	// GrantScopes grants the scopes in Grant of all changes, which have no Revoke and no Guard. It
	// returns the changed scopes as they are afterwards, also those before an error.
	GrantScopes(ctx context.Context, serverID string, changes []UserTypeChange) ([]Scope, error)
}

// UserTypeReader reads the scopes of one user type on servers where List does not return them.
type UserTypeReader interface {
	// UserTypeScopes returns NotFound if the user type has no set. It returns Unsupported
	// if this user type cannot be read.
	UserTypeScopes(ctx context.Context, serverID, userType string) (UserTypeSet, error)
	// ListUserTypes returns the sets of all user types, sorted by name. The set of a user
	// type that cannot be read is Unread.
	ListUserTypes(ctx context.Context, serverID string) ([]UserTypeSet, error)
}

// UserTypeChecker checks a planned set of scopes before a write.
type UserTypeChecker interface {
	// CheckUserType returns warnings, or an error if the server would reject the set. known is
	// the snapshot of the server if NeedsSnapshot, else it is empty.
	CheckUserType(known *Snapshot, userType string, scopes []string) ([]Warning, error)
	// NeedsSnapshot reports whether CheckUserType needs the snapshot, which costs requests.
	NeedsSnapshot() bool
}

// UserTypeFinder looks up one user type on servers where List does not return user types.
type UserTypeFinder interface {
	// FindUserType reports whether a user type exists. The error is Denied if the caller cannot
	// look it up, which proves nothing about the user type.
	FindUserType(ctx context.Context, userType string) (bool, error)
}

// UserTypeResolver looks up user types that List omits: client roles that no scope is mapped to.
type UserTypeResolver interface {
	// ResolveUserType returns NotFound if the client or its role does not exist.
	ResolveUserType(ctx context.Context, serverID, userType string) (UserType, error)
}

// UserTypeLimiter is a driver of a server that bounds which scopes its user types can have.
type UserTypeLimiter interface {
	// MaximumScopes returns the names of all scopes that a user type of the server can
	// have, sorted, or nil if there is no bound.
	MaximumScopes(ctx context.Context, serverID string) ([]string, error)
}

// UserTypeSpeller is a driver of a server where a user type can be written in more than one way.
type UserTypeSpeller interface {
	// UserTypeKey returns the same text for all spellings of one user type.
	UserTypeKey(userType string) string
}

// Preflighter verifies, before the first write of a walk, the conditions that writes rely on.
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

// ClientScopeSet has the scopes of one client. A snapshot has only their names. A driver that
// needs their IDs for a write looks them up.
type ClientScopeSet struct {
	ClientID string
	Default  []Scope // sorted by name; empty on servers without ClientDefaults
	Optional []Scope // sorted by name
	// Unassignable states why the scopes of the client cannot be changed. It is nil if they can.
	Unassignable error
}

// ClientScopes reads and changes the scopes of one client.
type ClientScopes interface {
	// ReadClientScopes returns NotFound if the client does not exist. It returns Denied if a list
	// could be empty because the caller lacks a privilege.
	ReadClientScopes(ctx context.Context, serverID, clientID string) (ClientScopeSet, error)
	// ChangeClientScopes changes the scopes of live to those of want. It keeps all other scopes.
	ChangeClientScopes(ctx context.Context, serverID string, live, want ClientScopeSet) error
}

// ClientSnapshot has the scopes of all clients.
type ClientSnapshot struct {
	Sets []ClientScopeSet // sorted by client ID
	// Partial states why clients can be missing, and which privilege shows them. It is nil if the
	// snapshot is complete.
	Partial error
}

// ClientLister reads the scopes of all clients. The number of requests does not depend on the
// number of clients.
type ClientLister interface {
	// ListClientScopes returns Denied if the caller cannot read any client. A client that the
	// snapshot does not have can exist nevertheless: ReadClientScopes decides.
	ListClientScopes(ctx context.Context, serverID string) (ClientSnapshot, error)
}

// Identifier reads the server's own ID of a server. It differs if the server was deleted and
// recreated, or if another server has the same ServerID.
type Identifier interface {
	// ServerUID makes no request after List. The error is Denied if the caller may not read the
	// ID.
	ServerUID(ctx context.Context, serverID string) (string, error)
}

// ServerLister lists the server IDs that its login can see, sorted.
type ServerLister interface {
	ServerIDs(ctx context.Context) ([]string, error)
}

// SnapshotCoster is a driver whose snapshots can cost a request per scope.
type SnapshotCoster interface {
	// SnapshotCostFixed reports whether a snapshot costs the same for any number of scopes,
	// as far as the driver knows without a request.
	SnapshotCostFixed(serverID string) bool
}

// BuiltIns reports the names that every new server of this kind has, and names that are not
// scopes of a server at all (`openid`), whether the server has them or not.
type BuiltIns interface {
	IsBuiltIn(name string) bool
}
