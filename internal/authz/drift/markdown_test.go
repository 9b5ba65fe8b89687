package drift

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/markdown"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".md")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (write with -update):\n%s", file, got)
	}
}

// shop is an input with every kind of difference.
func shop() Input {
	in := compared(listing(
		scope("carts:read", mapped("child", "educator")),
		scope("debug:all", access(authz.AccessEveryone, ""), described("Everything")),
		scope("legacy:import"),
		scope("orders:approve", mapped("educator"), func(s *authz.Scope) { s.Settings.ConsentScreenText = "May *approve*" }),
		scope("orders:export", access(authz.AccessEveryone, authz.AccessEveryone)),
		scope(
			"orders:read",
			described("Read ALL orders"),
			access(authz.AccessEveryone, authz.AccessUserTypes),
			func(s *authz.Scope) { s.Settings.IncludeInTokenScope = false },
		),
		scope("orders:refund", access(authz.AccessUnguarded, ""), mapped("educator"), func(s *authz.Scope) { s.ClientRoles = []string{"shop/admin"} }),
		scope("profile", builtIn),
		scope("stock:read", mapped("all")),
		scope("stock:write", access(authz.AccessEveryone, "")),
	),
		scope("carts:read"), scope("invoices:read"), scope("invoices:write", described("")), scope("orders:approve"),
		scope("orders:export"), scope("orders:read"), scope("stock:read"), scope("stock:write"))
	in.Server = `Keycloak realm "shop"`
	in.AccessNotSet = map[string]bool{"stock:write": true}
	in.Filter = diff.NewFilter(nil, []string{"legacy:*"})
	in.UserTypes = map[string][]string{
		"child": {"orders:read"}, "educator": {"carts:read", "orders:approve", "orders:refund"}, "customr": {"carts:read"}, "childd": nil,
	}
	return in
}

func TestReport(t *testing.T) {
	t.Run("everything", func(t *testing.T) { golden(t, "everything", Compute(shop()).Markdown()) })
	t.Run("everything, with baseline and sources", func(t *testing.T) {
		in := shop()
		in.Baseline = map[string]string{"invoices:write": "", "orders:read": "Read ALL orders", "orders:refund": "", "stock:read": "", "stock:write": ""}
		in.Sources = map[string]string{"invoices:read": "api/invoices.yaml:14", "orders:read": "api/orders.yaml:9", "stock:write": "api/my stock.yaml:3"}
		golden(t, "baseline", Compute(in).Markdown())
	})
	t.Run("in sync", func(t *testing.T) {
		in := compared(listing(scope("a", mapped("educator")), scope("profile", builtIn)), scope("a"))
		in.Server = `Keycloak realm "shop"`
		in.UserTypes = map[string][]string{"educator": {"a"}, "child": nil}
		golden(t, "in_sync", Compute(in).Markdown())
	})
	t.Run("as defined, and the guard role has a holder", func(t *testing.T) {
		live := listing(scope("a"))
		live.Warnings = []authz.Warning{{Summary: "The guard role has a holder", Detail: "They get a.", BlocksWrites: true}, {Summary: "Only a note"}}
		r := Compute(compared(live, scope("a")))
		if golden(t, "blocking", r.Markdown()); r.InSync {
			t.Error("in sync though what limits scopes does not hold")
		}
	})
	t.Run("as defined, as far as it is visible", func(t *testing.T) {
		live := listing(scope("a"), scope("b", access(authz.AccessEveryone, authz.AccessUserTypes), func(s *authz.Scope) { s.Hidden = true }))
		live.NotChecked = []authz.Gap{
			{Subject: `holders of "guard"`, Effect: "They get a.", Privilege: "view-users"},
			{Subject: "roles", Effect: "They may limit b.", Privilege: "view-realm", Compared: true},
		}
		r := Compute(compared(live, scope("a"), scope("b")))
		if golden(t, "not_visible", r.Markdown()); r.InSync || len(r.Open)+len(r.Changed) > 0 {
			t.Errorf("in sync %t, open %v, changed %v: the access of b is unknown", r.InSync, r.Open, r.Changed)
		}
		if live.NotChecked[1].Subject != "roles" || r.NotChecked[0].Subject != "roles" {
			t.Error("what is compared does not come first, or the snapshot changed")
		}
	})
	t.Run("in sync, and something aside is not visible", func(t *testing.T) {
		live := listing(scope("a"))
		live.NotChecked = []authz.Gap{{Subject: `holders of "guard"`, Effect: "They get a.", Privilege: "view-users"}}
		r := Compute(compared(live, scope("a")))
		if golden(t, "not_checked", r.Markdown()); !r.InSync {
			t.Error("not in sync, although all that is compared was visible")
		}
	})
	t.Run("as defined, and covered", func(t *testing.T) {
		mappers := func(s *authz.Scope) { s.Mappers = []authz.Mapper{{Name: "audience"}} }
		r := Compute(compared(listing(
			scope("missions", access(authz.AccessEveryone, authz.AccessEveryone), mappers, func(s *authz.Scope) { s.Parameterized = true }),
			scope("missions:create", mapped("educator"), mappers),
		), scope("missions", access(authz.AccessEveryone, "")), scope("missions:create")))
		if golden(t, "covered", r.Markdown()); r.InSync || r.Mappers != 2 {
			t.Errorf("in sync %t, %d mappers", r.InSync, r.Mappers)
		}
	})
	t.Run("in sync and unguarded", func(t *testing.T) {
		golden(
			t,
			"unguarded",
			Compute(
				compared(listing(scope("a", access(authz.AccessUnguarded, ""), mapped("child"))), scope("a", access(authz.AccessUnguarded, ""))),
			).Markdown(),
		)
	})
	t.Run("one user type", func(t *testing.T) {
		in := compared(listing(scope("a"), scope("b")), scope("a"), scope("b"))
		in.UserTypes = map[string][]string{"educator": {"a"}}
		golden(t, "user_type", Compute(in).Markdown())
	})
}

// hostile is a text that tries to be markup, a mention, a reference and a row.
const hostile = "a|b\n<img src=x>\r\n@team `code` *b* _i_ [l](u) \\| ~~s~~ #12 $x$ &lt; \x1b[31m \u202e"

func TestHostileTexts(t *testing.T) {
	in := compared(
		listing(scope("x"+hostile, described(hostile), mapped("t"+hostile)), scope("a", described(hostile))), scope("a"),
		scope("m"+hostile, described(hostile)),
	)
	in.Server = hostile
	in.UserTypes = map[string][]string{"u" + hostile: {"a"}, "educator": {"m" + hostile}}
	in.Sources = map[string]string{"a": hostile, "m" + hostile: hostile}
	report := Compute(in).Markdown()
	golden(t, "hostile", report)
	for _, bad := range []string{"<img", "@", "\r", "\x1b", "\u202e", "*b*", "_i_", "[l]", "~~", " #12", "$x$", "&lt; \x1b", "a|b", "`code`"} {
		if strings.Contains(report, bad) {
			t.Errorf("the report holds %q", bad)
		}
	}
	for _, line := range strings.Split(report, "\n") {
		if strings.HasPrefix(line, "|") && strings.Count(line, "|") != 4 && strings.Count(line, "|") != 5 && strings.Count(line, "|") != 6 {
			t.Errorf("not a row of its table: %s", line)
		}
	}
}

// many makes n definitions, of which none is on the server, and as many scopes
// there that are not defined, open to everyone.
func many(n int) Input {
	var definitions, live []authz.Scope
	types := map[string][]string{}
	for i := range n {
		definitions = append(definitions, scope(fmt.Sprintf("defined:%05d", i)))
		live = append(live, scope(fmt.Sprintf("live:%05d", i), access(authz.AccessEveryone, ""), described(strings.Repeat("@", 255))))
		types["educator"] = append(types["educator"], fmt.Sprintf("defined:%05d", i))
	}
	in := compared(listing(live...), definitions...)
	in.UserTypes = types
	return in
}

func TestFolding(t *testing.T) {
	report := Compute(many(25)).Markdown()
	golden(t, "folded", report)
	for _, n := range []int{20, 21} {
		if folds := strings.Contains(Compute(many(n)).Markdown(), "<details>"); folds != (n > markdown.VisibleRows) {
			t.Errorf("%d rows: folded is %v", n, folds)
		}
	}
}

func TestReportIsBounded(t *testing.T) {
	for _, n := range []int{100, 300, 3000} {
		in := many(n)
		in.Server = strings.Repeat("<", 10_000)
		r := Compute(in)
		report := r.Markdown()
		if len(report) > markdown.MaxReport || !utf8.ValidString(report) {
			t.Errorf("%d scopes: %d bytes", n, len(report))
		}
		if n >= 300 && len(report) < markdown.MaxReport*9/10 {
			t.Errorf("%d scopes: only %d bytes are used", n, len(report))
		}
		if strings.Count(report, "<details>") != strings.Count(report, "</details>") {
			t.Error("a fold is not closed")
		}
		for _, part := range []string{
			fmt.Sprintf("### %d open scopes", n), fmt.Sprintf("%d missing", n), fmt.Sprintf("### %d undefined scopes on the server", n),
			"`defined:00000`", "`live:00000`",
		} {
			if !strings.Contains(report, part) {
				t.Errorf("%d scopes: no %q", n, part)
			}
		}
		if n == 3000 && strings.Count(report, "omitted: a report has at most 60000 bytes.") != 4 {
			t.Error("it does not name the omitted part")
		}
		if again := Compute(in).Markdown(); again != report || r.Markdown() != report {
			t.Error("the report differs from time to time")
		}
	}
}

// A short table stays whole beside a long one.
func TestShortTablesAreNotCollapsed(t *testing.T) {
	in := many(3000)
	in.Live = listing(scope("live:one"))
	report := Compute(in).Markdown()
	if len(report) > markdown.MaxReport || !strings.Contains(report, "| `live:one` |") {
		t.Errorf("%d bytes", len(report))
	}
}

func TestLongRowsFit(t *testing.T) {
	var live []authz.Scope
	for i := range 30 {
		live = append(
			live,
			scope(
				fmt.Sprintf("%s%d", strings.Repeat("@", 5000), i),
				described(strings.Repeat("@", 5000)),
				access(authz.AccessUnguarded, ""),
				mapped(strings.Repeat("<", 5000)),
			),
		)
	}
	in := compared(listing(live...))
	in.Sources = map[string]string{live[0].Name: strings.Repeat("#", 5000)}
	if report := Compute(in).Markdown(); len(report) > markdown.MaxReport {
		t.Errorf("%d bytes", len(report))
	}
}
