package venafi

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

func TestGetScopes(t *testing.T) {
	s := fake.New(t, fake.Options{Password: canaryPassword, Role: -1}) // any role may
	d := driver(t, passwordConfig(s.URL), 0)
	l, err := d.List(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, sc := range l.Scopes {
		got = append(got, fmt.Sprintf("%s%v", sc.Name, sc.Restrictions))
	}
	want := "admin[grantrights viewlogs] agent[delete] certificate[discover manage revoke] codesign[admin approve delete manage] codesignclient[] " +
		"codesigning[csp] configuration[] restricted[manage] security[] ssh[manage] statistics[manage sensitive]"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	if l.UserTypes != nil {
		t.Error("user types without an application")
	}
	r := s.Requests()[1]
	if r.Method+" "+r.Path != "POST /vedsdk/oauth/getscopes" || r.Body != "{}" || r.Header.Get("Content-Type") != "application/json" ||
		r.Header.Get("Accept") != "application/json" {
		t.Errorf("%+v", r)
	}
}

func TestListOfAnApplication(t *testing.T) {
	s, d := setup(t, fake.Options{})
	s.AddApplication("other", "ssh")
	s.AddRule(app, "local:{b}", "certificate:manage;ssh", nil)
	s.AddRule(app, "local:{a}", "certificate:revoke,discover;codesigningx", nil)
	s.AddRule("other", "local:{c}", "ssh", nil)
	l, err := d.List(context.Background(), app)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"certificate": "[local:{a} local:{b}]", "ssh": "[local:{b}]", "agent": "[]"} {
		if sc, ok := l.Scope(name); !ok || fmt.Sprint(sc.UserTypes) != want {
			t.Errorf("%s: %v, want %s", name, sc.UserTypes, want)
		}
	}
	if len(l.UserTypes) != 2 || l.UserTypes[0].Name != "local:{a}" {
		t.Errorf("%+v", l.UserTypes)
	}
	if got := strings.Join(s.Calls(), " "); got != "getscopes getrules" {
		t.Error(got)
	}
	_, err = d.List(context.Background(), "absent")
	check(t, err, authz.ParentNotFound, "ApplicationNotFound", "server_id")
}

func TestOddScopes(t *testing.T) {
	s, d := setup(t, fake.Options{})
	s.SetIntercept(respond(
		"getscopes",
		200,
		"application/json",
		`{"Success":true,"Result":0,"Scopes":[{"Scope":"SSH","RestrictionList":null},{"Scope":"b","RestrictionList":["z","a","z"]},{"Scope":""},{"Scope":"ssh","RestrictionList":["Manage"]}]}`,
	))
	l, err := d.List(context.Background(), "")
	if err != nil || len(l.Scopes) != 2 || fmt.Sprintf("%v %s%v", l.Scopes[0].Restrictions, l.Scopes[1].Name, l.Scopes[1].Restrictions) != "[a z] ssh[manage]" {
		t.Errorf("%+v, %v", l, err)
	}
}
