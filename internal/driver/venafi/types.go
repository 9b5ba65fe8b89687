package venafi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// tokenSet is the response of a login. Only access_token is certain to be present.
type tokenSet struct {
	httpapi.TokenResponse       // expires_in on newer servers
	Expires               int64 `json:"expires"` // seconds since 1970
}

// envelope is the frame of every response of an OAuth call. Business failures have the status
// 200.
type envelope struct {
	Success *bool
	Result  *int
	Error   string

	Scopes []scopeJSON
	Rules  []rule
	// The pages have an object, and the OpenAPI document has an array.
	Application  applicationJSON
	Applications []applicationJSON
}

type applicationJSON struct {
	ID           string
	MaximumScope string
}

type scopeJSON struct {
	Scope           string
	RestrictionList []string
}

// rule is a rule with all of its fields, so that an update sends unknown fields unchanged. An
// update resets omitted fields.
type rule map[string]json.RawMessage

const (
	fieldApplication = "ApplicationId"
	fieldTrustee     = "TrusteePrefixedUniversal"
	fieldScope       = "MaximumScope"
)

// text returns the string of a field, or "" if it is absent, null or another type.
func (r rule) text(field string) string {
	var s string
	_ = json.Unmarshal(r[field], &s)
	return s
}

func (r rule) scopes() []string { return SplitScopes(r.text(fieldScope)) }

func (r rule) withField(field, text string) rule {
	changed := maps.Clone(r)
	encoded, _ := json.Marshal(text) // a string can always be encoded
	changed[field] = encoded
	return changed
}

// identity returns the same text for all spellings of one identity: braces and dashes of
// local:{guid} are optional, and case is ignored.
func identity(prefixedUniversal string) string {
	return strings.ToLower(strings.NewReplacer("{", "", "}", "", "-", "").Replace(prefixedUniversal))
}

// SplitScopes splits the text of a scope, such as `certificate:manage,revoke;ssh`, into one name
// for each restriction, sorted: certificate:manage, certificate:revoke, ssh. Servers keep the
// configured order, case and spaces. The names are normalized.
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/AuthSDK/r-SDKa-OAuthScope.php
func SplitScopes(text string) []string {
	var names []string
	for _, part := range strings.Split(strings.ToLower(strings.Join(strings.Fields(text), "")), ";") {
		base, restrictions, _ := strings.Cut(part, ":")
		bare := true
		for _, r := range strings.Split(restrictions, ",") {
			if r != "" && base != "" {
				names, bare = append(names, base+":"+r), false
			}
		}
		if bare && base != "" {
			names = append(names, base)
		}
	}
	return withoutImplied(names)
}

// withoutImplied returns the names sorted and without duplicates, except those that another name
// includes.
func withoutImplied(names []string) []string {
	return slices.DeleteFunc(authz.NameSet(names...), func(n string) bool { return implied(n, names) })
}

// implied reports whether the names contain the same name with a restriction.
func implied(name string, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, name+":") })
}

// JoinScopes joins names into one text, sorted. A name that SplitScopes would not return
// unchanged is an error that states how to write it.
func JoinScopes(names []string) (string, error) {
	restrictions := map[string][]string{}
	for _, name := range names {
		base, restriction, restricted := strings.Cut(name, ":")
		switch again := SplitScopes(name); {
		case len(again) != 1 || again[0] != name && !strings.EqualFold(again[0], name):
			return "", fmt.Errorf("%q is not one scope of Venafi: write each as scope or scope:restriction, such as \"ssh\" or \"certificate:manage\"", name)
		case again[0] != name:
			return "", fmt.Errorf("%q has capital letters: write %q", name, again[0])
		case implied(name, names):
			return "", fmt.Errorf("%q is listed beside %q with a restriction, which includes it: remove %q", name, name+":…", name)
		}
		if restricted {
			restrictions[base] = append(restrictions[base], restriction)
		} else {
			restrictions[base] = nil
		}
	}
	var parts []string
	for _, base := range slices.Sorted(maps.Keys(restrictions)) {
		parts = append(parts, strings.TrimSuffix(base+":"+strings.Join(authz.NameSet(restrictions[base]...), ","), ":"))
	}
	return strings.Join(parts, ";"), nil
}

// UnknownScopes returns the names that a snapshot does not have, with their restriction. This
// does not prove that they are invalid, because Venafi lists only the scopes that applications
// use: it deserves a warning.
func UnknownScopes(l *authz.Snapshot, names []string) []string {
	var unknown []string
	for _, name := range names {
		base, restriction, restricted := strings.Cut(name, ":")
		s, ok := l.Scope(base)
		if !ok || restricted && !slices.Contains(s.Restrictions, restriction) {
			unknown = append(unknown, name)
		}
	}
	return authz.NameSet(unknown...)
}

// CheckUserType rejects names that cannot form one maximum scope, and a user type without the
// prefix of its directory. It warns about scopes and restrictions that GetScopes does not list,
// and about a user type that is not a prefixed universal.
func (d *Driver) CheckUserType(known *authz.Snapshot, userType string, scopes []string) ([]authz.Warning, error) {
	if _, err := JoinScopes(scopes); err != nil {
		return nil, authz.Errorf(authz.Invalid, "plan", "%w", err)
	}
	notes, err := checkIdentity(userType)
	if err != nil {
		return nil, err
	}
	unknown := UnknownScopes(known, scopes)
	if len(unknown) == 0 {
		return notes, nil
	}
	return append(notes, authz.Warning{
		Summary:  fmt.Sprintf("Venafi does not list scopes of %q", userType),
		Subjects: unknown,
		Detail: fmt.Sprintf("Not listed: %s. GetScopes lists the scopes that applications use, so a scope that is not listed can be valid. "+
			"If it is not valid, the apply fails and changes nothing.", strings.Join(unknown, ", ")),
	}), nil
}

// NeedsSnapshot implements authz.UserTypeChecker.
func (d *Driver) NeedsSnapshot() bool { return true }
