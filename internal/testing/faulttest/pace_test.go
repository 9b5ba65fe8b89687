package faulttest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/pace"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/pace"
)

func paceRefusal(status int) (contentType, body string) {
	return fake.MediaType, fmt.Sprintf(`{"errors":[{"id":"1","title":"trouble","status":"%d"}]}`, status)
}

func newPACE(t *testing.T, c *cell) func(context.Context) error {
	t.Helper()
	s := fake.New(t, fake.Options{ClientID: "client", ClientSecret: canary})
	s.SetKnown("a")
	url := c.front(t, s.URL)
	d, err := pace.New(pace.Config{URL: url, ClientID: "client", ClientSecret: canary, TokenURL: url + s.TokenURL()[len(s.URL):]}, c.client(t))
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) error {
		missing, err := d.CheckDefinitions(ctx, []string{"a", "b"})
		if err == nil && fmt.Sprint(missing) != "[b]" {
			t.Errorf("missing is %q", missing)
		}
		return err
	}
}

func TestPACE(t *testing.T) {
	t.Parallel()
	matrix(t, paceRefusal, time.Second, paceOperations())
}

func paceOperations() []operation {
	prepare := func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
		t.Helper()
		return newPACE(t, c), nil
	}
	return []operation{
		{
			name: "login", says: "get an access token for PACE", target: request("POST", "/token"), repeatable: true, fixedToken: true, prepare: prepare,
		},
		{
			name: "check", says: "compare 2 scopes on PACE", target: request("POST", "/check-scopes"), repeatable: true, prepare: prepare,
			differs: map[string][]authz.Kind{"409": {authz.Invalid}},
		},
	}
}
