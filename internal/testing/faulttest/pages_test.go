package faulttest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/onelogin"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
)

// A list that changes between its pages never lacks a scope that existed all the time, unless it
// is an error. Only OneLogin's list is paged.
func TestListingChangesBetweenPages(t *testing.T) {
	t.Parallel()
	text := "may"
	for name, change := range map[string]func(*fake.Server){
		"one of the first page goes":   func(s *fake.Server) { s.RemoveScope(77, "s0") },
		"one of the last page goes":    func(s *fake.Server) { s.RemoveScope(77, "s5") },
		"one comes":                    func(s *fake.Server) { s.AddScope(77, "new", &text) },
		"most of them go":              func(s *fake.Server) { s.RemoveScope(77, "s0"); s.RemoveScope(77, "s1"); s.RemoveScope(77, "s2") },
		"the one that follows is gone": func(s *fake.Server) { s.RemoveScope(77, "s2") },
	} {
		for _, offset := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/offset %t", name, offset), func(t *testing.T) { t.Parallel(); listWhile(t, offset, change) })
		}
	}
}

func listWhile(t *testing.T, offset bool, change func(*fake.Server)) {
	t.Helper()
	text := "may"
	s := fake.New(t, fake.Options{ClientSecret: canary, PageSize: 2, OffsetPages: offset})
	s.AddAuthServer(77)
	for i := range 6 {
		s.AddScope(77, fmt.Sprintf("s%d", i), &text)
	}
	pages := 0
	s.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/scopes") {
			if pages++; pages == 2 {
				change(s)
			}
		}
		next.ServeHTTP(w, r)
	})
	c, err := httpapi.New(httpapi.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	d, err := onelogin.New(onelogin.Config{URL: s.URL, ClientID: "client-id", ClientSecret: canary}, c)
	if err != nil {
		t.Fatal(err)
	}
	l, err := d.List(t.Context(), "77")
	if pages < 2 {
		t.Fatalf("%d pages: nothing changed between them", pages)
	}
	if err != nil {
		if !strings.Contains(err.Error(), "the list has") {
			t.Error(err)
		}
		return
	}
	for i := range 6 {
		name := fmt.Sprintf("s%d", i)
		_, there := s.Scopes(77)[name]
		if _, listed := l.Scope(name); there && !listed {
			t.Errorf("%s existed all the time, and is not listed", name)
		}
	}
}
