package provider

import (
	"net/http"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

func isPost(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/api/")
}

// After a create without a response, the scope is looked up: one that is exactly as sent is kept,
// and one that another administrator created in the meantime is not.
func TestAccOneLoginLostCreate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		done  bool // before the connection is cut
		other bool // another administrator creates a scope of the name
		posts int
		fails []string
	}{
		"done":     {done: true, posts: 1},
		"not done": {posts: 2},
		"of another program": {
			other: true, posts: 1,
			fails: []string{"another program may have created", `import it with the ID "77/read:users"`, "The outcome of the write is unknown"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			b := newAttached(t)
			b.config(a.config(oneScopeHCL("read:users", "Read users")))
			cut := fake.Cut(isPost, 1, test.done)
			a.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if theirs := "Of another program"; test.other && isPost(r) {
					a.AddScope(77, "read:users", &theirs)
				}
				cut(w, r, next)
			})
			o := b.apply()
			if n := len(a.writesOf()); n != test.posts {
				t.Errorf("%d writes, want %d", n, test.posts)
			}
			if test.fails != nil {
				o.fails(test.fails)
				if state := b.state(); len(state) != 0 {
					t.Errorf("the state holds %q", state)
				}
				return
			}
			o.ok()
			a.requireScopes(map[string]string{"read:users": "Read users"})
			b.plan().ends(0)
		})
	}

	// A scope that the list does not show with the same text, and that exists nevertheless: the first
	// response to the create reports it, and nothing is adopted.
	a := onAccount(t)
	a.SetOptions(func(o *onelogin.Options) { o.FoldValues = true })
	description := "Read users"
	a.AddScope(77, "Read:Users", &description)
	b := newAttached(t)
	b.config(a.config(oneScopeHCL("read:users", description)))
	b.apply().fails([]string{"already been taken", "Import it", `"77/read:users"`})
	if writes := a.writesOf(); len(writes) != 1 || len(b.state()) != 0 {
		t.Errorf("wrote %q, the state holds %q", writes, b.state())
	}

	// A 404 of a proxy in front of OneLogin proves nothing, and nothing is removed from state.
	a.SetOptions(func(o *onelogin.Options) { o.FoldValues = false })
	b.config(a.config(oneScopeHCL("a", "A")))
	b.apply().ok()
	a.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasPrefix(r.URL.Path, "/auth/") {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
	})
	b.plan().fails([]string{"Check onelogin.url", "404"})
	a.SetIntercept(nil)
	b.plan().ends(0)
}

// OneLogin reports success, and does nothing: the apply fails, and the state has only what
// the server has.
func TestAccOneLoginWithoutEffect(t *testing.T) {
	t.Parallel()
	const words = "its listing does not show the result"
	for name, hcl := range map[string]func(description string) string{
		"one": func(d string) string { return oneScopeHCL("a", d) },
		"set": func(d string) string { return tftest.ScopesHCL(map[string]string{"a": d}, `server_id = "77"`) },
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			effect := func(effect bool) { a.SetOptions(func(o *onelogin.Options) { o.NoEffect = !effect }) }
			b := newAttached(t)
			b.config(a.config(hcl("A")))
			effect(false)
			b.apply().fails([]string{words, `no scope "a"`})
			if state := b.state(); len(state) != 0 {
				t.Errorf("the state holds %q", state)
			}
			effect(true)
			b.apply().ok()
			b.config(a.config(hcl("B")))
			effect(false)
			b.apply().fails([]string{words, `scope "a" has the name "a" and the description "A"`})
			b.plan().ends(2)
			b.run("destroy", "-json", "-auto-approve").fails([]string{words, `scope "a" was not deleted`})
			if state := b.state(); len(state) != 1 {
				t.Errorf("the state holds %q", state)
			}
			effect(true)
			b.apply().ok()
			a.requireScopes(map[string]string{"a": "B"})
			b.plan().ends(0)
		})
	}
}
