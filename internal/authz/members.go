package authz

import "context"

// MaxMembers is the maximum number of groups, and of service accounts, that are read for a user
// type.
const MaxMembers = 100

// MaxSearchedUsers is the maximum number of users of a user type that are searched for service
// accounts.
const MaxSearchedUsers = 1000

// Members are the groups and the service accounts that have a user type directly. Those that have
// it through another user type are not included.
type Members struct {
	Groups          []string // paths, sorted
	ServiceAccounts []string // client IDs, sorted
	Cut             bool     // there can be more than MaxMembers, or others after MaxSearchedUsers
}

// MemberLister is a driver that can list the members of a user type.
type MemberLister interface {
	// ListMembers returns at most MaxMembers members of each requested kind. A user type that
	// does not exist has none. gap is not nil if the caller may not view them.
	ListMembers(ctx context.Context, serverID, userType string, groups, serviceAccounts bool) (m Members, gap *Gap, err error)
}
