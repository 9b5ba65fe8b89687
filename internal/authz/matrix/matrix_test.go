package matrix

import (
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/markdown"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
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

func scope(name string, access authz.Access, userTypes ...string) authz.Scope {
	return authz.Scope{Name: name, Settings: authz.Settings{Access: access}, UserTypes: userTypes}
}

const (
	limited   = authz.AccessUserTypes
	open      = authz.AccessEveryone
	unguarded = authz.AccessUnguarded
)

// school has a scope of every kind. Everyone has "pupil"; "staff" contains
// "teacher" and a client role.
func school() Input {
	profile := scope("profile", open)
	profile.BuiltIn = true
	shop := scope("shop:buy", unguarded, "child")
	shop.ClientRoles = []string{"client/shop/buyer"}
	return Input{
		Server: `Keycloak realm "school"`, Settings: true, Scopes: diff.NewFilter(nil, nil), UserTypes: diff.NewFilter(nil, nil),
		Snapshot: &authz.Snapshot{
			Scopes: []authz.Scope{
				scope("children:read", limited, "child", "teacher"), scope("children:write", limited, "staff"), scope("debug", open),
				scope("missions:read", limited, "pupil"),
				scope("nobody", limited), profile, scope("public", open), shop,
			},
			UserTypes: []authz.UserType{
				{Name: "admin", Contains: []string{"staff", "teacher"}, ContainsClientRoles: []string{"client/shop/buyer"}},
				{Name: "child"},
				{Name: "idle"},
				{Name: "pupil", Everyone: true},
				{Name: "staff", Contains: []string{"teacher"}, ContainsClientRoles: []string{"client/shop/buyer"}},
				{Name: "teacher"},
			},
		},
	}
}

func schoolPlan() map[string][]string {
	return map[string][]string{
		"child":   {"shop:buy", "public"},
		"teacher": {"children:read", "new:scope"},
		"pupil":   {"nobody"},
		"ghost":   {"children:read"},
	}
}

func TestReports(t *testing.T) {
	for name, change := range map[string]func(*Input){
		"now":      func(*Input) {},
		"planned":  func(in *Input) { in.Planned = schoolPlan() },
		"built_in": func(in *Input) { in.BuiltIn, in.Server = true, "" },
		"blocking": func(in *Input) {
			in.Snapshot.Warnings = []authz.Warning{{Summary: "The guard role has a holder", Detail: "They get all.", BlocksWrites: true}, {Summary: "Only a note"}}
		},
		"covered": func(in *Input) {
			in.Planned = map[string][]string{"child": {"children:read", "shop:buy", "shop:sell"}}
			in.Snapshot.Put(authz.Scope{Name: "shop", Parameterized: true, UserTypes: []string{"teacher"}, Settings: authz.Settings{Access: authz.AccessUserTypes}})
		},
		"not_visible": func(in *Input) {
			in.Snapshot.NotChecked = []authz.Gap{
				{Subject: "holders of g", Effect: "They get all.", Privilege: "view-users"},
				{Subject: "roles", Effect: "They may limit scopes.", Privilege: "view-realm", Compared: true},
			}
			s := in.Snapshot.Scopes[0]
			s.UserTypes, s.ClientRoles, s.Hidden, s.Settings.Access = nil, nil, true, authz.AccessEveryone
			in.Snapshot.Put(s)
		},
		"filtered": func(in *Input) {
			in.Planned = schoolPlan()
			in.Scopes, in.UserTypes = diff.NewFilter([]string{"children:*"}, nil), diff.NewFilter([]string{"t*", "staff"}, nil)
		},
		"nothing": func(in *Input) { in.Planned, in.Snapshot = map[string][]string{}, &authz.Snapshot{} },
		"same": func(in *Input) {
			in.Planned = map[string][]string{"child": {"children:read", "shop:buy"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := school()
			change(&in)
			m := Compute(in)
			golden(t, name+".md", m.Markdown())
			golden(t, name+".csv", m.CSV())
		})
	}
}

const buyer = "client/shop/buyer"

// Clients and members are shown if they are given, and planned sets of client roles count.
func TestClientsAndMembers(t *testing.T) {
	in := school()
	in.Planned = map[string][]string{buyer: {"new:scope"}, "client/shop/none": {"children:read"}}
	in.Clients = []authz.ClientScopeSet{
		{ClientID: "app", Default: []authz.Scope{{Name: "children:read"}}, Optional: []authz.Scope{{Name: "shop:buy"}}},
		{ClientID: "web", Default: []authz.Scope{{Name: "shop:buy"}}},
	}
	m := Compute(in)
	m.Members = map[string]authz.Members{
		"child": {Groups: []string{"/pupils"}, ServiceAccounts: []string{"robot"}}, "teacher": {Cut: true}, "hidden": {Groups: []string{"/x"}},
	}
	if got := m.ClientsOf("shop:buy"); !maps.Equal(got, map[string]string{"app": ClientOptional, "web": ClientDefault}) {
		t.Errorf("clients: %v", got)
	}
	if gained, lost := m.Gained(), m.Lost(); !slices.Equal(gained[buyer], []string{"new:scope"}) || !slices.Equal(lost[buyer], []string{"shop:buy"}) ||
		!slices.Equal(gained["client/shop/none"], []string{"children:read"}) || !slices.Equal(m.Absent, []string{"client/shop/none"}) {
		t.Errorf("gained %v, lost %v, absent %v", gained, lost, m.Absent)
	}
	golden(t, "clients.md", m.Markdown())
	golden(t, "clients.csv", m.CSV())
	shape(t, m)
}

func TestMatrix(t *testing.T) {
	in := school()
	in.Planned = schoolPlan()
	m := Compute(in)
	for what, c := range map[string][2]any{
		"user types": {m.UserTypes, []string{"admin", "child", buyer, "ghost", "idle", "pupil", "staff", "teacher"}},
		"absent":     {m.Absent, []string{"ghost"}},
		"everyone":   {m.Everyone(), []string{"debug", "missions:read", "nobody", "public"}},
		"unguarded":  {m.Unguarded(), []string{"shop:buy"}},
		"gained": {m.Gained(), map[string][]string{
			"admin": {"new:scope", "nobody"}, "child": {"nobody"}, buyer: {"nobody"}, "ghost": {"children:read", "nobody"}, "idle": {"nobody"},
			"pupil": {"nobody"}, "staff": {"new:scope", "nobody"}, "teacher": {"new:scope", "nobody"},
		}},
		"lost": {m.Lost(), map[string][]string{
			"admin": {"missions:read", "public"}, "child": {"children:read", "missions:read"}, buyer: {"missions:read", "public"},
			"ghost": {"missions:read", "public"}, "idle": {"missions:read", "public"},
			"pupil": {"missions:read", "public"}, "staff": {"missions:read", "public"}, "teacher": {"missions:read", "public"},
		}},
	} {
		if !reflect.DeepEqual(c[0], c[1]) {
			t.Errorf("%s: %v, want %v", what, c[0], c[1])
		}
	}
	// Where user types cannot be listed, those that are mapped are columns.
	in.Snapshot.UserTypes, in.Planned = nil, nil
	if m := Compute(in); !slices.Equal(m.UserTypes, []string{"child", buyer, "pupil", "staff", "teacher"}) || m.Absent != nil {
		t.Errorf("%v, %v", m.UserTypes, m.Absent)
	}
	// On a server without settings, none is open.
	in.Settings = false
	if m := Compute(in); len(m.Everyone()) != 0 || len(m.Unguarded()) != 0 {
		t.Errorf("%v, %v", m.Everyone(), m.Unguarded())
	}
}

// random makes a server with composite roles, and a plan.
func random(r *rand.Rand) Input {
	some := func(names []string, of int) (list []string) {
		for _, n := range names {
			if r.IntN(of) == 0 {
				list = append(list, n)
			}
		}
		return list
	}
	names := []string{"a", "b", "c", "d", "e", "f"}
	l := &authz.Snapshot{}
	all := r.IntN(len(names) + 3) // everyone has this one, or none
	inside := map[string][]string{}
	for i, n := range names { // what is inside comes later, so that there is no circle; expanded
		inside[n] = some(names[i+1:], 4)
	}
	var expand func(string) []string
	expand = func(n string) (list []string) {
		for _, in := range inside[n] {
			list = append(append(list, in), expand(in)...)
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	for i, n := range names {
		u := authz.UserType{Name: n, Contains: expand(n)}
		u.Everyone = i == all || slices.Contains(u.Contains, "") ||
			all < len(names) && (slices.Contains(u.Contains, names[all]) || slices.Contains(expand(names[all]), n) || overlaps(u.Contains, expand(names[all])))
		l.UserTypes = append(l.UserTypes, u)
	}
	for i := range 8 {
		s := scope(fmt.Sprintf("s%d", i), limited, some(names, 3)...)
		switch {
		case len(s.UserTypes) == 0 && r.IntN(2) == 0:
			s.Settings.Access = open
		case len(s.UserTypes) > 0 && r.IntN(3) == 0:
			s.Settings.Access = unguarded
		}
		s.ID = s.Name
		l.Put(s)
	}
	in := Input{Snapshot: l, Settings: true, Scopes: diff.NewFilter(nil, nil), UserTypes: diff.NewFilter(nil, nil)}
	if r.IntN(4) > 0 {
		in.Planned = map[string][]string{}
		for _, n := range some(names, 2) {
			in.Planned[n] = some([]string{"s0", "s1", "s2", "s3", "s4", "s5", "new"}, 2)
		}
	}
	return in
}

// A scope that is mapped to a client role goes to the user types inside of it.
func TestInsideOfClientRoles(t *testing.T) {
	s := scope("a", limited)
	s.ClientRoles = []string{"client/shop/all", "client/shop/unread"}
	m := Compute(Input{
		Snapshot: &authz.Snapshot{
			Scopes: []authz.Scope{s},
			UserTypes: []authz.UserType{
				{Name: "child", ContainsClientRoles: []string{"client/shop/some"}},
				{Name: "educator"},
				{Name: "nurse"},
				{Name: "staff", Contains: []string{"educator"}},
			},
			ClientRoles: []authz.UserType{{Name: "client/shop/all", Contains: []string{"educator"}, ContainsClientRoles: []string{"client/shop/some"}}},
		},
		Settings: true, Scopes: diff.NewFilter(nil, nil), UserTypes: diff.NewFilter(nil, nil),
	})
	want := map[string]Reach{
		"child": ReachInherited, "client/shop/all": ReachMapped, "client/shop/unread": ReachMapped, "educator": ReachInherited, "staff": ReachInherited,
	}
	if got := m.Rows[0].Now.UserTypes; !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if want := []string{"child", "client/shop/all", "client/shop/unread", "educator", "staff"}; !slices.Equal(m.UserTypes, want) {
		t.Errorf("columns %v, want %v", m.UserTypes, want)
	}
}

// A scope that some users of a user type have is shown, and is gone if the set is planned.
func TestSomeUsers(t *testing.T) {
	a, b := scope("a", limited), scope("b", limited)
	b.UserTypes = []string{"child"}
	in := Input{
		Snapshot: &authz.Snapshot{
			Scopes:    []authz.Scope{a, b},
			UserTypes: []authz.UserType{{Name: "child", Partial: []string{"a"}}, {Name: "educator", Partial: []string{"b"}}},
		},
		Planned: map[string][]string{"child": {"b"}}, Scopes: diff.NewFilter(nil, nil), UserTypes: diff.NewFilter(nil, nil),
	}
	m := Compute(in)
	var got []string
	for _, r := range m.Rows {
		for _, u := range m.UserTypes {
			got = append(got, fmt.Sprintf("%s %s %s/%s", r.Scope, u, r.Now.UserTypes[u], r.Planned.UserTypes[u]))
		}
	}
	if want := []string{"a child partial/", "a educator /", "b child mapped/mapped", "b educator partial/partial"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if lost := m.Lost(); len(lost) != 1 || !slices.Equal(lost["child"], []string{"a"}) || len(m.Gained()) != 0 {
		t.Errorf("lost %v, gained %v", lost, m.Gained())
	}
	if text := m.Markdown(); !strings.Contains(text, "**lost** (partial)") {
		t.Error(text)
	}
	if in.Snapshot.UserTypes[0].Partial == nil {
		t.Error("the listing was changed")
	}
}

func overlaps(a, b []string) bool {
	return slices.ContainsFunc(a, func(n string) bool { return slices.Contains(b, n) })
}

// isGranted is Keycloak's rule, for a user who has one role and those that everyone has.
func isGranted(l *authz.Snapshot, s authz.Scope, role string) bool {
	if s.Settings.Access == open {
		return true
	}
	expanded := func(name string) []string {
		u, _ := l.UserType(name)
		return append(slices.Clone(u.Contains), name)
	}
	held := expanded(role)
	for _, u := range l.UserTypes {
		if u.Everyone {
			held = append(held, u.Name) // or something inside of it, which is enough for the same scopes
		}
	}
	for _, mapped := range s.UserTypes {
		if overlaps(expanded(mapped), held) {
			return true
		}
		if u, _ := l.UserType(mapped); u.Everyone {
			return true
		}
	}
	return false
}

// TestAgainstServer compares both states of the matrix with a server in memory, before and after
// the planned sets are applied to it.
func TestAgainstServer(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 500 {
		in := random(r)
		m := Compute(in)
		check(t, in.Snapshot, m, "now", func(row Row) Grants { return row.Now })
		check(t, apply(t, in), m, "planned", func(row Row) Grants { return row.Planned })
		if again := Compute(in); !reflect.DeepEqual(again, m) || again.Markdown() != m.Markdown() || again.CSV() != m.CSV() {
			t.Fatal("it differs from time to time")
		}
		shape(t, m)
		if t.Failed() {
			t.Fatalf("of %+v, planned %v", in.Snapshot, in.Planned)
		}
	}
}

// apply gives each planned user type its set, as the resources do.
func apply(t *testing.T, in Input) *authz.Snapshot {
	t.Helper()
	m := drivertest.NewMemory("memory")
	for _, u := range in.Snapshot.UserTypes {
		m.AddUserType("memory", u)
	}
	for _, s := range in.Snapshot.Scopes {
		m.AddScope("memory", s)
	}
	if slices.ContainsFunc(slices.Collect(maps.Values(in.Planned)), func(names []string) bool { return slices.Contains(names, "new") }) {
		m.AddScope("memory", scope("new", limited))
	}
	read := func() *authz.Snapshot {
		l, err := m.List(context.Background(), "memory")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, name := range slices.Sorted(maps.Keys(in.Planned)) {
		l := read()
		change := diff.DiffUserType(in.Planned[name], authz.Names(l.ScopesOf(name)), authz.Names(l.ScopesOf(name)))
		pick := func(names []string) (list []authz.Scope) {
			for _, n := range names {
				s, _ := l.Scope(n)
				list = append(list, s)
			}
			return list
		}
		if _, err := m.ChangeUserType(context.Background(), "memory",
			authz.UserTypeChange{UserType: authz.UserType{Name: name}, Grant: pick(change.Grant), Revoke: pick(change.Revoke)}); err != nil {
			t.Fatal(err)
		}
	}
	return read()
}

func check(t *testing.T, l *authz.Snapshot, m Matrix, when string, of func(Row) Grants) {
	t.Helper()
	for _, row := range m.Rows {
		s, found := l.Scope(row.Scope)
		g := of(row)
		if !found {
			if len(g.UserTypes) > 0 || g.Access != "" {
				t.Errorf("%s: %s is missing, and %+v", when, row.Scope, g)
			}
			continue
		}
		for _, u := range l.UserTypes {
			if got, want := g.UserTypes[u.Name] != ReachNone, isGranted(l, s, u.Name); got != want {
				t.Errorf("%s: %s gets %s: %t, want %t", when, u.Name, row.Scope, got, want)
			}
			if got, want := g.UserTypes[u.Name] == ReachMapped, slices.Contains(s.UserTypes, u.Name); got != want {
				t.Errorf("%s: %s is mapped to %s: %t, want %t", when, row.Scope, u.Name, got, want)
			}
		}
		_, through := l.ReachesEveryone(s)
		if got, want := g.Everyone(), through || s.Settings.Access == open; got != want {
			t.Errorf("%s: everyone gets %s: %t, want %t", when, row.Scope, got, want)
		}
		if got, want := g.Access == unguarded, !through && s.Settings.Access == unguarded; got != want {
			t.Errorf("%s: %s is unguarded: %t, want %t", when, row.Scope, got, want)
		}
	}
}

// shape wants every line of a table to have as many cells as its header.
func shape(t *testing.T, m Matrix) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(m.CSV())).ReadAll()
	if err != nil || len(records) != len(m.Rows)+1 {
		t.Errorf("%d records of %d rows: %v", len(records), len(m.Rows), err)
	}
	cells := 0
	for _, line := range strings.Split(m.Markdown(), "\n") {
		if !strings.HasPrefix(line, "|") {
			cells = 0
			continue
		}
		if n := strings.Count(line, "|"); cells == 0 {
			cells = n
		} else if n != cells {
			t.Errorf("not a row of its table: %s", line)
		}
	}
}

func TestHostileNames(t *testing.T) {
	const hostile = "a|b\n<img src=x>@team `c` \x1b[31m"
	var types []authz.UserType
	for _, name := range []string{"=1+1", "@sum", "+1", "-1", "\tx", hostile, `say "x", y`} {
		types = append(types, authz.UserType{Name: name})
	}
	names := func() (list []string) {
		for _, u := range types {
			list = append(list, u.Name)
		}
		slices.Sort(list)
		return list
	}()
	s := scope("=cmd|'/C calc'!A0", limited, names...)
	s.ClientRoles = []string{"@client/role"}
	in := Input{
		Server: hostile, Snapshot: &authz.Snapshot{Scopes: []authz.Scope{s}, UserTypes: types}, Settings: true, Scopes: diff.NewFilter(nil, nil),
		UserTypes: diff.NewFilter(nil, nil), Planned: map[string][]string{hostile: nil},
	}
	m := Compute(in)
	report := m.Markdown()
	golden(t, "hostile.md", report)
	golden(t, "hostile.csv", m.CSV())
	for _, bad := range []string{"<img", "@", "\x1b", "a|b", "`c`"} {
		if strings.Contains(report, bad) {
			t.Errorf("the report holds %q", bad)
		}
	}
	shape(t, m)
	records, err := csv.NewReader(strings.NewReader(m.CSV())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records {
		for _, cell := range record {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
				t.Errorf("%q would be run", cell)
			}
		}
	}
	if got := records[0][4:]; !slices.Contains(got, `say "x", y`) || !slices.Contains(got, "'=1+1") {
		t.Errorf("%q", got)
	}
}

func TestReportIsBounded(t *testing.T) {
	l := &authz.Snapshot{}
	for i := range 60 {
		l.UserTypes = append(l.UserTypes, authz.UserType{Name: fmt.Sprintf("type-%02d", i)})
	}
	planned := map[string][]string{}
	for i := range 5000 {
		s := scope(fmt.Sprintf("scope:%04d", i), limited)
		for _, u := range l.UserTypes {
			s.UserTypes = append(s.UserTypes, u.Name)
		}
		l.Scopes = append(l.Scopes, s)
	}
	planned["type-00"] = nil
	m := Compute(Input{Snapshot: l, Settings: true, Planned: planned, Scopes: diff.NewFilter(nil, nil), UserTypes: diff.NewFilter(nil, nil)})
	report := m.Markdown()
	if len(report) > markdown.MaxReport || !strings.Contains(report, "5000 scopes and 60 user types. Planned: **5000 lost**.") ||
		!strings.Contains(report, "omitted: a report has at most") {
		t.Errorf("%d bytes: %.300s", len(report), report)
	}
	if n := strings.Count(m.CSV(), "\n"); n != 5001 {
		t.Errorf("%d lines of CSV", n)
	}
}
