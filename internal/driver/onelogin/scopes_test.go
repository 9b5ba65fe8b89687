package onelogin

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	shared "github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
)

func last(s *fake.Server) fake.Request {
	all := s.Requests()
	return all[len(all)-1]
}

func TestRequests(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	ctx := context.Background()
	mustList(t, d)
	if r := last(s); r.Method+" "+r.Path != "GET /api/2/api_authorizations/77/scopes" || r.Query != "" || r.Header.Get("Accept") != "application/json" {
		t.Errorf("list: %+v", r)
	}
	made, err := d.CreateScope(ctx, server, authz.Scope{Name: "custom:scope", Description: "A custom scope"})
	if err != nil || made.Name != "custom:scope" || made.ID != "323005" || made.Description != "A custom scope" {
		t.Errorf("%+v, %v", made, err)
	}
	if r := last(s); r.Method+" "+r.Path != "POST /api/2/api_authorizations/77/scopes" || r.Body != `{"value":"custom:scope","description":"A custom scope"}` ||
		r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("create: %+v", r)
	}
	if _, err = d.UpdateScope(ctx, server, made, authz.Scope{Name: "other:scope", Description: "x"}); err != nil {
		t.Error(err)
	}
	if r := last(s); r.Method+" "+r.Path != "PUT /api/2/api_authorizations/77/scopes/323005" || r.Body != `{"value":"other:scope","description":"x"}` {
		t.Errorf("update: %+v", r)
	}
	if err = d.DeleteScope(ctx, server, made); err != nil {
		t.Error(err)
	}
	if r := last(s); r.Method+" "+r.Path != "DELETE /api/2/api_authorizations/77/scopes/323005" || r.Body != "" || r.Header.Get("Content-Type") != "" {
		t.Errorf("delete: %+v", r)
	}
	if n := len(s.Calls()); n != 4 {
		t.Errorf("%d calls for one listing and three writes", n)
	}
}

func TestListReadsEveryForm(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	for _, name := range []string{"b", "a", "c"} {
		s.AddScope(77, name, text("may "+name))
	}
	s.AddScope(77, "bare", nil)
	for _, size := range []int{0, 1, 2, 3, 4, 5} {
		s.SetOptions(func(o *fake.Options) { o.PageSize = size })
		l := mustList(t, d)
		var got []string
		for _, sc := range l.Scopes {
			got = append(got, sc.Name+"="+sc.Description)
		}
		if strings.Join(got, ";") != "a=may a;b=may b;bare=;c=may c" {
			t.Errorf("pages of %d: %q", size, got)
		}
		if l.UserTypes != nil {
			t.Error("OneLogin has no user types")
		}
	}
}

// A server that pages and takes no cursor must not look as if scopes were gone,
// and must not be asked for ever.
func TestListThatCannotBeComplete(t *testing.T) {
	s, d := setup(t, fake.Options{PageSize: 2, IgnoreCursor: true}, 0)
	for i := range 5 {
		s.AddScope(77, fmt.Sprintf("s%d", i), text("x"))
	}
	_, err := d.List(context.Background(), server)
	check(t, err, authz.Unavailable, "has 2 scopes, but its last page reports 5", "Run Terraform again")
	if n := len(s.Calls()); n != 2 {
		t.Errorf("%d calls", n)
	}
}

// A scope deleted between two pages takes none of the others with it.
func TestListWhileItChanges(t *testing.T) {
	s, d := setup(t, fake.Options{PageSize: 2}, 0)
	for i := range 5 {
		s.AddScope(77, fmt.Sprintf("s%d", i), text("x"))
	}
	pages := 0
	s.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/scopes") {
			if pages++; pages == 2 {
				s.RemoveScope(77, "s0")
				s.AddScope(77, "s9", text("x"))
			}
		}
		next.ServeHTTP(w, r)
	})
	l := mustList(t, d)
	for _, name := range []string{"s1", "s2", "s3", "s4", "s9"} {
		if _, ok := l.Scope(name); !ok {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestUnreadableLists(t *testing.T) {
	const js = "application/json"
	for _, test := range []struct{ name, contentType, body, says string }{
		{"null", js, `null`, "null instead of an array"},
		{"object", js, `{"data":[]}`, "cannot be decoded"},
		{"no id", js, `[{"value":"a","description":""}]`, "without id or value"},
		{"no value", js, `[{"id":1}]`, "without id or value"},
		{"null element", js, `[null]`, "without id or value"},
		{"two of one value", js, `[{"id":1,"value":"a"},{"id":2,"value":"a"}]`, "two scopes have the same value"},
		{"truncated", js, `[{"id":1,"va`, "truncated"},
		{"empty", js, ``, "no body"},
		{"HTML", "text/html", `<html>canary`, "text/html"},
		{"another type", "text/plain", `[]`, "text/plain"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, d := setup(t, fake.Options{}, 0)
			s.SetIntercept(respond("GET", 200, test.contentType, test.body))
			_, err := d.List(context.Background(), server)
			check(t, err, authz.Unavailable, test.says, "")
		})
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	other := 0
	s.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		switch {
		case r.URL.Path == "/elsewhere":
			other++
		case strings.HasPrefix(r.URL.Path, "/auth/"):
			next.ServeHTTP(w, r)
		default:
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}
	})
	_, err := d.CreateScope(context.Background(), server, want("a"))
	check(t, err, authz.Unavailable, "307", "")
	if other != 0 {
		t.Error("the redirect was followed")
	}
}

func TestCreateErrors(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	ctx := context.Background()
	_, err := d.CreateScope(ctx, server, authz.Scope{Name: "a"})
	check(t, err, authz.Invalid, "no description", "Set a description")
	_, err = d.CreateScope(ctx, server, authz.Scope{Name: "a b", Description: "x"})
	check(t, err, authz.Invalid, "RFC 6749", "")
	if len(s.Requests()) != 0 {
		t.Error("what OneLogin refuses was sent")
	}
	s.AddScope(77, "a", text("may a"))
	_, err = d.CreateScope(ctx, server, want("a"))
	check(t, err, authz.Conflict, "already been taken", `Import it with the ID "77/a" instead of creating it`)
	if calls := s.Calls(); len(calls) != 1 {
		t.Errorf("a conflict on a first try is not looked into: %v", calls)
	}
	s.SetOptions(func(o *fake.Options) { o.FoldValues = true })
	_, err = d.CreateScope(ctx, server, want("A"))
	check(t, err, authz.Conflict, "already been taken", "77/A")
	_, err = d.CreateScope(ctx, "78", want("a"))
	check(t, err, authz.ParentNotFound, "authorization server 78 does not exist", "server_id")
}

func TestLostCreate(t *testing.T) {
	const post, get = "POST /api/2/api_authorizations/77/scopes", "GET /api/2/api_authorizations/77/scopes"
	for _, test := range []struct {
		name  string
		lag   int
		lose  func(s *fake.Server) fake.Intercept
		kind  string // "" is success
		calls []string
		says  string
	}{
		{name: "done", lose: func(*fake.Server) fake.Intercept { return cut("POST", 1, true) }, calls: []string{post, get}},
		{name: "done, seen later", lag: 2, lose: func(*fake.Server) fake.Intercept { return cut("POST", 1, true) }, calls: []string{post, get, get, get}},
		{name: "not done", lose: func(*fake.Server) fake.Intercept { return cut("POST", 1, false) }, calls: []string{post, get, get, get, post}},
		{
			name: "done while it was looked for: the second is refused, and it is ours", lag: 3,
			lose: func(*fake.Server) fake.Intercept { return cut("POST", 1, true) }, calls: []string{post, get, get, get, post, get},
		},
		{name: "lost twice, done", lose: func(*fake.Server) fake.Intercept {
			first, second := cut("POST", 1, false), cut("POST", 1, true)
			n := 0
			return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if r.Method == "POST" && strings.HasPrefix(r.URL.Path, "/api") {
					if n++; n == 1 {
						first(w, r, next)
					}
				}
				second(w, r, next)
			}
		}, calls: []string{post, get, get, get, post, get}},
		{
			name: "lost for ever", lose: func(*fake.Server) fake.Intercept { return cut("POST", -1, false) },
			kind: "unavailable", calls: []string{post, get, get, get, post, get, get, get}, says: "closed the connection",
		},
		{
			name: "a response without an ID", lose: func(*fake.Server) fake.Intercept { return respond("POST", 200, "application/json", `{}`) },
			kind: "unavailable", calls: []string{post, get, get, get, post, get, get, get}, says: "no ID, and the scope is not listed",
		},
		{
			name: "500", lose: func(*fake.Server) fake.Intercept { return respond("POST", 500, "application/json", `{}`) },
			kind: "unavailable", calls: []string{post, get, get, get}, says: "500",
		},
		{
			name: "a login page instead of the response", lose: func(*fake.Server) fake.Intercept {
				return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
					if r.Method == "POST" && strings.HasPrefix(r.URL.Path, "/api") {
						shared.Unseen(r, next)
						w.Header().Set("Content-Type", "text/html")
						_, _ = w.Write([]byte("<html>"))
						return
					}
					next.ServeHTTP(w, r)
				}
			}, calls: []string{post, get},
		},
		{name: "of another program", lose: func(s *fake.Server) fake.Intercept {
			c := cut("POST", 1, false)
			return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if r.Method == "POST" && strings.HasPrefix(r.URL.Path, "/api") {
					s.AddScope(77, "a", text("another"))
				}
				c(w, r, next)
			}
		}, kind: "conflict", calls: []string{post, get}, says: "another program may have created"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, d := setup(t, fake.Options{Lag: test.lag}, 2)
			mustList(t, d)
			s.ResetRequests()
			s.SetIntercept(test.lose(s))
			made, err := d.CreateScope(context.Background(), server, want("a"))
			if got := s.Calls(); strings.Join(got, "\n") != strings.Join(test.calls, "\n") {
				t.Errorf("calls\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.calls, "\n"))
			}
			if test.kind == "" {
				if err != nil || made.ID != fmt.Sprint(s.ScopeID(77, "a")) || made.Description != "may a" {
					t.Errorf("%+v, %v", made, err)
				}
				return
			}
			if err == nil || authz.KindOf(err).String() != test.kind || !authz.OutcomeUnknown(err) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v (%s), want %s: %s", err, authz.KindOf(err), test.kind, test.says)
			}
		})
	}
}

func TestUpdate(t *testing.T) {
	_, d := setup(t, fake.Options{}, 2)
	ctx := context.Background()
	a := mustCreate(t, d, "a")
	mustCreate(t, d, "b")
	_, err := d.UpdateScope(ctx, server, a, authz.Scope{Name: "a"})
	check(t, err, authz.Invalid, "no description", "")
	_, err = d.UpdateScope(ctx, server, a, want("b"))
	check(t, err, authz.Conflict, "already been taken", "Rename or delete")
	_, err = d.UpdateScope(ctx, "78", a, want("c"))
	check(t, err, authz.ParentNotFound, "authorization server 78 does not exist", "server_id")
	_, err = d.UpdateScope(ctx, server, authz.Scope{Name: "x", ID: "1"}, want("c"))
	check(t, err, authz.NotFound, `no scope "x" (id "1")`, "")
	_, err = d.UpdateScope(ctx, server, authz.Scope{Name: "x"}, want("c"))
	check(t, err, authz.NotFound, `no scope "x"`, "")
	if is, err := d.UpdateScope(ctx, server, authz.Scope{Name: "a"}, want("c")); err != nil || is.ID != a.ID {
		t.Errorf("by name: %+v, %v", is, err)
	}
}

func TestDelete(t *testing.T) {
	s, d := setup(t, fake.Options{KeepAssigned: true}, 0)
	ctx := context.Background()
	a := mustCreate(t, d, "a")
	s.Attach(77, 5, s.ScopeID(77, "a"))
	check(t, d.DeleteScope(ctx, server, a), authz.Invalid, "assigned to an app", "")
	s.SetOptions(func(o *fake.Options) { o.KeepAssigned = false })
	if err := d.DeleteScope(ctx, server, a); err != nil {
		t.Error(err)
	}
	s.ResetRequests()
	if err := d.DeleteScope(ctx, server, a); err != nil || len(s.Calls()) != 2 {
		t.Errorf("again: %v, %v", err, s.Calls())
	}
	if err := d.DeleteScope(ctx, server, authz.Scope{Name: "a"}); err != nil {
		t.Errorf("by name: %v", err)
	}
	// The scopes of a deleted authorization server are deleted with it. A page that only
	// says 404 is no such report.
	s.SetIntercept(shared.Respond(shared.Path("/api"), 404, "text/html", "<html>"))
	check(t, d.DeleteScope(ctx, server, a), authz.Unavailable, "404 with text/html", "onelogin.url")
	s.SetIntercept(nil)
	s.RemoveAuthServer(77)
	if err := d.DeleteScope(ctx, server, a); err != nil {
		t.Error(err)
	}
	_, err := d.UpdateScope(ctx, server, a, want("a"))
	check(t, err, authz.ParentNotFound, "authorization server 77 does not exist", "server_id")
}

// A delete that was done without a response is retried, and the 404 is not an error.
func TestLostDelete(t *testing.T) {
	s, d := setup(t, fake.Options{}, 1)
	a := mustCreate(t, d, "a")
	s.SetIntercept(cut("DELETE", 1, true))
	if err := d.DeleteScope(context.Background(), server, a); err != nil {
		t.Error(err)
	}
	if len(s.Scopes(77)) != 0 {
		t.Error(s.Scopes(77))
	}
}

// A 404 for a listed scope proves nothing.
func TestContradictory404(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	a := mustCreate(t, d, "a")
	s.SetIntercept(respond("DELETE", 404, "application/json", `{"statusCode":404,"name":"NotFoundError","message":"x"}`))
	check(t, d.DeleteScope(context.Background(), server, a), authz.Unavailable, "lists the scope, but rejects the request", "Run Terraform again")
}

func TestInterrupted(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	mustList(t, d)
	ctx, cancel := context.WithCancel(context.Background())
	s.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == "POST" {
			shared.Unseen(r, next)
			cancel()
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
	})
	_, err := d.CreateScope(ctx, server, want("a"))
	if err == nil || !authz.OutcomeUnknown(err) || authz.KindOf(err) != authz.Unavailable {
		t.Errorf("%v", err)
	}
}
