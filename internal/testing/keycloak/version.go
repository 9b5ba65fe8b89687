package keycloak

import (
	"net/http"

	"github.com/hashicorp/go-version"
)

// Is reports whether the server's version meets a constraint such as
// ">= 26.5, < 26.6.4", for the few things that differ between versions.
func (s *Server) Is(t T, constraint string) bool {
	t.Helper()
	want, err := version.NewConstraint(constraint)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var info struct {
		System struct {
			Version string `json:"version"`
		} `json:"systemInfo"`
	}
	if _, err := s.admin.Do(t.Context(), http.MethodGet, "/admin/serverinfo", nil, &info); err != nil {
		t.Fatalf("read the version of Keycloak: %v", err)
	}
	is, err := version.NewVersion(info.System.Version)
	if err != nil {
		t.Fatalf("Keycloak's version: %v", err)
	}
	return want.Check(is)
}

// MapsByManageClients reports whether manage-clients alone maps realm roles to a
// client scope: before CVE-2026-9795 was closed, in 26.4.13, 26.6.4 and 26.7.0.
func (s *Server) MapsByManageClients(t T) bool {
	t.Helper()
	return s.Is(t, "< 26.4.13") || s.Is(t, ">= 26.5.0, < 26.6.4")
}

// HidesHolders reports whether reading who holds a realm role needs a right over
// users: on 26.5.6 and 26.7.3 it does, on 26.4.7 view-realm is enough.
func (s *Server) HidesHolders(t T) bool {
	t.Helper()
	return s.Is(t, ">= 26.5")
}
