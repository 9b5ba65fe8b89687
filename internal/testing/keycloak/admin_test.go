package keycloak

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Do repeats idempotent requests after a 5xx response, with their body, and no
// other requests.
func TestAdminRepeatsIdempotentRequests(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, method, path string
		statuses           []int // of the attempts; the last one repeats
		requests, want     int   // want is the final status, 0 for success
	}{
		{"role mapping", "POST", Path("r", "users", "u", "role-mappings", "realm"), []int{500, 204}, 2, 0},
		{"scope mapping", "POST", Path("r", "client-scopes", "s", "scope-mappings", "realm"), []int{503, 500, 204}, 3, 0},
		{"get", "GET", Path("r", "roles"), []int{500, 204}, 2, 0},
		{"put", "PUT", Path("r"), []int{500, 204}, 2, 0},
		{"bounded", "PUT", Path("r"), []int{500}, maxAttempts, 500},
		{"create", "POST", Path("r", "users"), []int{500, 204}, 1, 500},
		{"name like a mapping", "POST", Path("r", "roles", "x/role-mappings/y"), []int{500, 204}, 1, 500},
		{"refused", "PUT", Path("r"), []int{409, 204}, 1, 409},
		{"deleted by the failed attempt", "DELETE", Path("r"), []int{500, 404}, 2, 0},
		{"delete of a missing object", "DELETE", Path("r"), []int{404}, 1, 404},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				if body, err := io.ReadAll(req.Body); err != nil || string(body) != `["in"]` {
					t.Errorf("attempt %d has body %q (%v)", requests+1, body, err)
				}
				w.WriteHeader(test.statuses[min(requests, len(test.statuses)-1)])
				requests++
			}))
			defer server.Close()
			a := newAdmin(server.URL, "master", nil)
			a.token, a.expires = "token", time.Now().Add(time.Hour)
			_, err := a.Do(t.Context(), test.method, test.path, []string{"in"}, nil)
			got := 0
			if err != nil {
				var status *StatusError
				if !errors.As(err, &status) {
					t.Fatal(err)
				}
				got = status.Status
			}
			if got != test.want || requests != test.requests {
				t.Errorf("status %d after %d requests, want %d after %d", got, requests, test.want, test.requests)
			}
		})
	}
}

// Do does not wait for the next attempt once the context is canceled.
func TestAdminStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests++
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer server.Close()
	a := newAdmin(server.URL, "master", nil)
	a.token, a.expires = "token", time.Now().Add(time.Hour)
	a.http.Transport = cancelAfter{a.http.Transport, cancel}
	if _, err := a.Do(ctx, http.MethodGet, Path("r"), nil, nil); err == nil || requests != 1 {
		t.Errorf("%d requests, error %v", requests, err)
	}
}

// cancelAfter cancels a context after the response.
type cancelAfter struct {
	next   http.RoundTripper
	cancel func()
}

func (c cancelAfter) RoundTrip(req *http.Request) (*http.Response, error) {
	defer c.cancel()
	return c.next.RoundTrip(req)
}
