package ocariot

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// knownJSON has the scopes that account 2.6.1 allows for each user type, which are also those of
// a new user. Releases 2.4.0 to 2.6.0 allow slightly fewer. Source:
// https://github.com/ocariot/account/blob/2.6.1/src/utils/default.ts
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

// userTypes returns the six user types, sorted. No other can be created.
func userTypes() []string {
	return []string{"admin", "application", "child", "educator", "family", "healthprofessional"}
}

func typesAllowed() string {
	return "the user types are " + strings.Join(userTypes(), ", ")
}

// UnknownScopes returns the scopes that account 2.6.1 does not allow for a user type, sorted: a
// warning, not an error, because releases differ. For an unknown user type it returns all.
func (d *Driver) UnknownScopes(userType string, scopes []string) []string {
	var unknown []string
	for _, name := range scopes {
		if _, ok := slices.BinarySearch(d.known[userType], name); !ok {
			unknown = append(unknown, name)
		}
	}
	return authz.NameSet(unknown...)
}

// CheckUserType rejects a user type that does not exist. It warns about scopes that account 2.6.1
// would reject, and about a set that cannot be read back.
func (d *Driver) CheckUserType(_ *authz.Snapshot, userType string, scopes []string) ([]authz.Warning, error) {
	if err := checkUserType("plan", userType); err != nil {
		return nil, err
	}
	var notes []authz.Warning
	if unknown := d.UnknownScopes(userType, scopes); len(unknown) > 0 {
		notes = append(notes, authz.Warning{
			Summary:  fmt.Sprintf("Unknown scopes of user type %q in ocariot %q", userType, d.host),
			Subjects: unknown,
			Detail: fmt.Sprintf("The account service 2.6.1 does not allow these scopes for this user type: %s. Other releases allow other scopes, "+
				"so this is not an error. If the apply fails, the response of the server names the scopes.", strings.Join(unknown, ", ")),
		})
	}
	if !d.readable(userType) {
		notes = append(notes, authz.Warning{
			Summary: fmt.Sprintf("Drift of user type %q in ocariot %q is not visible", userType, d.host),
			Detail: fmt.Sprintf("ocariot has no call that returns the scopes of a user type, and readback = %q does not read this user type: "+
				"the plan compares with the state only. Users that are created or edited later have the default scopes, and no plan shows this.", d.readback),
			Advice: d.adviseReadback(userType), Args: []string{userType},
		})
	}
	return notes, nil
}

// NeedsSnapshot implements authz.UserTypeChecker: the known scopes are part of the driver.
func (d *Driver) NeedsSnapshot() bool { return false }

// collection returns the path of the list of a type's users, or "" for admins, which have none.
func collection(userType string) string {
	return map[string]string{
		"application": "applications", "child": "children", "educator": "educators",
		"family": "families", "healthprofessional": "healthprofessionals",
	}[userType]
}
