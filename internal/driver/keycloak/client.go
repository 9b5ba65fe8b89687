package keycloak

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/Nerzal/gocloak/v13"
	"github.com/go-resty/resty/v2"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// maxBody bounds one answer, in bytes.
const maxBody = 256 << 20

// call is one exchange. It travels in the request's context, so that checks,
// and errors with their kind, also hold for gocloak's own methods, which answer
// with texts.
type call struct {
	op    string // `create scope "read:users"`
	needs string // the role that a 403 asks for
	realm string
	login bool
	// assertion of a login, for the advice about a refused one.
	assertion assertion
	write     bool // succeeds with 201 or 204; else with JSON
	private   bool // no text of the server gets into an error
	failed    *authz.Error
}

type callKey struct{}

// do runs one exchange through gocloak, made by f.
func (d *Driver) do(ctx context.Context, c *call, f func(context.Context) error) error {
	err := f(context.WithValue(ctx, callKey{}, c))
	switch {
	case c.failed != nil:
		return c.failed
	case err != nil:
		// The checks passed: only the JSON can be at fault. Its error may quote
		// the answer, so it is left out.
		return authz.Errorf(authz.Unavailable, c.op, "Keycloak's answer is JSON of another form than expected")
	}
	return nil
}

// checked is the transport below gocloak. It refuses requests that would do
// harm and answers that gocloak would take for empty.
type checked struct {
	d    *Driver
	path string // of the server's address
	base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t checked) RoundTrip(req *http.Request) (*http.Response, error) {
	c, ok := req.Context().Value(callKey{}).(*call)
	if !ok {
		return nil, errors.New("keycloak: a request outside of a call")
	}
	resp, failed := t.exchange(c, req)
	if failed != nil {
		c.failed = failed
		return nil, failed
	}
	return resp, nil
}

func (t checked) exchange(c *call, req *http.Request) (*http.Response, *authz.Error) {
	if err := t.harmless(req); err != nil {
		return nil, &authz.Error{Kind: authz.Invalid, Op: c.op, Err: err}
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, transportError(c.op, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		e := httpapi.Error(c.op, errors.Join(err, errors.New("Keycloak's answer could not be read to its end")))
		e.OutcomeUnknown = c.write
		return nil, e
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: body}
	if a.status < 200 || a.status > 299 {
		return nil, t.d.classify(c, a, redirectHost(resp))
	}
	if err := t.d.believable(c, a); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// harmless refuses an empty id in a path, and a change of mappings without the
// roles: Keycloak takes a DELETE without a body as "all", which opens the scope.
func (t checked) harmless(req *http.Request) error {
	path := strings.TrimPrefix(req.URL.EscapedPath(), t.path)
	for _, segment := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		if segment == "" || segment == "." || segment == ".." {
			return errors.New("an id or name that is part of the address is empty, \".\" or \"..\"; nothing was sent")
		}
	}
	if req.Method == http.MethodGet || !strings.HasSuffix(path, "/scope-mappings/realm") && !strings.Contains(path, "/scope-mappings/clients/") {
		return nil
	}
	var roles []roleRep
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return err
		}
		defer body.Close()
		if err := json.NewDecoder(body).Decode(&roles); err != nil {
			return errors.New("a change of role mappings does not say which roles; nothing was sent")
		}
	}
	if len(roles) == 0 || slices.ContainsFunc(roles, func(r roleRep) bool { return r.ID == "" }) {
		return errors.New("a change of role mappings does not say which roles; nothing was sent")
	}
	return nil
}

// believable holds a successful answer against what Keycloak answers: 201 or
// 204 to a write, JSON to all else. A login page with 200 would read as "empty".
func (d *Driver) believable(c *call, a answer) *authz.Error {
	body := bytes.TrimSpace(a.body)
	switch {
	case c.write && (a.status == http.StatusCreated || a.status == http.StatusNoContent) && (len(body) == 0 || a.isJSON()):
		return nil
	case !c.write && a.status == http.StatusOK && a.isJSON() && len(body) > 0 && !bytes.Equal(body, []byte("null")):
		return nil
	}
	return &authz.Error{
		Kind: authz.Unavailable, Op: c.op, OutcomeUnknown: c.write, Advice: adviceAddress,
		Err: fmt.Errorf("the answer is not Keycloak's: %s", httpapi.DescribeBody(a.status, a.header, a.body)),
	}
}

// transportError keeps the kind and the advice of a login that failed below.
func transportError(op string, err error) *authz.Error {
	var below *authz.Error
	if errors.As(err, &below) {
		return &authz.Error{Kind: below.Kind, Op: op, Advice: below.Advice, Args: below.Args, Err: below, OutcomeUnknown: below.OutcomeUnknown && below.Op == op}
	}
	return httpapi.Error(op, err)
}

func redirectHost(resp *http.Response) string {
	if to, err := resp.Location(); err == nil {
		return to.Host
	}
	return "nowhere"
}

// newGocloak wires gocloak to a transport: no redirect, no retry, no log and no
// cookie of resty's own.
func newGocloak(d *Driver, address string, base http.RoundTripper) *gocloak.GoCloak {
	if base == nil {
		base = http.DefaultTransport
	}
	path := ""
	if u, err := url.Parse(address); err == nil {
		path = u.EscapedPath()
	}
	r := resty.NewWithClient(&http.Client{
		Transport:     checked{d, path, base},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
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

// login gets a token by the configured grant, anew each time.
// https://www.keycloak.org/securing-apps/oidc-layers#_oidc_available_endpoints
func (d *Driver) login(ctx context.Context) (*oauth2.Token, error) {
	if d.cfg.AccessToken != "" {
		d.claims.Store(claimsOf(d.cfg.AccessToken))
		return &oauth2.Token{AccessToken: d.cfg.AccessToken}, nil
	}
	assertion, err := d.clientAssertion(ctx)
	if err != nil {
		return nil, err
	}
	form := d.grant(assertion)
	var token gocloak.JWT
	began := time.Now()
	c := &call{op: fmt.Sprintf("log in to realm %q", d.loginRealm()), realm: d.loginRealm(), login: true, assertion: assertion}
	err = d.do(ctx, c, func(ctx context.Context) error {
		_, err := d.loginClient.GetRequest(ctx).SetFormData(form).SetResult(&token).
			Post(strings.Join([]string{d.base, "realms", url.PathEscape(d.loginRealm()), "protocol/openid-connect/token"}, "/"))
		return err
	})
	if err != nil {
		return nil, err
	}
	if token.AccessToken == "" {
		return nil, &authz.Error{Kind: authz.Unavailable, Op: c.op, Advice: adviceAddress, Err: errors.New("the answer has no access_token")}
	}
	d.claims.Store(claimsOf(token.AccessToken))
	t := &oauth2.Token{AccessToken: token.AccessToken}
	if token.ExpiresIn > 0 {
		t.Expiry = began.Add(time.Duration(token.ExpiresIn) * time.Second)
	}
	return t, nil
}

// grant returns the form of the token request. Secrets are part of the form, not of a
// Basic header, which gocloak would not encode as RFC 6749, section 2.3.1 requires.
func (d *Driver) grant(a assertion) map[string]string {
	c := d.cfg
	form := map[string]string{"grant_type": "client_credentials"}
	if a.source == "" {
		form["client_id"] = d.clientID()
	} // The claim sub names the client (RFC 7521, section 4.2), and is not always the client ID.
	switch {
	case a.text != "":
		form["client_assertion_type"], form["client_assertion"] = a.kind(), a.text
	case c.ClientSecret != "":
		form["client_secret"] = c.ClientSecret
	}
	if c.Username != "" {
		form["grant_type"], form["username"], form["password"] = "password", c.Username, c.Password
	}
	return form
}

// signAssertion returns a JWT that authenticates the client (RFC 7523, section 3).
// Keycloak wants the realm's issuer as the only audience, and takes each jti once.
func (d *Driver) signAssertion() (string, error) {
	now := time.Now()
	claims := jwt.RegisteredClaims{
		Issuer: d.clientID(), Subject: d.clientID(), ID: rand.Text(),
		Audience: jwt.ClaimStrings{d.issuer()},
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(30 * time.Second)),
	}
	signed, err := jwt.NewWithClaims(d.method, claims).SignedString(d.key)
	if err != nil { // it may quote the key
		return "", invalid("sign the client assertion", adviceKey, "jwt_signing_key does not fit jwt_signing_alg %q", d.method.Alg())
	}
	return signed, nil
}

const adviceKey = authz.ReasonKeycloakSigningKey

// signer reads jwt_signing_key and jwt_signing_alg.
func signer(key, alg string) (jwt.SigningMethod, any, error) {
	if alg == "" {
		alg = "RS256"
	}
	const op = "configure keycloak"
	method := jwt.GetSigningMethod(alg)
	var (
		parsed any
		err    error
	)
	switch method.(type) {
	case *jwt.SigningMethodHMAC:
		parsed = []byte(key)
	case *jwt.SigningMethodRSA, *jwt.SigningMethodRSAPSS:
		parsed, err = jwt.ParseRSAPrivateKeyFromPEM([]byte(key))
	case *jwt.SigningMethodECDSA:
		parsed, err = jwt.ParseECPrivateKeyFromPEM([]byte(key))
	case *jwt.SigningMethodEd25519:
		parsed, err = jwt.ParseEdPrivateKeyFromPEM([]byte(key))
	default:
		return nil, nil, invalid(op, "Use RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, HS256, HS384 or HS512.",
			"jwt_signing_alg is %q, which is none of those supported", alg)
	}
	if err != nil {
		return nil, nil, invalid(op, adviceKey, "jwt_signing_key cannot be read as a private key for %s", alg)
	}
	return method, parsed, nil
}
