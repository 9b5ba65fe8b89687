package ocariot

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// knownJSON holds, per user type, what account 2.6.1 allows, which is also what
// each new user gets. Releases 2.4.0 to 2.6.0 allow slightly less.
// Source: https://github.com/ocariot/account/blob/2.6.1/src/utils/default.ts
//
//go:embed scopes-2.6.1.json
var knownJSON []byte

func knownScopes() (map[string][]string, error) {
	var known map[string][]string
	if err := json.Unmarshal(knownJSON, &known); err != nil {
		return nil, fmt.Errorf("the embedded list of ocariot's scopes is broken: %w", err)
	}
	for _, names := range known {
		slices.Sort(names)
	}
	return known, nil
}

// userTypes are the six there are, sorted. No other can be made.
func userTypes() []string {
	return []string{"admin", "application", "child", "educator", "family", "healthprofessional"}
}

func typesAllowed() string {
	return "the user types are " + strings.Join(userTypes(), ", ")
}

// UnknownScopes lists those that account 2.6.1 does not allow a user type,
// sorted: worth a warning, not an error, as the lists differ between releases.
// Of a user type that does not exist, that is all.
func (d *Driver) UnknownScopes(userType string, scopes []string) []string {
	var unknown []string
	for _, name := range scopes {
		if _, ok := slices.BinarySearch(d.known[userType], name); !ok {
			unknown = append(unknown, name)
		}
	}
	return authz.NameSet(unknown...)
}

// CheckUserType refuses a user type that does not exist, and warns of scopes
// that account 2.6.1 would refuse, and of a set that cannot be read back.
func (d *Driver) CheckUserType(_ *authz.Snapshot, userType string, scopes []string) ([]authz.Warning, error) {
	if err := checkUserType("plan", userType); err != nil {
		return nil, err
	}
	var notes []authz.Warning
	if unknown := d.UnknownScopes(userType, scopes); len(unknown) > 0 {
		notes = append(notes, authz.Warning{
			Summary: fmt.Sprintf("Unknown scopes for user type %q: %s", userType, strings.Join(unknown, ", ")),
			Detail: "The account service 2.6.1 does not allow these scopes for this user type. Other releases allow other scopes, so this is not an error. " +
				"If the apply fails, the server's response names them.",
		})
	}
	if !d.readable(userType) {
		notes = append(notes, authz.Warning{
			Summary: fmt.Sprintf("Drift of user type %q cannot be seen", userType),
			Detail: fmt.Sprintf("ocariot has no call that returns the scopes of a user type, and readback = %q does not cover this one: the plan compares with the state only. "+
				"Users that are created or edited later have the default scopes again, and no plan shows it.", d.readback),
			Advice: d.adviseReadback(userType), Args: []string{userType},
		})
	}
	return notes, nil
}

// NeedsSnapshot implements authz.UserTypeChecker: what is known is built in.
func (d *Driver) NeedsSnapshot() bool { return false }

// collection is the listing of a type's users; admins have none.
func collection(userType string) string {
	return map[string]string{
		"application": "applications", "child": "children", "educator": "educators",
		"family": "families", "healthprofessional": "healthprofessionals",
	}[userType]
}
