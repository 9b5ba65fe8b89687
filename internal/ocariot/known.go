package ocariot

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
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

// UserTypes are the six there are, sorted. No other can be made.
func (d *Driver) UserTypes() []string { return userTypes() }

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
	slices.Sort(unknown)
	return slices.Compact(unknown)
}

// collection is the listing of a type's users; admins have none.
func collection(userType string) string {
	return map[string]string{
		"application": "applications", "child": "children", "educator": "educators",
		"family": "families", "healthprofessional": "healthprofessionals",
	}[userType]
}
