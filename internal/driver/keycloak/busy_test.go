package keycloak

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// gate lets a request pass only while as many wait as may be under way at once, or after the
// last one arrived. If fewer are ever under way, all wait until their timeout.
type gate struct {
	limit, total int

	mu      sync.Mutex
	arrived int
	most    int
	waiting []chan struct{}
}

func (g *gate) pass(ctx context.Context) {
	g.mu.Lock()
	own := make(chan struct{})
	g.waiting = append(g.waiting, own)
	g.arrived++
	g.most = max(g.most, len(g.waiting))
	for len(g.waiting) > 0 && (len(g.waiting) == g.limit || g.arrived == g.total) {
		close(g.waiting[0])
		g.waiting = slices.Delete(g.waiting, 0, 1)
	}
	g.mu.Unlock()
	select {
	case <-own:
	case <-ctx.Done():
	}
}

// While an identity without manage-realm reads who has many scopes, as many requests as
// max_concurrency permits are under way, until no more are left to send.
func TestManyReadsKeepAllConnectionsBusy(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 10, 64} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			const scopes = 200
			g := &gate{limit: limit, total: scopes}
			server := httptest.NewServer(g.keycloak(scopes))
			t.Cleanup(server.Close)
			client, err := httpapi.New(httpapi.Config{MaxConcurrency: limit, MaxRetries: -1, RequestTimeout: 20 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.CloseIdleConnections)
			d, err := New(Config{URL: server.URL, Realm: "shop", AccessToken: "token"}, client)
			if err != nil {
				t.Fatal(err)
			}
			l, err := d.List(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			if err := drivertest.Complete(t.Context(), l, func(authz.Scope) bool { return true }); err != nil {
				t.Fatal(err)
			}
			if g.arrived != scopes || g.most != limit {
				t.Errorf("%d requests, at most %d at once", g.arrived, g.most)
			}
		})
	}
}

// keycloak is a realm with some scopes, which the caller may not export.
func (g *gate) keycloak(scopes int) http.HandlerFunc {
	all := make([]string, scopes)
	for i := range all {
		all[i] = fmt.Sprintf(`{"id":"%d","name":"scope:%03d","protocol":"openid-connect"}`, i, i)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body := "[]"
		switch path := r.URL.Path; {
		case strings.HasSuffix(path, "/partial-export"):
			w.WriteHeader(http.StatusForbidden)
			body = `{"error":"HTTP 403 Forbidden"}`
		case strings.HasSuffix(path, "/scope-mappings"):
			g.pass(r.Context())
			body = `{"realmMappings":[{"id":"g","name":"` + DefaultGuardRole + `"}]}`
		case strings.HasSuffix(path, "/roles"):
			body = `[{"id":"d","name":"default-roles-shop"},{"id":"g","name":"` + DefaultGuardRole + `"}]`
		case strings.HasSuffix(path, "/realms/shop"):
			body = `{"realm":"shop","defaultRole":{"id":"d","name":"default-roles-shop"}}`
		case strings.HasSuffix(path, "/shop/client-scopes"):
			body = "[" + strings.Join(all, ",") + "]"
		}
		_, _ = w.Write([]byte(body)) // the caller reports what is missing
	}
}
