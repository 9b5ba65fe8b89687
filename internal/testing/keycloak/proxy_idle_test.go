package keycloak_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// Idle returns when every request that was received before it has a response.
func TestProxyIdle(t *testing.T) {
	up, _ := upstream(t)
	p := keycloak.NewProxy(t, up.URL)
	p.Idle() // nothing has come
	const requests = 5
	var arrived, gone sync.WaitGroup
	arrived.Add(requests)
	p.SetHook(func(*http.Request) keycloak.Action {
		arrived.Done()
		arrived.Wait()
		return keycloak.Action{}
	})
	for range requests {
		gone.Go(func() {
			if _, _, err := send(t, http.MethodGet, p.URL+"/a", ""); err != nil {
				t.Error(err)
			}
		})
	}
	arrived.Wait()
	p.Idle()
	for i, r := range p.Requests() {
		if r.Status != http.StatusOK {
			t.Errorf("request %d has no response yet: %+v", i, r)
		}
	}
	gone.Wait()
}
