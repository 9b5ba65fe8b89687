package keycloak

import (
	"context"
	"net/http"
	"net/url"

	"github.com/Nerzal/gocloak/v13"
	"github.com/go-resty/resty/v2"

	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// The methods of gocloak are used where its types have all that Keycloak sends: to map and
// unmap roles, to create the guard role and to delete a scope. This file has the requests that
// gocloak lacks, or whose types drop members: attributes of client scopes, exports, lists in
// pages, protocol mappers, and the scopes of clients and of new clients.

// get reads JSON from the realm. It is httpapi.Do with a typed result.
func get[T any](ctx context.Context, r realm, c *call, query map[string]string, segments ...string) (out T, err error) {
	c.realm = r.name
	call := r.d.request(c, http.MethodGet, withQuery(r.url(segments...), query), nil)
	req, err := call.Request(ctx)
	if err != nil {
		return out, err
	}
	resp, err := r.d.client.Do(req) //nolint:bodyclose // Decode closes it
	_, err = call.Decode(req, resp, err, &out)
	return out, err
}

func withQuery(address string, query map[string]string) string {
	if len(query) == 0 {
		return address
	}
	values := url.Values{}
	for name, value := range query {
		values.Set(name, value)
	}
	return address + "?" + values.Encode()
}

// change sends a change of the realm, with a body of JSON unless it is nil.
func (r realm) change(ctx context.Context, c *call, method string, body any, segments ...string) (http.Header, error) {
	c.realm, c.write = r.name, true
	return httpapi.Do(ctx, r.d.client, r.d.request(c, method, r.url(segments...), body), nil)
}

// write runs a change of the realm by a method of gocloak, which gets the name of the realm as
// a segment of the path.
func (r realm) write(ctx context.Context, c *call, f func(ctx context.Context, g *gocloak.GoCloak, realm string) error) error {
	c.realm, c.write = r.name, true
	return httpapi.Through(ctx, r.d.request(c, "", "", nil), func(ctx context.Context) error { return f(ctx, r.d.gocloak, esc(r.name)) })
}

// newGocloak returns a gocloak that sends its requests through a transport: without a
// redirect, retry, log or cookie of resty.
func newGocloak(address string, transport http.RoundTripper) *gocloak.GoCloak {
	r := resty.NewWithClient(httpapi.WithoutRedirects(&http.Client{Transport: httpapi.Checked(transport)}))
	r.SetLogger(silent{}).SetDisableWarn(true).SetRetryCount(0).SetHeader("Accept", "application/json")
	g := gocloak.NewClient(address)
	g.SetRestyClient(r)
	return g
}

// silent is a resty.Logger: resty's own would print bodies.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
