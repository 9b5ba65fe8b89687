package drivertest

import (
	"maps"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// Holder is a user type or a client of a server.
type Holder struct {
	UserType string
	User     string // one user of the user type, on a server that keeps scopes with each user
	Client   string
	Default  bool // the default scopes of the client, not the optional ones
}

// Holdings are the names of the scopes that each holder has, built-in scopes included. A
// holder without scopes has an entry too.
type Holdings map[Holder][]string

// withChange returns the holdings after a change of each. Names are sorted.
func (h Holdings) withChange(change func(Holder, []string) []string) Holdings {
	changed := Holdings{}
	for holder, names := range h {
		changed[holder] = authz.NameSet(change(holder, slices.Clone(names))...)
	}
	return changed
}

// holdings reads what each holder has from the server, not through the driver.
func holdings(t *testing.T, f Fixture) Holdings {
	t.Helper()
	caps := f.Driver.Capabilities()
	if !caps.UserTypeScopes && !caps.ClientScopes {
		return Holdings{}
	}
	if f.Holdings == nil {
		t.Fatal("the fixture cannot read its server without the driver")
	}
	h := f.Holdings(t).withChange(func(_ Holder, names []string) []string { return names })
	var missing []string
	if caps.UserTypeScopes {
		missing = append(missing, f.UserTypes[:]...)
	}
	if caps.ClientScopes {
		missing = append(missing, f.Clients[:]...)
	}
	for holder := range h {
		missing = slices.DeleteFunc(missing, func(name string) bool { return name == holder.UserType || name == holder.Client })
	}
	if len(missing) > 0 {
		t.Fatalf("the fixture does not read %q from its server", missing)
	}
	return h
}

// wantHoldings compares what each holder has on the server, after a write that reported
// success.
func wantHoldings(t *testing.T, what string, f Fixture, want Holdings) {
	t.Helper()
	got := holdings(t, f)
	if maps.EqualFunc(got, want, slices.Equal) {
		return
	}
	for holder, names := range want {
		if !slices.Equal(got[holder], names) {
			t.Errorf("%s reported success: on the server %+v has %q, want %q", what, holder, got[holder], names)
		}
	}
	for holder := range got {
		if _, known := want[holder]; !known {
			t.Errorf("%s reported success: on the server there is a new holder %+v", what, holder)
		}
	}
}

// userTypeHoldings returns the holdings after a change of one user type.
func userTypeHoldings(f Fixture, before Holdings, c authz.UserTypeChange) Holdings {
	return before.withChange(func(h Holder, names []string) []string {
		switch {
		case h.UserType != c.UserType.Name:
			return names
		case f.Driver.Capabilities().UserTypesReplaced:
			return c.Want
		}
		return append(diff.Difference(names, authz.Names(c.Revoke)), authz.Names(c.Grant)...)
	})
}

// clientHoldings returns the holdings after a change of one client.
func clientHoldings(before Holdings, live, want authz.ClientScopeSet) Holdings {
	changed := authz.Names(slices.Concat(live.Default, live.Optional, want.Default, want.Optional))
	return before.withChange(func(h Holder, names []string) []string {
		switch {
		case h.Client != want.ClientID:
			return names
		case h.Default:
			return append(diff.Difference(names, changed), authz.Names(want.Default)...)
		}
		return append(diff.Difference(names, changed), authz.Names(want.Optional)...)
	})
}

// renamed returns the holdings after a scope got another name, or "" if it was deleted.
func (h Holdings) renamed(from, to string) Holdings {
	return h.withChange(func(_ Holder, names []string) []string {
		i := slices.Index(names, from)
		switch {
		case i < 0:
		case to == "":
			names = slices.Delete(names, i, i+1)
		default:
			names[i] = to
		}
		return names
	})
}
