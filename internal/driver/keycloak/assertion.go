package keycloak

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// assertion is a JWT that authenticates the client (RFC 7523, section 2.2).
type assertion struct {
	text   string
	source string // the attribute that it comes from; "" for one that the driver signed
	// reused is set if the source may return the same JWT at each login.
	reused bool
}

// clientAssertion returns the assertion of the next login. Its text is empty if the
// client authenticates in another way.
func (d *Driver) clientAssertion(ctx context.Context) (assertion, error) {
	c := d.cfg
	switch {
	case c.JWTSigningKey != "":
		text, err := d.signAssertion()
		return assertion{text: text}, err
	case c.JWTToken != "":
		return checkedAssertion(assertion{strings.TrimSpace(c.JWTToken), "jwt_token", true})
	case c.JWTTokenFile != "":
		return readAssertion(c.JWTTokenFile)
	case c.OIDC != nil:
		return d.requestAssertion(ctx)
	}
	return assertion{}, nil
}

// readAssertion reads the file at each login, because its owner renews it.
func readAssertion(file string) (assertion, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return assertion{}, &authz.Error{
			Kind: authz.Invalid, Op: opAssertion, Err: fmt.Errorf("jwt_token_file cannot be read: %w", err),
			Advice: authz.ReasonKeycloakTokenFile,
		}
	}
	return checkedAssertion(assertion{strings.TrimSpace(string(text)), "jwt_token_file", true})
}

const opAssertion = "get the client assertion"

// checkedAssertion rejects a text that is not a JWT, so that another secret is never sent.
func checkedAssertion(a assertion) (assertion, error) {
	if _, err := assertionClaims(a.text); err != nil {
		return assertion{}, invalid(opAssertion, authz.ReasonKeycloakNotJWT, "%s is not a signed JWT", a.source).With(a.source)
	}
	return a, nil
}

const (
	spiffeID       = "spiffe://"
	serviceAccount = "system:serviceaccount:"
)

// isWorkload reports whether Keycloak accepts a token of a subject more than once, by the
// identity providers for SPIFFE and Kubernetes.
func isWorkload(subject string) bool {
	return strings.HasPrefix(subject, spiffeID) || strings.HasPrefix(subject, serviceAccount)
}

// kind returns the client_assertion_type that Keycloak expects. SPIFFE has a type of its own.
// https://www.keycloak.org/securing-apps/client-authentication
func (a assertion) kind() string {
	if claims, err := assertionClaims(a.text); err == nil && strings.HasPrefix(claims.Subject, spiffeID) {
		return "urn:ietf:params:oauth:client-assertion-type:jwt-spiffe"
	}
	return "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
}

// assertionClaims decodes the claims of a JWT. It does not verify the signature: Keycloak does.
func assertionClaims(text string) (jwt.RegisteredClaims, error) {
	var claims jwt.RegisteredClaims
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return claims, fmt.Errorf("a JWT has 3 parts, not %d", len(parts))
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return claims, fmt.Errorf("the claims are not base64url: %w", err)
	}
	return claims, json.Unmarshal(body, &claims)
}

// explain states which claim of a refused assertion is wrong, and what Keycloak expects.
// It never contains the assertion.
func (a assertion) explain(now time.Time, issuer string) string {
	claims, err := assertionClaims(a.text)
	if err != nil {
		return ""
	}
	text := fmt.Sprintf("The client assertion of %s has the claims iss = %q, sub = %q, aud = %q%s. "+
		"The expected audience is %q, the issuer of the realm to log in to.", a.source,
		httpapi.Sanitize(claims.Issuer), httpapi.Sanitize(claims.Subject), httpapi.Sanitize(strings.Join(claims.Audience, " ")), expiryOf(claims), issuer)
	wrong := rejectedClaims(claims, now, issuer)
	if len(wrong) > 0 {
		return text + " " + strings.Join(wrong, " ")
	}
	text += " Check in Keycloak that a client of the realm trusts this issuer and has this subject as client ID (authenticator \"Signed Jwt\") " +
		"or as \"Federated subject\" (\"Signed JWT - Federated\"), \"Service accounts roles\" is enabled for it, and " +
		"Keycloak knows the key that signed the assertion."
	switch {
	case isWorkload(claims.Subject):
		text += " Keycloak accepts a token of Kubernetes for 1 hour after it was issued (claim iat), and one of SPIFFE for 5 minutes: " +
			"renew the file before this time is over."
	case a.reused:
		text += " By default, Keycloak accepts an assertion once (claim jti), and for 5 minutes after it was issued (claim iat). A plan and an apply log in " +
			"separately, and a long apply logs in again: allow reuse (supportsClientAssertionReuse) and a longer age (fedClientAssertionMaxExp) " +
			"in the identity provider, or use a source that renews the assertion."
	}
	return text
}

func expiryOf(claims jwt.RegisteredClaims) string {
	if claims.ExpiresAt == nil {
		return ""
	}
	return ", exp = " + claims.ExpiresAt.UTC().Format(time.RFC3339)
}

// rejectedClaims lists the claims that Keycloak refuses, as far as they can be checked here.
func rejectedClaims(claims jwt.RegisteredClaims, now time.Time, issuer string) []string {
	var wrong []string
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	switch {
	case claims.ExpiresAt == nil:
		add("The claim exp is missing: Keycloak expects the time when the assertion expires.")
	case !now.Before(claims.ExpiresAt.Time):
		add("The assertion expired at %s (claim exp): get a new one that is valid for the whole run.", claims.ExpiresAt.UTC().Format(time.RFC3339))
	}
	if claims.NotBefore != nil && now.Before(claims.NotBefore.Time) {
		add("The assertion is not valid before %s (claim nbf): check the clocks.", claims.NotBefore.UTC().Format(time.RFC3339))
	}
	switch {
	case !slices.Contains(claims.Audience, issuer):
		add("The claim aud does not have the expected audience.")
	case len(claims.Audience) > 1:
		add("The claim aud has %d audiences: Keycloak accepts only the expected audience.", len(claims.Audience))
	}
	if claims.Subject == "" {
		add("The claim sub is missing: it names the client.")
	}
	return wrong
}
