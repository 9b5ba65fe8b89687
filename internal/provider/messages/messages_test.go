package messages

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

func TestEveryCodeHasAMessage(t *testing.T) {
	codes := append(check.Codes(), Codes()...)
	slices.Sort(codes)
	if rows := slices.Sorted(maps.Keys(messages())); !slices.Equal(rows, codes) {
		t.Errorf("the codes are\n%q\nthe messages are for\n%q", codes, rows)
	}
}

// samples returns findings that use every branch of every message.
func samples() []check.Finding {
	maximum := check.Maximum{Holder: check.Holder{Kind: "user type", Name: "child", Attribute: "user_type"}, Scopes: []string{"profile:read"}}
	found := slices.Concat(accessSamples(), conflictSamples(), deletionSamples(), adoptionSamples(), grantSamples(), nameSamples(), renameSamples(), userSamples(),
		[]check.Finding{
			{Code: check.GrantsBeyondMaximum, Data: maximum},
			{Code: check.GrantsBeyondMaximum, Data: check.Maximum{Holder: maximum.Holder}},
			{Code: check.GrantsMaximumLowered, Data: maximum},
		},
		parentSamples(), coverageSamples(), providerSamples(), allGrantSamples(),
		inputSamples(), supportSamples(), failedSamples(), foundSamples())
	for i := range found {
		if warnings()[found[i].Code] {
			found[i].Severity = check.Warn
		}
		if found[i].Subjects == nil {
			found[i].Subjects = []string{"children:read", "missions:create", "missions:delete", "missions:read"}
		}
	}
	return found
}

// warnings returns the codes of findings after which Terraform continues.
func warnings() map[check.Code]bool {
	all := map[check.Code]bool{}
	for _, code := range []check.Code{
		check.AccessUnknown, check.AccessClosing, check.AccessOpening, check.AccessCreatedOpen, check.AccessHeldByEveryone, check.AccessGuardHeld,
		check.AccessUnmapped, check.AccessUnguarded, check.DeletionsTakeGrants, check.DeletionsDestroyMappers, check.DeletionsUnknown,
		check.DeletionsPossible, check.DeletionsUnreadClients, check.DeletionsTakeFromClient, check.DeletionsMissedClients, check.GlobsDelete,
		check.GlobsRelease, check.GlobsRevoke, check.GlobsKeep, check.AdoptionAdopted, check.AdoptionFound, check.AdoptionRecreated, check.StaleState,
		check.GrantsMaximumLowered, check.GrantsMissingHolder, check.GrantsMissingScopes, check.GrantsLimit, check.GrantsReplace,
		check.GrantsReplaceClient, check.GrantsUnknown, check.GrantsLost, check.GrantsKept, check.GrantsAssignedOpen, check.GrantsAssignedLimited,
		check.GrantsOpenedOutside, check.NamesRenamed, check.RenamesRestored, check.RenamesKept, check.RenamesRequested, check.RenamesUnread,
		check.UsersNone, check.UsersBeyondReach, check.UsersSampled, check.UsersDiffer, check.UsersReader, check.ParentMissing,
		check.CoverageCovered, check.ServerReplaced, check.AllGrantsUnknown, InputNoSettings, FoundLimitedList, FoundNote, FoundUnlistedEveryone,
		FoundUnlistedNames, FoundStrangeScopes, FoundPlannedAbsent, FoundUncompared, SupportListReadback, ProviderUnknown, ProviderInsecure,
	} {
		all[code] = true
	}
	return all
}

// about returns a finding as the provider reports it.
func about(f check.Finding) About {
	server := About{Server: `Keycloak realm "shop"`, ServerID: "shop", Product: "Keycloak", Block: "keycloak", ServerIDWord: "realm", UserTypeWord: "realm role"}
	switch f.Code {
	case check.GrantsNone, check.GrantsKept, check.GrantsFilterUnsupported, check.AllGrantsIrrevocable, SupportReadback, SupportListReadback,
		check.UsersNone, check.UsersBeyondReach, check.UsersSampled, check.UsersDiffer, check.UsersReader,
		SupportScopes, SupportClients, SupportReadClients, SupportClientRoles:
		server = About{
			Server: `ocariot "gateway.example.com"`, ServerID: "gateway.example.com", Product: "ocariot", Block: "ocariot", UserTypeWord: "user type",
			WholeSets: true,
		}
	case check.GrantsBeyondMaximum, check.GrantsMaximumLowered, check.AllGrantsDuplicate, FailedUserTypeRefused:
		server = About{
			Server: `Venafi application id "app"`, ServerID: "app", Product: "Venafi", Block: "venafi", ServerIDWord: "application id",
			UserTypeWord: "identity or group",
		}
	case SupportUserTypes, SupportReadUserTypes, SupportCompareUserTypes, SupportMatrix, SupportMembers, SupportSettings, SupportRule, SupportDefaults,
		InputNoDescription, FailedClaims, FailedAuthServers:
		server = About{
			Server: `OneLogin authorization server id "77"`, ServerID: "77", Product: "OneLogin", Block: "onelogin", ServerIDWord: "authorization server id",
		}
	case FoundUncompared, FailedDefinitions, SupportReadScopes, SupportCompareScopes:
		server = About{Server: `PACE "api.pace.cloud"`, ServerID: "api.pace.cloud", Product: "PACE", Block: "pace"}
	}
	server.Finding = f
	return server
}

func parentSamples() []check.Finding {
	err := errors.New(`list scopes: there is no realm "shop"`)
	return []check.Finding{
		{Code: check.ParentMissing, Subjects: []string{"shop"}, Data: check.Parent{Err: err}},
		{Code: check.ParentMissing, Subjects: []string{"shop"}, Data: check.Parent{Err: err, Named: true}},
	}
}

func coverageSamples() []check.Finding {
	return []check.Finding{
		{Code: check.ServerReplaced, Data: check.ServerInput{Was: "5b0c", Now: "77ad"}},
		{Code: check.ServerReplacedRemoves, Data: check.ServerInput{Was: "5b0c", Now: "77ad", Destroys: true}},
		{Code: check.ServerReplacedRemoves, Data: check.ServerInput{Was: "5b0c", Now: "77ad", Missing: true}},
		{Code: check.CoverageCovered, Data: check.Lines{"missions: missions:create"}},
		{Code: check.DeletionsDestroyMappers, Data: check.Lines{"children:read: audience (oidc-audience-mapper)"}},
	}
}

func accessSamples() []check.Finding {
	lines := check.Lines{"children:read: educator", "missions:read: child"}
	return []check.Finding{
		{Code: check.AccessBuiltInChanged, Subjects: []string{"profile"}, Data: check.BuiltInChange{Live: authz.AccessEveryone, Planned: authz.AccessUserTypes}},
		{Code: check.AccessUndecided, Data: check.Undecided{BuiltIn: check.Lines{`email: access = "everyone"`}}},
		{Code: check.AccessUndecided, Data: check.Undecided{Single: true}},
		{Code: check.AccessLeftOpen},
		{Code: check.AccessClientRoles, Data: check.Lines{"children:read: web/admin"}},
		{Code: check.AccessUnknown},
		{Code: check.AccessClosing},
		{Code: check.AccessOpening},
		{Code: check.AccessCreatedOpen},
		{Code: check.AccessHeldByEveryone, Data: lines},
		{Code: check.AccessGuardHeld},
		{Code: check.AccessUnmapped, Data: lines},
		{Code: check.AccessUnguarded},
		{Code: check.AccessContradiction, Data: check.Lines{`children:read: listed by user type "child"`}},
	}
}

func conflictSamples() []check.Finding {
	child := check.Holder{Kind: "user type", Name: "child", Attribute: "user_type"}
	return []check.Finding{
		{Code: check.ConflictReleasedAndReplaced},
		{Code: check.ConflictScopesManagedTwice},
		{Code: check.ConflictHolderManagedTwice, Data: child},
		{Code: check.ConflictScopeManagedTwice, Subjects: []string{"children:read"}},
		{
			Code: check.ConflictRenamedAndHeld, Subjects: []string{"missions:create"},
			Data: check.Rename{Old: "missions:create", New: "missions:write", Holders: []string{child.String()}},
		},
		{Code: check.ConflictRemovedAndKept, Data: check.Removal{Remover: "authscopes_user_type_scopes", Keeper: "authscopes_user_type_scopes", Holder: child}},
		{Code: check.ConflictRemovedAndKept, Data: check.Removal{Remover: "authscopes_server_scope", Keeper: "authscopes_server_scopes"}},
		{Code: check.ConflictDeletedAndUsed},
	}
}

// A template is only parsed and executed when its finding is reported. No text has an
// empty list or counts nothing.
func TestMessagesRender(t *testing.T) {
	seen, zero := map[check.Code]bool{}, regexp.MustCompile(`(^|[^.])\b0 [a-z]`)
	for _, f := range samples() {
		seen[f.Code] = true
		summary, detail := Text(about(f))
		text := summary + "\n" + detail
		for _, wrong := range []string{"cannot be shown", "%!", "<no value>", "<nil>", "{{", "(none)", "()", "(0)", "\n\n\n"} {
			if strings.Contains(text, wrong) {
				t.Errorf("%s: %s", f.Code, text)
			}
		}
		if zero.MatchString(text) {
			t.Errorf("%s: counts nothing: %s", f.Code, text)
		}
		if summary == "" || detail == "" || strings.HasSuffix(detail, "\n") {
			t.Errorf("%s: %q", f.Code, text)
		}
	}
	for code := range messages() {
		if !seen[code] {
			t.Errorf("no sample of %q", code)
		}
	}
}

func TestMessageOfUnknownCode(t *testing.T) {
	if got := render("x.y", "{{.Data.Missing}}", About{Finding: check.Finding{Code: "x.y", Data: check.Undecided{}}},
		maxNamed); !strings.HasPrefix(got, `The message "x.y" cannot be shown.`) {
		t.Errorf("%q", got)
	}
}

func deletionSamples() []check.Finding {
	lines, limit := check.Lines{"children:read: educator", "missions:read: child"}, check.Limit{Allowed: 1}
	failure, child := check.Failure{Err: authz.Errorf(authz.Denied, "list clients", "403 Forbidden")}, check.Holder{Kind: "user type", Name: "child"}
	return []check.Finding{
		{Code: check.DeletionsExceedLimit, Data: limit},
		{Code: check.DeletionsExceedLimit, Data: check.Limit{Allowed: 1, InState: true}},
		{Code: check.DeletionsTakeGrants, Data: lines},
		{Code: check.DeletionsUnknown, Data: limit},
		{Code: check.DeletionsPossible},
		{Code: check.DeletionsUnreadClients, Data: failure},
		{Code: check.DeletionsTakeFromClient, Data: lines},
		{Code: check.DeletionsMissedClients, Data: failure},
		{Code: check.GlobsDelete},
		{Code: check.GlobsRelease},
		{Code: check.GlobsRevoke, Data: child},
		{Code: check.GlobsKeep, Data: child},
	}
}

func adoptionSamples() []check.Finding {
	lines := check.Lines{"children:read (child has it)", "missions:read"}
	return []check.Finding{
		{Code: check.AdoptionUnlisted},
		{
			Code: check.AdoptionAdopted,
			Data: check.Adopted{Changed: 1, Lines: check.Lines{`children:read (changed: description "Children" → "Read children"; child has it)`}},
		},
		{Code: check.AdoptionAdopted, Data: check.Adopted{Lines: lines}},
		{Code: check.AdoptionFound, Data: check.Adopted{Lines: lines}},
		{Code: check.AdoptionFound, Data: check.Adopted{
			Changed: 1,
			Lines:   check.Lines{`children:read (changed: description "Children" → "Read children"; child has it)`},
		}},
		{Code: check.AdoptionRecreated, Data: lines},
		{Code: check.StaleAppeared, Data: lines},
		{Code: check.StaleDeleted},
		{Code: check.StaleState, Data: check.Holder{}},
		{Code: check.StaleState, Data: check.Holder{Kind: "client", Name: "web"}},
		{Code: check.StaleRecreated, Data: lines},
	}
}

func userSamples() []check.Finding {
	userType := []string{"child"}
	return []check.Finding{
		{Code: check.UsersNone, Subjects: userType},
		{Code: check.UsersBeyondReach, Subjects: userType, Data: authz.Users{Count: 116, Written: 100}},
		{Code: check.UsersSampled, Subjects: userType},
		{Code: check.UsersDiffer, Data: "child"},
		{Code: check.UsersReader, Data: check.Holder{Kind: "user type", Name: "admin", Attribute: "user_type"}},
	}
}

func nameSamples() []check.Finding {
	builtIn := []string{"profile"}
	return []check.Finding{
		{Code: check.NamesBuiltIn, Subjects: builtIn, Data: check.BuiltIn{}},
		{Code: check.NamesBuiltIn, Subjects: builtIn, Data: check.BuiltIn{Single: true}},
		{Code: check.NamesAbsent, Subjects: builtIn, Data: check.BuiltIn{Absent: true}},
		{Code: check.NamesReserved, Subjects: builtIn},
		{Code: check.NamesTaken},
		{Code: check.NamesExists, Subjects: []string{"children:read"}, Data: check.Import{Block: ImportBlock("authscopes_server_scope", "children:read")}},
		{
			Code: check.NamesRenamed, Subjects: []string{"missions:create"},
			Data: check.Rename{Old: "missions:create", New: "missions:write", Holders: []string{`user type "child"`, `client "web"`}},
		},
	}
}

func grantSamples() []check.Finding {
	userType, child := []string{"child"}, check.Holder{Kind: "user type", Name: "child", Attribute: "user_type"}
	names := []string{"children:read"}
	web := check.Holder{Kind: "client", Name: "web", Attribute: "client_id"}
	replaced, lost := check.Replacement{Holder: child, Granted: names}, check.Replacement{Holder: child, Revoked: names}
	return []check.Finding{
		{Code: check.GrantsBuiltIn, Subjects: []string{"profile"}},
		{Code: check.GrantsNone, Subjects: userType},
		{Code: check.GrantsFilterUnsupported, Subjects: userType, Path: "manage"},
		{Code: check.GrantsEveryone, Subjects: userType, Data: check.Lines{"default-roles-shop"}},
		{Code: check.GrantsEveryone, Subjects: userType, Data: check.Lines(nil)},
		{Code: check.GrantsComposite, Subjects: userType, Data: check.Lines{"toddler"}},
		{Code: check.GrantsMissingHolder, Subjects: userType, Data: check.Missing{Holder: child, Nearest: "children"}},
		{Code: check.GrantsMissingHolder, Subjects: userType, Data: check.Missing{Holder: child}},
		{Code: check.GrantsMissingHolder, Subjects: []string{"wbe"}, Data: check.Missing{Holder: check.Holder{Kind: "client", Name: "wbe"}}},
		{Code: check.GrantsMissingScopes, Data: check.ScopesNotFound{Holder: child, Lines: check.Lines{`children:raed (did you mean "children:read"?)`}}},
		{Code: check.GrantsLimit, Data: child},
		{Code: check.GrantsReplace, Data: replaced},
		{Code: check.GrantsReplace, Data: lost},
		{Code: check.GrantsReplaceClient, Data: check.Replacement{Holder: web, Granted: names, Moved: []string{"missions:read"}}},
		{Code: check.GrantsReplaceClient, Data: check.Replacement{Holder: web, Revoked: names}},
		{Code: check.GrantsUnknown, Data: child},
		{Code: check.GrantsLost, Data: child},
		{Code: check.GrantsKept, Subjects: userType, Data: check.Lines(nil)},
		{Code: check.GrantsKept, Subjects: userType, Data: check.Lines(names)},
		{Code: check.GrantsAssignedOpen, Data: web},
		{Code: check.GrantsAssignedLimited, Data: web},
		{Code: check.GrantsOpenedOutside, Data: web},
	}
}

func renameSamples() []check.Finding {
	lines := check.Lines{"missions:create → missions:write"}
	found := []check.Finding{
		{Code: check.RenamesCircular},
		{Code: check.RenamesUnread, Data: check.Failure{Err: authz.Errorf(authz.Denied, "list clients", "403 Forbidden")}},
	}
	for _, code := range []check.Code{
		check.RenamesAmbiguous, check.RenamesListed, check.RenamesTaken, check.RenamesExcluded, check.RenamesBuiltIn,
		check.RenamesRestored, check.RenamesKept,
	} {
		found = append(found, check.Finding{Code: code, Subjects: []string{"missions:create"}, Data: lines})
	}
	return append(found, check.Finding{Code: check.RenamesRequested, Subjects: []string{"web"}, Data: check.Lines{"web: missions:create → missions:write"}})
}
