package keycloak

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// The search for service accounts ends after MaxSearchedUsers users, and reports that it did.
func TestServiceAccountsOfManyUsers(t *testing.T) {
	for users, cut := range map[int]bool{50: false, authz.MaxSearchedUsers - 1: false, authz.MaxSearchedUsers + 1: true} {
		d, w := newDriver(t, Config{URL: "http://localhost", Realm: "shop", AccessToken: "token"})
		pages := 0
		w.hook(func(req *http.Request, _ string) (*http.Response, error) {
			if !strings.HasSuffix(req.URL.Path, "/roles/educator/users") {
				return respondJSON(req, http.StatusNotFound, `{}`), nil
			}
			pages++
			first, _ := strconv.Atoi(req.URL.Query().Get("first"))
			limit, _ := strconv.Atoi(req.URL.Query().Get("max"))
			page := []holderRep{}
			for i := first; i < min(first+limit, users); i++ {
				name := fmt.Sprintf("user%d", i)
				if i == users-1 {
					name = "service-account-ci"
				}
				page = append(page, holderRep{Username: name})
			}
			body, err := json.Marshal(page)
			return respondJSON(req, http.StatusOK, string(body)), err
		})
		m, gap, err := d.ListMembers(t.Context(), "shop", "educator", false, true)
		if err != nil || gap != nil || m.Cut != cut || (len(m.ServiceAccounts) == 0) != cut {
			t.Errorf("%d users: %+v, gap %v, %v", users, m, gap, err)
		}
		if pages > authz.MaxSearchedUsers/authz.MaxMembers+1 {
			t.Errorf("%d users took %d requests", users, pages)
		}
	}
}
