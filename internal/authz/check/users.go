package check

import (
	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// Findings about the users of a user type, on servers that keep scopes with each user.
const (
	UsersNone        Code = "users.none"         // subject: the user type
	UsersBeyondReach Code = "users.beyond_reach" // subject: the user type; Data: authz.Users
	UsersSampled     Code = "users.sampled"      // subject: the user type
	UsersDiffer      Code = "users.differ"       // Data: the name of the user type
	UsersReader      Code = "users.reader"       // Data: Holder
)

func userCodes() []Code {
	return []Code{UsersNone, UsersBeyondReach, UsersSampled, UsersDiffer, UsersReader}
}

// Users reports user types whose users a write does not change, or a snapshot does not show.
func Users(l *authz.Snapshot) []Finding {
	var f findings
	for _, u := range l.UserTypes {
		found := Finding{Severity: Warn, Subjects: []string{u.Name}}
		switch {
		case u.Users == nil:
			continue
		case u.Users.Sampled:
			found.Code = UsersSampled
		case u.Users.Count == 0:
			found.Code = UsersNone
		case u.Users.Written < u.Users.Count:
			found.Code, found.Data = UsersBeyondReach, *u.Users
		default:
			continue
		}
		f.add(found)
	}
	return f
}

// DifferentUsers reports the scopes that only some users of a user type have.
func DifferentUsers(l *authz.Snapshot) []Finding {
	var f findings
	for _, u := range l.UserTypes {
		f.add(Finding{Code: UsersDiffer, Severity: Warn, Subjects: u.Partial, Data: u.Name})
	}
	return f
}

// readerLosesScopes reports planned scopes without which the provider can no longer read
// the server.
func readerLosesScopes(in GrantInput) []Finding {
	var f findings
	if in.Reader.UserType == in.Holder.Name {
		f.add(in.Holder.scopes(Finding{Code: UsersReader, Severity: Warn, Subjects: diff.Difference(in.Reader.Scopes, in.Planned), Data: in.Holder}))
	}
	return f
}
