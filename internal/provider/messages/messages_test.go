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
	maximum := check.Maximum{Holder: check.Holder{Kind: "user type", Name: "child", Attribute: "user_type"}, Scopes: []string{"a"}}
	found := slices.Concat(accessSamples(), conflictSamples(), deletionSamples(), adoptionSamples(), grantSamples(), nameSamples(), renameSamples(), userSamples(),
		[]check.Finding{{Code: check.GrantsBeyondMaximum, Data: maximum}, {Code: check.GrantsBeyondMaximum, Data: check.Maximum{Holder: maximum.Holder}}, {Code: check.GrantsMaximumLowered, Data: maximum}},
		parentSamples(), coverageSamples(), providerSamples(), allGrantSamples(),
		inputSamples(), supportSamples(), failedSamples(), foundSamples())
	for i := range found {
		found[i].Subjects = []string{"a", "b", "c", "d"}
	}
	return found
}

func parentSamples() []check.Finding {
	err := errors.New("there is no realm")
	return []check.Finding{{Code: check.ParentMissing, Data: check.Parent{Err: err}}, {Code: check.ParentMissing, Data: check.Parent{Err: err, Named: true}}}
}

func coverageSamples() []check.Finding {
	return []check.Finding{
		{Code: check.ServerReplaced, Data: check.ServerInput{Was: "1", Now: "2"}},
		{Code: check.ServerReplacedRemoves, Data: check.ServerInput{Was: "1", Now: "2", Destroys: true}},
		{Code: check.ServerReplacedRemoves, Data: check.ServerInput{Was: "1", Now: "2", Missing: true}},
		{Code: check.CoverageCovered, Data: check.Lines{"missions: missions:create"}},
		{Code: check.DeletionsDestroyMappers, Data: check.Lines{"a: audience (oidc-audience-mapper)"}},
	}
}

func accessSamples() []check.Finding {
	lines := check.Lines{"a: x", "b: y"}
	return []check.Finding{
		{Code: check.AccessBuiltInChanged, Data: check.BuiltInChange{Live: authz.AccessEveryone, Planned: authz.AccessUserTypes}},
		{Code: check.AccessUndecided, Data: check.Undecided{BuiltIn: lines}},
		{Code: check.AccessUndecided, Data: check.Undecided{Single: true}},
		{Code: check.AccessLeftOpen},
		{Code: check.AccessClientRoles, Data: lines},
		{Code: check.AccessUnknown},
		{Code: check.AccessClosing},
		{Code: check.AccessOpening},
		{Code: check.AccessCreatedOpen},
		{Code: check.AccessHeldByEveryone, Data: lines},
		{Code: check.AccessGuardHeld},
		{Code: check.AccessUnmapped, Data: lines},
		{Code: check.AccessUnguarded},
		{Code: check.AccessContradiction, Data: lines},
	}
}

func conflictSamples() []check.Finding {
	child := check.Holder{Kind: "user type", Name: "child", Attribute: "user_type"}
	return []check.Finding{
		{Code: check.ConflictReleasedAndReplaced},
		{Code: check.ConflictScopesManagedTwice},
		{Code: check.ConflictHolderManagedTwice, Data: child},
		{Code: check.ConflictScopeManagedTwice},
		{Code: check.ConflictRenamedAndHeld, Data: check.Rename{Old: "a", New: "b", Holders: []string{child.String()}}},
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
		summary, detail := Text(About{Finding: f, Server: `Keycloak realm "shop"`, ServerID: "shop", Product: "Keycloak", UserTypeWord: "realm role"})
		text := summary + "\n" + detail
		for _, wrong := range []string{"cannot be shown", "%!", "<no value>", "<nil>", "{{", "(none)", "()", "(0)", "\n\n\n"} {
			if strings.Contains(text, wrong) {
				t.Errorf("%s: %s", f.Code, text)
			}
		}
		if zero.MatchString(text) {
			t.Errorf("%s: counts nothing: %s", f.Code, text)
		}
		if summary == "" || detail == "" && f.Code != InputNullArgument || strings.HasSuffix(detail, "\n") {
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
	if got := render("x.y", "{{.Data.Missing}}", About{Finding: check.Finding{Code: "x.y", Data: check.Undecided{}}}); !strings.HasPrefix(got, `The message "x.y" cannot be shown.`) {
		t.Errorf("%q", got)
	}
}

func deletionSamples() []check.Finding {
	lines, limit := check.Lines{"a: x", "b: y"}, check.Limit{Allowed: 1}
	failure, child := check.Failure{Err: authz.Errorf(authz.Denied, "list", "403")}, check.Holder{Kind: "user type", Name: "child"}
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
	lines := check.Lines{"a (child has it)", "b"}
	return []check.Finding{
		{Code: check.AdoptionUnlisted},
		{Code: check.AdoptionAdopted, Data: check.Adopted{Changed: 1, Lines: lines}},
		{Code: check.AdoptionAdopted, Data: check.Adopted{Lines: lines}},
		{Code: check.AdoptionFound, Data: check.Adopted{Lines: lines}},
		{Code: check.AdoptionFound, Data: check.Adopted{Changed: 1, Lines: lines}},
		{Code: check.AdoptionRecreated, Data: lines},
		{Code: check.StaleAppeared, Data: lines},
		{Code: check.StaleDeleted},
		{Code: check.StaleState, Data: check.Holder{}},
		{Code: check.StaleState, Data: check.Holder{Kind: "client", Name: "web"}},
		{Code: check.StaleRecreated, Data: lines},
	}
}

func userSamples() []check.Finding {
	return []check.Finding{
		{Code: check.UsersNone},
		{Code: check.UsersBeyondReach, Data: authz.Users{Count: 116, Written: 100}},
		{Code: check.UsersSampled},
		{Code: check.UsersDiffer, Data: "child"},
		{Code: check.UsersReader, Data: check.Holder{Kind: "user type", Name: "admin", Attribute: "user_type"}},
	}
}

func nameSamples() []check.Finding {
	return []check.Finding{
		{Code: check.NamesBuiltIn, Data: check.BuiltIn{}},
		{Code: check.NamesBuiltIn, Data: check.BuiltIn{Single: true}},
		{Code: check.NamesAbsent, Data: check.BuiltIn{Absent: true}},
		{Code: check.NamesReserved},
		{Code: check.NamesTaken},
		{Code: check.NamesExists, Data: check.Import{Block: "import {}"}},
		{Code: check.NamesRenamed, Data: check.Rename{Old: "a", New: "b", Holders: []string{"everyone"}}},
	}
}

func grantSamples() []check.Finding {
	names, child := []string{"a"}, check.Holder{Kind: "user type", Name: "child", Attribute: "user_type"}
	replaced, lost := check.Replacement{Holder: child, Granted: names, Moved: names}, check.Replacement{Holder: child, Revoked: names}
	return []check.Finding{
		{Code: check.GrantsBuiltIn},
		{Code: check.GrantsNone},
		{Code: check.GrantsFilterUnsupported, Path: "manage"},
		{Code: check.GrantsEveryone, Data: check.Lines(names)},
		{Code: check.GrantsEveryone, Data: check.Lines(nil)},
		{Code: check.GrantsComposite, Data: check.Lines(names)},
		{Code: check.GrantsMissingHolder, Data: check.Missing{Holder: child, Nearest: "a"}},
		{Code: check.GrantsMissingHolder, Data: check.Missing{Holder: child}},
		{Code: check.GrantsMissingScopes, Data: check.ScopesNotFound{Holder: child, Lines: check.Lines{`a (did you mean "b"?)`}}},
		{Code: check.GrantsLimit, Data: child},
		{Code: check.GrantsReplace, Data: replaced},
		{Code: check.GrantsReplace, Data: lost},
		{Code: check.GrantsReplaceClient, Data: replaced},
		{Code: check.GrantsReplaceClient, Data: lost},
		{Code: check.GrantsUnknown, Data: child},
		{Code: check.GrantsLost, Data: child},
		{Code: check.GrantsKept, Data: check.Lines(nil)},
		{Code: check.GrantsKept, Data: check.Lines(names)},
		{Code: check.GrantsAssignedOpen, Data: child},
		{Code: check.GrantsAssignedLimited, Data: child},
		{Code: check.GrantsOpenedOutside, Data: child},
	}
}

func renameSamples() []check.Finding {
	lines := check.Lines{"old → new"}
	found := []check.Finding{{Code: check.RenamesCircular}, {Code: check.RenamesUnread, Data: check.Failure{Err: authz.Errorf(authz.Denied, "list", "403")}}}
	for _, code := range []check.Code{
		check.RenamesAmbiguous, check.RenamesListed, check.RenamesTaken, check.RenamesExcluded, check.RenamesBuiltIn,
		check.RenamesRestored, check.RenamesKept, check.RenamesRequested,
	} {
		found = append(found, check.Finding{Code: code, Data: lines})
	}
	return found
}
