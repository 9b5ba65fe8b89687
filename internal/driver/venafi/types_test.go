package venafi

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

func TestSplitScopes(t *testing.T) {
	for _, test := range []struct {
		text string
		want string
	}{
		{"", ""},
		{"ssh", "ssh"},
		{"certificate:manage,revoke;ssh", "certificate:manage certificate:revoke ssh"},
		{"ssh;certificate:revoke,manage", "certificate:manage certificate:revoke ssh"},
		{" SSH ; Certificate: Revoke, manage ; ", "certificate:manage certificate:revoke ssh"},
		{"ssh;ssh;ssh:manage,manage", "ssh:manage"},
		{"ssh:", "ssh"},
		{"certificate;certificate:manage", "certificate:manage"},
		{";;:x;,", ","},
	} {
		if got := strings.Join(SplitScopes(test.text), " "); got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

func TestJoinScopes(t *testing.T) {
	for _, test := range []struct {
		names []string
		want  string
		says  string
	}{
		{names: nil, want: ""},
		{names: []string{"ssh", "certificate:revoke", "certificate:manage", "ssh"}, want: "certificate:manage,revoke;ssh"},
		{names: []string{"Certificate:Manage"}, says: `write "certificate:manage"`},
		{names: []string{"certificate:manage,revoke"}, says: "is not one scope"},
		{names: []string{"ssh;agent"}, says: "is not one scope"},
		{names: []string{"ssh:"}, says: "is not one scope"},
		{names: []string{"certificate: manage"}, says: "is not one scope"},
		{names: []string{""}, says: "is not one scope"},
		{names: []string{"certificate", "certificate:manage"}, says: `remove "certificate"`},
	} {
		got, err := JoinScopes(test.names)
		if got != test.want || (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%q: %q, %v; want %q, %q", test.names, got, err, test.want, test.says)
		}
	}
}

func TestJoinAndSplitAgree(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	all := []string{"ssh", "agent", "certificate:manage", "certificate:revoke", "certificate:discover", "admin:viewlogs", "admin:grantrights", "codesignclient"}
	for range 200 {
		rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		names := slices.Clone(all[:rnd.IntN(len(all)+1)])
		text, err := JoinScopes(names)
		slices.Sort(names)
		if err != nil || !slices.Equal(SplitScopes(text), names) {
			t.Fatalf("seed %d: %q became %q, %v", seed, names, text, err)
		}
	}
}

func TestUnknownScopes(t *testing.T) {
	l := &authz.Snapshot{}
	l.Put(authz.Scope{Name: "certificate", Restrictions: []string{"manage"}})
	l.Put(authz.Scope{Name: "ssh"})
	got := UnknownScopes(l, []string{"ssh", "ssh:manage", "certificate", "certificate:manage", "certificate:delete", "agent", "agent"})
	if strings.Join(got, " ") != "agent certificate:delete ssh:manage" {
		t.Error(got)
	}
}
