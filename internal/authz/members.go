package authz

import "context"

// MaxMembers is how many groups, and how many service accounts, of a user type are named.
const MaxMembers = 100

// Members are the groups and the service accounts that have a user type directly. Who has it
// through another user type is not among them.
type Members struct {
	Groups          []string // paths, sorted
	ServiceAccounts []string // client IDs, sorted
	Cut             bool     // there are more
}

// MemberLister reads who has a user type.
type MemberLister interface {
	// ListMembers reads the members of the kinds that are asked for: at most MaxMembers of
	// each. A user type that does not exist has none. gap is not nil if the caller may not
	// view them.
	ListMembers(ctx context.Context, serverID, userType string, groups, serviceAccounts bool) (m Members, gap *Gap, err error)
}
