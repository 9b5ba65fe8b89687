package provider

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
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
		"somebody else's": {
			other: true, posts: 1,
			fails: []string{"may be another one", `import it with the ID "77/read:users"`, "The outcome of the write is unknown"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			b := newBinary(t)
			b.config(a.config(oneScopeHCL("read:users", "Read users")))
			cut := fake.Cut(isPost, 1, test.done)
			a.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if theirs := "Somebody else's"; test.other && isPost(r) {
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
}

// All pages of the list are read, with every scope and description.
func TestAccOneLoginListing(t *testing.T) {
	a := newAccount(t)
	a.SetOptions(func(o *onelogin.Options) { o.PageSize = 2 })
	want := map[string]string{}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		want[name] = "May " + name
		description := want[name]
		a.AddScope(77, name, &description)
	}
	b := newBinary(t)
	b.config(a.config(`
		data "authscopes_server_scopes" "all" { server_id = "77" }
		output "all" { value = { for name, s in data.authscopes_server_scopes.all.scopes : name => s.description } }
	`))
	b.apply().ok()
	var got map[string]string
	if err := json.Unmarshal([]byte(b.run("output", "-json", "all").ok().out), &got); err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if n := strings.Count(strings.Join(a.Calls(), "\n"), "/scopes"); n != 3 {
		t.Errorf("%d pages were read: %q", n, a.Calls())
	}
}

// OneLogin reports success, and does nothing: the apply fails, and the state has only what
// the server has.
func TestAccOneLoginWithoutEffect(t *testing.T) {
	t.Parallel()
	const words = "its listing does not show the result"
	for name, hcl := range map[string]func(description string) string{
		"one": func(d string) string { return oneScopeHCL("a", d) },
		"set": func(d string) string { return scopesHCL(map[string]string{"a": d}, `server_id = "77"`) },
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			effect := func(effect bool) { a.SetOptions(func(o *onelogin.Options) { o.NoEffect = !effect }) }
			b := newBinary(t)
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
