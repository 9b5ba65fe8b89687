package authz

import "context"

// AuthServer is one authorization server of an account.
type AuthServer struct {
	ID, Name           string
	Description        *string // nil if the server has none
	ResourceIdentifier string
	Audiences          []string // sorted
}

// Claim is a claim that an authorization server adds to its tokens. A nil field is null on
// the server.
type Claim struct {
	ID, Name                string
	Label                   *string
	UserAttributeMappings   *string
	AttributeTransformation *string
}

// AuthServerReader reads the authorization servers of an account and their claims.
type AuthServerReader interface {
	// AuthServers returns all authorization servers, sorted by ID.
	AuthServers(ctx context.Context) ([]AuthServer, error)
	// Claims returns the claims of one authorization server, sorted by name.
	Claims(ctx context.Context, serverID string) ([]Claim, error)
}
