package keycloak

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Token is the response of a token endpoint (RFC 6749, section 5.1).
type Token struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	IDToken      string `json:"id_token"`
	Scope        string `json:"scope"`
	ExpiresIn    int    `json:"expires_in"` // seconds
}

// Claims returns the content of the access token without checking its signature.
func (t Token) Claims() (map[string]any, error) {
	parts := strings.Split(t.AccessToken, ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("an access token of %d parts, not 3", len(parts))
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	var claims map[string]any
	return claims, json.Unmarshal(text, &claims)
}

// Scopes returns the access token's own `scope` claim (RFC 8693, section 4.2), sorted. This is
// the claim that a resource server reads, whatever the rest of the response contains.
func (t Token) Scopes() ([]string, error) {
	claims, err := t.Claims()
	if err != nil {
		return nil, err
	}
	return scopesOf(claims), nil
}

func scopesOf(claims map[string]any) []string {
	scope, _ := claims["scope"].(string)
	scopes := strings.Fields(scope)
	slices.Sort(scopes)
	return scopes
}

// Token requests a token from the realm's token endpoint. A response other than 2xx is a
// *StatusError. The other methods fail the test instead.
func (r *Realm) Token(ctx context.Context, form url.Values) (Token, error) {
	return r.Server.admin.requestToken(ctx, r.Name, form)
}

func clientForm(c Client, grant string, scopes []string) url.Values {
	form := url.Values{"grant_type": {grant}, "client_id": {c.ClientID}}
	if c.Secret != "" {
		form.Set("client_secret", c.Secret)
	}
	if len(scopes) > 0 {
		form.Set("scope", strings.Join(scopes, " "))
	}
	return form
}

// PasswordForm is the request by which a user logs in to a client, asking for
// scopes besides the client's default ones.
func PasswordForm(c Client, u User, scopes ...string) url.Values {
	form := clientForm(c, "password", scopes)
	form.Set("username", u.Username)
	form.Set("password", u.Password)
	return form
}

// PasswordToken logs a user in to a client.
func (r *Realm) PasswordToken(t T, c Client, u User, scopes ...string) Token {
	t.Helper()
	return r.token(t, PasswordForm(c, u, scopes...))
}

// Refresh exchanges a refresh token; Keycloak evaluates the scopes anew.
func (r *Realm) Refresh(t T, c Client, old Token) Token {
	t.Helper()
	form := clientForm(c, "refresh_token", nil)
	form.Set("refresh_token", old.RefreshToken)
	return r.token(t, form)
}

// ClientCredentials logs a service account in.
func (r *Realm) ClientCredentials(t T, c Client, scopes ...string) Token {
	t.Helper()
	return r.token(t, clientForm(c, "client_credentials", scopes))
}

func (r *Realm) token(t T, form url.Values) Token {
	t.Helper()
	token, err := r.Token(t.Context(), form)
	if err != nil {
		t.Fatalf("token: %v", err)
	}
	return token
}

// UserScopes logs a user in and returns the access token's scopes, sorted.
func (r *Realm) UserScopes(t T, c Client, u User, scopes ...string) []string {
	t.Helper()
	return TokenScopes(t, r.PasswordToken(t, c, u, scopes...))
}

// TokenScopes is Token.Scopes for tests.
func TokenScopes(t T, token Token) []string {
	t.Helper()
	scopes, err := token.Scopes()
	if err != nil {
		t.Fatalf("read the access token: %v", err)
	}
	return scopes
}

// ExampleScopes returns the scopes, sorted, of the token that a user would get, as the admin
// console evaluates it: without a password, by the same rules.
func (r *Realm) ExampleScopes(t T, c Client, u User, scopes ...string) []string {
	t.Helper()
	query := url.Values{"userId": {u.ID}, "scope": {strings.Join(append([]string{"openid"}, scopes...), " ")}}
	path := r.path("clients", c.ID, "evaluate-scopes", "generate-example-access-token") + "?" + query.Encode()
	var claims map[string]any
	if _, err := r.Server.admin.Do(t.Context(), http.MethodGet, path, nil, &claims); err != nil {
		t.Fatalf("%v", err)
	}
	return scopesOf(claims)
}
