package servers

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// logins returns the attributes that each select a login to Keycloak.
func logins() []string {
	return []string{"access_token", "username", "client_secret", "jwt_signing_key", "jwt_token", "jwt_token_file", "use_oidc"}
}

// loginTogether reports whether two of them are one login: a user logs in through a client
// that authenticates too.
func loginTogether(a, b string) bool {
	return a == "username" && (b == "client_secret" || b == "jwt_signing_key")
}

// chosenLogins returns the logins for which set is true. The password belongs to the user.
func chosenLogins(set func(string) bool) []string {
	return slices.DeleteFunc(logins(), func(name string) bool {
		return !set(name) && (name != "username" || !set("password"))
	})
}

// otherLogins returns the attributes of the logins that the block excludes, because it has
// another one. Their environment variables are then ignored.
func otherLogins(v Values) []string {
	chosen := chosenLogins(func(name string) bool {
		a, ok := v.written(name)
		flag, isFlag := a.(types.Bool)
		return ok && (!isFlag || flag.ValueBool())
	})
	if len(chosen) == 0 {
		return nil
	}
	var others []string
	for _, name := range logins() {
		fits := slices.ContainsFunc(chosen, func(c string) bool { return c == name || loginTogether(c, name) })
		if !fits {
			others = append(others, name)
		}
		if !fits && name == "username" {
			others = append(others, "password")
		}
	}
	return others
}

// loginConflict reports two logins that exclude each other, by name.
func loginConflict(v Values) bool {
	set := func(name string) bool {
		if v.variable(name) == "" {
			return false
		}
		if name == "use_oidc" {
			return v.flag(name)
		}
		if _, written := v.written(name); written {
			return true
		}
		return v.fromEnv(name) != ""
	}
	chosen := chosenLogins(set)
	for i, a := range chosen {
		for _, b := range chosen[i+1:] {
			if loginTogether(a, b) {
				continue
			}
			v.fail(b, check.Finding{Code: messages.ProviderTwoLogins, Data: messages.Two{First: v.origin(a), Second: v.origin(b)}})
			return true
		}
	}
	return false
}

// origin names an attribute, or the environment variable that sets it.
func (v Values) origin(name string) string {
	if name == "username" {
		if _, written := v.written(name); !written && v.fromEnv(name) == "" {
			name = "password"
		}
	}
	if _, written := v.written(name); written {
		return v.block + "." + name
	}
	return fmt.Sprintf("%s.%s (%s)", v.block, name, v.variable(name))
}

// The environment variables in which CI systems offer tokens.
const (
	githubRequestURL   = "ACTIONS_ID_TOKEN_REQUEST_URL"
	githubRequestToken = "ACTIONS_ID_TOKEN_REQUEST_TOKEN" // the name of a variable
	hcpToken           = "TFC_WORKLOAD_IDENTITY_TOKEN"    // the name of a variable
	gitlabToken        = "GITLAB_OIDC_TOKEN"              // the name of a variable
)

// workloadIdentity finds the token of the CI system. It returns nil unless use_oidc is set:
// the variables of a CI system alone select nothing.
func workloadIdentity(v Values) (w *keycloak.WorkloadIdentity, ok bool) {
	if !v.flag("use_oidc") {
		return nil, true
	}
	w = &keycloak.WorkloadIdentity{Audience: v.str("oidc_audience"), Client: v.plain}
	names := []string{githubRequestURL, hcpToken, gitlabToken}
	if name := v.str("oidc_token_variable"); name != "" {
		names = []string{name}
	}
	found := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return v.env(name) == "" })
	missing := func(code check.Code, offered bool, tokens ...string) (*keycloak.WorkloadIdentity, bool) {
		v.fail("", check.Finding{Code: code, Data: messages.MissingToken{Offered: offered, Tokens: tokens}})
		return nil, false
	}
	switch {
	case len(found) == 0:
		return missing(messages.ProviderNoToken, false, names...)
	case len(found) > 1:
		return missing(messages.ProviderTwoTokens, true, found...)
	case found[0] == githubRequestURL:
		if w.RequestURL, w.RequestToken = v.env(githubRequestURL), v.env(githubRequestToken); w.RequestToken == "" {
			return missing(messages.ProviderNoToken, true, githubRequestToken)
		}
	default:
		w.Token, w.Variable = v.env(found[0]), found[0]
	}
	return w, true
}

// plainClient sends requests to others than the server: without its headers, certificate
// and host.
func plainClient(config httpapi.Config) (*http.Client, error) {
	config.Headers, config.Host, config.ClientCertificate, config.ClientKey, config.InsecureSkipVerify = nil, "", "", "", false
	return httpapi.New(config)
}
