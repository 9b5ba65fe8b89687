package keycloak

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/Nerzal/gocloak/v13"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// call is one exchange with Keycloak.
type call struct {
	op    string // `create scope "read:users"`
	needs string // the role that a 403 asks for
	realm string
	login bool
	// assertion of a login, for the advice about a refused one.
	assertion assertion
	write     bool // succeeds with 201 or 204; else with JSON
	private   bool // no text of the server gets into an error
}

// request returns the call for the call layer of all drivers. body is nil, a form or a value to
// send as JSON.
func (d *Driver) request(c *call, method, address string, body any) httpapi.Call {
	base, redirect := d.admin, authz.ReasonKeycloakRedirect
	if c.login {
		base, redirect = d.base, authz.ReasonKeycloakLoginRedirect
	}
	return httpapi.Call{
		Op: c.op, Method: method, URL: address, Body: body, NamesLogin: true, RedirectAdvice: redirect, Sanitize: d.clean,
		ValidateRequest:  func(req *http.Request) error { return validateRequest(req, base) },
		ValidateResponse: c.validateResponse,
		Classify: func(status int, header http.Header, body []byte) *authz.Error {
			return d.classify(c, response{status, header, body})
		},
	}
}

// validateRequest rejects an empty ID in a path, and a change of role mappings without the
// roles: for Keycloak, a DELETE without a body means all of them, and opens the scope.
func validateRequest(req *http.Request, base string) error {
	path := req.URL.EscapedPath()
	if u, err := url.Parse(base); err == nil {
		path = strings.TrimPrefix(path, u.EscapedPath())
	}
	for _, segment := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		if segment == "" || segment == "." || segment == ".." {
			return errors.New("an ID or name that is part of the address is empty, \".\" or \"..\"; nothing was sent")
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
			return errors.New("a change of role mappings does not name the roles; nothing was sent")
		}
	}
	if len(roles) == 0 || slices.ContainsFunc(roles, func(r roleRep) bool { return r.ID == "" }) {
		return errors.New("a change of role mappings does not name the roles; nothing was sent")
	}
	return nil
}

// validateResponse rejects 2xx responses that Keycloak never sends. It sends 201 or 204 for a
// write, and JSON for a read: a login page with 200 would read as "empty".
func (c *call) validateResponse(status int, header http.Header, body []byte) *authz.Error {
	content := bytes.TrimSpace(body)
	isJSON := response{status, header, body}.isJSON()
	switch {
	case c.write && (status == http.StatusCreated || status == http.StatusNoContent) && (len(content) == 0 || isJSON):
		return nil
	case !c.write && status == http.StatusOK && isJSON && len(content) > 0 && !bytes.Equal(content, []byte("null")):
		return nil
	}
	return authz.Advise(authz.Unavailable, c.op, adviceAddress, "the response is not Keycloak's: %s", httpapi.DescribeBody(status, header, body))
}

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
	form := url.Values{}
	for name, value := range d.grant(assertion) {
		form.Set(name, value)
	}
	var token gocloak.JWT
	began := time.Now()
	c := &call{op: fmt.Sprintf("log in to realm %q", d.loginRealm()), realm: d.loginRealm(), login: true, assertion: assertion}
	address := strings.Join([]string{d.base, "realms", url.PathEscape(d.loginRealm()), "protocol/openid-connect/token"}, "/")
	if _, err := httpapi.Do(ctx, d.anonymous, d.request(c, http.MethodPost, address, form), &token); err != nil {
		return nil, err
	}
	if token.AccessToken == "" {
		return nil, authz.Advise(authz.Unavailable, c.op, adviceAddress, "the response has no access_token")
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
