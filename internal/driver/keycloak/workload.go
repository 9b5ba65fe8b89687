package keycloak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

func (w *WorkloadIdentity) request(ctx context.Context, audience string) (string, error) {
	fail := func(format string, args ...any) error {
		return authz.Advise(authz.Denied, opRequestToken, adviceRequestToken, format, args...)
	}
	address, err := url.Parse(w.RequestURL)
	if err != nil || address.Host == "" {
		return "", fail("ACTIONS_ID_TOKEN_REQUEST_URL is not a URL")
	}
	query := address.Query()
	query.Set("audience", audience)
	address.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return "", fail("ACTIONS_ID_TOKEN_REQUEST_URL cannot be requested")
	}
	req.Header.Set("Authorization", "Bearer "+w.RequestToken)
	req.Header.Set("Accept", "application/json")
	resp, err := w.Client.Do(req)
	if err != nil {
		return "", httpapi.Error(opRequestToken, unwrapURL(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return "", httpapi.Error(opRequestToken, err)
	}
	var found struct {
		Value string `json:"value"`
	}
	if resp.StatusCode != http.StatusOK || json.Unmarshal(body, &found) != nil || found.Value == "" {
		return "", fail("no token was returned: %s", httpapi.DescribeBody(resp.StatusCode, resp.Header, body))
	}
	return found.Value, nil
}

// unwrapURL removes the URL from an error of http.Client: its query may be a secret.
func unwrapURL(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return fmt.Errorf("%s: %w", outer.Op, outer.Err)
	}
	return err
}
