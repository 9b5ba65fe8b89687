package keycloak

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// WorkloadIdentity is the OpenID Connect token that a CI system offers to a job. Either
// the request fields or Token is set.
type WorkloadIdentity struct {
	// RequestURL and RequestToken are of GitHub Actions, which issues a token per request.
	// https://docs.github.com/actions/reference/security/oidc
	RequestURL   string
	RequestToken string
	// Client sends the request. It must carry no header or certificate that is meant for
	// Keycloak.
	Client *http.Client

	// Token is the value of Variable. GitLab and HCP Terraform set it once per job.
	Token    string
	Variable string

	// Audience of a requested token. The issuer of the realm to log in to if "".
	Audience string
}

// requestAssertion returns the token of the CI system: a new one of GitHub Actions, or
// the one that GitLab or HCP Terraform set.
func (d *Driver) requestAssertion(ctx context.Context) (assertion, error) {
	w := d.cfg.OIDC
	if w.RequestURL == "" {
		return checkedAssertion(assertion{strings.TrimSpace(w.Token), "use_oidc (" + w.Variable + ")", true})
	}
	audience := w.Audience
	if audience == "" {
		audience = d.issuer()
	}
	token, err := w.request(ctx, audience)
	if err != nil {
		return assertion{}, err
	}
	return checkedAssertion(assertion{token, "use_oidc (ACTIONS_ID_TOKEN_REQUEST_URL)", false})
}

const (
	opRequestToken     = "request an OpenID Connect token of GitHub Actions"
	adviceRequestToken = "Check that the job has \"permissions: id-token: write\", " +
		"and that nothing replaced ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN."
)

// request requests a token.
func (w *WorkloadIdentity) request(ctx context.Context, audience string) (string, error) {
	address, err := url.Parse(w.RequestURL)
	if err != nil || address.Host == "" {
		return "", authz.Advise(authz.Denied, opRequestToken, adviceRequestToken, "ACTIONS_ID_TOKEN_REQUEST_URL is not a URL")
	}
	query := address.Query()
	query.Set("audience", audience)
	address.RawQuery = query.Encode()
	noToken := func(status int, header http.Header, body []byte) *authz.Error {
		return authz.Advise(authz.Denied, opRequestToken, adviceRequestToken, "no token was returned: %s", httpapi.DescribeBody(status, header, body))
	}
	var found struct {
		Value string `json:"value"`
	}
	_, err = httpapi.Do(ctx, w.Client, httpapi.Call{
		Op: opRequestToken, Method: http.MethodGet, URL: address.String(), Header: http.Header{"Authorization": {"Bearer " + w.RequestToken}},
		Statuses: []int{http.StatusOK}, Classify: noToken, RedirectAdvice: adviceRequestToken, PrivateURL: true,
		ValidateResponse: func(status int, header http.Header, body []byte) *authz.Error {
			if json.Unmarshal(body, &found) != nil || found.Value == "" {
				return noToken(status, header, body)
			}
			return nil
		},
	}, nil)
	return found.Value, err
}
