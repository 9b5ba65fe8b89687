package messages

import (
	"errors"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

func inputSamples() []check.Finding {
	failed, name := errors.New("the text has 300 characters, and the maximum is 255"),
		Name{Given: "children:read missions:read", Err: errors.New("the name contains a space")}
	one, settings := []string{"children:read"}, []string{"access", "gui_order"}
	return []check.Finding{
		{Code: check.ConfigIgnored},
		{Code: check.ConfigUnmanaged},
		{Code: check.ConfigOverride, Subjects: one, Data: ""},
		{Code: check.ConfigOverride, Subjects: []string{"children:raed"}, Data: "children:read"},
		{Code: check.ConfigBothKinds},
		{Code: InputScopeName, Data: name},
		{Code: InputNullName},
		{Code: InputDescription, Data: failed},
		{Code: InputNoDescription, Subjects: one},
		{Code: InputConsentText, Data: failed},
		{Code: InputNoScopes},
		{Code: InputNoDefinitions},
		{Code: InputNoRequest},
		{Code: InputNullEntry, Subjects: one},
		{Code: InputNullGrants, Subjects: one},
		{Code: InputNullRoles, Subjects: one},
		{Code: InputNullOldName},
		{Code: InputEmptyKey},
		{Code: InputNoUserTypes},
		{Code: InputNoSetting, Subjects: one, Data: settings},
		{Code: InputNoSettings, Data: settings},
		{Code: InputNoGlobs},
		{Code: InputEmptyGlob},
		{Code: InputNullDocument},
		{Code: InputNullArgument, Subjects: []string{"api/shop.yaml"}},
		{Code: InputNoDocument, Data: errors.New("open api/shop.yaml: no such file or directory")},
		{Code: InputDocuments, Data: errors.New("api/shop.yaml: it has no scopes")},
		{Code: InputImportID, Data: ImportID{Example: "children:read"}},
		{Code: InputImportID, Data: ImportID{Name: name, Example: "children:read", Server: true, ServerID: "realm"}},
		{Code: InputImportName, Data: ImportID{Name: name, Example: "children:read"}},
		{Code: InputWhole, Data: Number{"max_deletions", "1.5"}},
	}
}

func supportSamples() []check.Finding {
	found := []check.Finding{
		{Code: SupportDefinitions, Data: true},
		{Code: SupportDefinitions, Data: false},
		{Code: SupportAuthServers, Data: "authscopes_onelogin_servers"},
	}
	for _, code := range supportCodes() {
		if code != SupportDefinitions && code != SupportAuthServers {
			found = append(found, check.Finding{Code: code, Path: supportPath(code)})
		}
	}
	return found
}

// supportPath returns the attribute that a server does not support.
func supportPath(code check.Code) string {
	if code == SupportClientRoles {
		return "client_roles"
	}
	return "overrides"
}

func failedSamples() []check.Finding {
	failure := check.Failure{Err: authz.Errorf(authz.Denied, "list scopes", "403 Forbidden")}
	gone := check.Failure{Err: &authz.Error{Kind: authz.ParentNotFound, Op: "list scopes", Err: errors.New("404 Not Found"), ParentGone: true}}
	found := []check.Finding{
		{Code: FailedRead, Data: gone},
		{Code: FailedMore, Data: More{Summary: "Cannot write all scopes", Shown: 10, Count: 2}},
		{Code: FailedInternal, Data: "string"},
		{Code: FailedTimeout, Data: Timeout{Operation: "create", After: "20m"}},
	}
	for _, code := range failedCodes() {
		if code != FailedMore && code != FailedInternal && code != FailedTimeout {
			found = append(found, check.Finding{Code: code, Subjects: []string{failedSubject(code)}, Data: failure})
		}
	}
	return found
}

// failedSubject returns the name of an object that an operation fails for.
func failedSubject(code check.Code) string {
	switch code {
	case FailedReadClient, FailedUnassignClient, FailedWriteClient:
		return "web"
	case FailedRevokeUserType, FailedUserTypeRefused, FailedWriteUserType:
		return "child"
	}
	return "children:read"
}

func foundSamples() []check.Finding {
	const community = "keycloak_openid_client_scope"
	other, failure := OtherServer{Was: `Keycloak realm "shop"`, Now: `Keycloak realm "test"`, WasID: "shop"},
		check.Failure{Err: authz.Errorf(authz.NotFound, "read client", "404 Not Found")}
	return []check.Finding{
		{Code: FoundOtherServer, Data: other},
		{Code: FoundOtherServer, Data: OtherServer{Was: "ocariot https://a.example.com", Now: "ocariot https://b.example.com", ByURL: true}},
		{Code: FoundMovedElsewhere, Data: other},
		{Code: FoundUnmovable, Data: Move{Type: "keycloak_role", Accepted: community}},
		{Code: FoundUnmovable, Data: Move{
			Type: community, Accepted: community, Provider: "registry.example.com/a/keycloak",
			Providers: []string{"keycloak/keycloak"},
		}},
		{Code: FoundUnmovable, Data: Move{Type: community, Accepted: community, Version: 1}},
		{Code: FoundUnmovable, Data: Move{Type: community, Accepted: community}},
		{Code: FoundStrangeScopes},
		{Code: FoundNoScope, Subjects: []string{"children:raed"}, Data: "children:read"},
		{Code: FoundNoScope, Subjects: []string{"children:raed"}, Data: ""},
		{Code: FoundNoUserType, Subjects: []string{"chlid"}, Data: Known{Nearest: "child", Names: []string{"child", "educator"}}},
		{Code: FoundNoUserType, Subjects: []string{"chlid"}, Data: Known{}},
		{Code: FoundNoUserType, Subjects: []string{"realm/client/web"}, Data: Known{}},
		{Code: FoundNoClient, Subjects: []string{"wbe"}, Data: failure},
		{Code: FoundNoClientRole, Subjects: []string{"client/web/admn"}, Data: failure},
		{Code: FoundNoClientRole, Subjects: []string{"client/https:/web/admn"}, Data: failure},
		{Code: FoundScopeGone, Subjects: []string{"children:read"}},
		{Code: FoundMissingScopes, Data: MissingScopes{Holder: "client \"web\"", Lines: []string{`children:raed (did you mean "children:read"?)`}}},
		{Code: FoundMissingScopes, Data: MissingScopes{Lines: []string{`children:raed (did you mean "children:read"?)`}}},
		{Code: FoundRenamedUserType, Subjects: []string{"child"}, Data: "pupil"},
		{Code: FoundRenamedUserType, Subjects: []string{"client/web/editor"}, Data: "client/web/author"},
		{Code: FoundPlannedAbsent, Subjects: []string{"toddler"}, Data: check.Lines{`toddler (did you mean "child"?)`}},
		{Code: FoundLimitedList, Data: Limited{Limit: 100, All: 250, First: "children:read"}},
		{Code: FoundUnlistedEveryone, Subjects: []string{"default-roles-shop"}},
		{Code: FoundUnlistedNames, Subjects: []string{"two words"}},
		{Code: FoundUncompared, Data: "The response has no list of scopes, so missing scopes are unknown."},
		{Code: FoundNote, Data: authz.Warning{
			Summary: `Guard role missing: 4 limited scopes in Keycloak realm "shop" open to everyone`, Detail: "The guard role was deleted.",
			Subjects: []string{"children:read", "missions:create", "missions:delete", "missions:read"},
		}},
		{Code: FoundNote, Data: authz.Warning{
			Summary: `Drift of user type "child" in ocariot "gateway.example.com" is not visible`, Detail: "The plan compares with the state only.",
			Advice: authz.ReasonOcariotReadback, Args: []string{"child"},
		}},
	}
}
