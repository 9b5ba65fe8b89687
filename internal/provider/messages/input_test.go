package messages

import (
	"errors"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

func inputSamples() []check.Finding {
	failed, name := errors.New("too long"), Name{Given: "a b", Err: errors.New("a space")}
	return []check.Finding{
		{Code: check.ConfigIgnored},
		{Code: check.ConfigUnmanaged},
		{Code: check.ConfigOverride, Data: ""},
		{Code: check.ConfigOverride, Data: "b"},
		{Code: check.ConfigBothKinds},
		{Code: InputScopeName, Data: name},
		{Code: InputNullName},
		{Code: InputDescription, Data: failed},
		{Code: InputNoDescription},
		{Code: InputConsentText, Data: failed},
		{Code: InputNoScopes},
		{Code: InputNoDefinitions},
		{Code: InputNoRequest},
		{Code: InputNullEntry},
		{Code: InputNullGrants},
		{Code: InputNullOldName},
		{Code: InputEmptyKey},
		{Code: InputNoUserTypes},
		{Code: InputNoSetting, Data: []string{"access"}},
		{Code: InputNoSettings, Severity: check.Warn, Data: []string{"access"}},
		{Code: InputNoGlobs},
		{Code: InputEmptyGlob},
		{Code: InputNullSet},
		{Code: InputNullDocument},
		{Code: InputNullArgument},
		{Code: InputNoDocument, Data: failed},
		{Code: InputDocuments, Data: failed},
		{Code: InputImportID, Data: ImportID{Example: "a"}},
		{Code: InputImportID, Data: ImportID{Name: name, Example: "a", Server: true, ServerID: "realm"}},
		{Code: InputImportName, Data: ImportID{Name: name, Example: "a"}},
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
			found = append(found, check.Finding{Code: code, Path: "overrides"})
		}
	}
	return found
}

func failedSamples() []check.Finding {
	failure := check.Failure{Err: authz.Errorf(authz.Denied, "list", "403")}
	gone := check.Failure{Err: &authz.Error{Kind: authz.ParentNotFound, Err: errors.New("gone"), ParentGone: true}}
	found := []check.Finding{
		{Code: FailedRead, Data: gone},
		{Code: FailedMore, Data: More{Summary: "It failed", Shown: 10, Count: 2}},
		{Code: FailedInternal, Data: "string"},
		{Code: FailedTimeout, Data: Timeout{Operation: "create", After: "1s"}},
	}
	for _, code := range failedCodes() {
		if code != FailedMore && code != FailedInternal && code != FailedTimeout {
			found = append(found, check.Finding{Code: code, Data: failure})
		}
	}
	return found
}

func foundSamples() []check.Finding {
	other, failure := OtherServer{Was: "a", Now: "b", WasID: "a"}, check.Failure{Err: authz.Errorf(authz.NotFound, "read", "404")}
	return []check.Finding{
		{Code: FoundOtherServer, Data: other},
		{Code: FoundOtherServer, Data: OtherServer{Was: "a", Now: "b", ByURL: true}},
		{Code: FoundMovedElsewhere, Data: other},
		{Code: FoundUnmovable, Data: Move{Type: "a", Accepted: "b"}},
		{Code: FoundUnmovable, Data: Move{Type: "b", Accepted: "b", Providers: []string{"p"}}},
		{Code: FoundUnmovable, Data: Move{Type: "b", Accepted: "b", Version: 1}},
		{Code: FoundUnmovable, Data: Move{Type: "b", Accepted: "b"}},
		{Code: FoundStrangeScopes},
		{Code: FoundNoScope, Data: "b"},
		{Code: FoundNoScope, Data: ""},
		{Code: FoundNoUserType, Data: Known{Nearest: "b", Names: []string{"b"}}},
		{Code: FoundNoUserType, Data: Known{}},
		{Code: FoundNoClient, Data: failure},
		{Code: FoundNoClientRole, Data: failure},
		{Code: FoundScopeGone},
		{Code: FoundMissingScopes, Data: MissingScopes{Holder: "client \"web\"", Lines: []string{"a"}}},
		{Code: FoundMissingScopes, Data: MissingScopes{Lines: []string{"a"}}},
		{Code: FoundRenamedUserType, Data: "b"},
		{Code: FoundPlannedAbsent, Data: check.Lines{"a"}},
		{Code: FoundLimitedList, Data: Limited{Limit: 1, All: 2, First: "a"}},
		{Code: FoundUnlistedEveryone},
		{Code: FoundUnlistedNames},
		{Code: FoundUncompared, Data: "PACE returned no list."},
		{Code: FoundNote, Data: authz.Note{Summary: "a", Detail: "b"}},
		{Code: FoundNote, Data: authz.Note{Summary: "a", Detail: "b", Advice: authz.ReasonOcariotReadback, Args: []string{"child"}}},
	}
}
