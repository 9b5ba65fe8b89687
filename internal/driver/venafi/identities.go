package venafi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// FindUserType reports whether a user or a group exists. The call needs the token scope
// configuration, which a login does not request because an application may not allow it.
// Without it the result is Denied, and no further request is sent.
// https://docs.paloaltonetworks.com/trust-protection-foundation/Docs/25.1/TopNav/Content/SDK/WebSDK/r-SDK-POST-Identity-Validate.php
func (d *Driver) FindUserType(ctx context.Context, userType string) (bool, error) {
	op := fmt.Sprintf("look up the identity %s", userType)
	if d.blind.Load() {
		return false, authz.Errorf(authz.Denied, op, "the token does not have the scope configuration")
	}
	var found struct{ ID json.RawMessage }
	_, err := httpapi.Do(ctx, d.auth, httpapi.Call{
		Op: op, Method: http.MethodPost, URL: d.base + "/vedsdk/Identity/Validate", Repeatable: true, Classify: d.classify,
		Body: map[string]any{"ID": map[string]string{"PrefixedUniversal": userType}},
	}, &found)
	if authz.KindOf(err) == authz.Denied && err != nil {
		d.blind.Store(true)
	}
	var id struct{ PrefixedUniversal string }
	_ = json.Unmarshal(found.ID, &id) // absent: no identity
	return id.PrefixedUniversal != "", err
}

// universal is the format of a prefixed universal, without regard to case.
// https://github.com/Venafi/VenafiPS, VenafiPS/Private/Test-VdcIdentityFormat.ps1
var universal = regexp.MustCompile(`(?i)^(local|(AD|LDAP)\+[^:]+):\{?[0-9A-F]{8}-?([0-9A-F]{4}-?){3}[0-9A-F]{12}\}?$`)

const adviceIdentity = authz.ReasonVenafiIdentity

// checkIdentity rejects an identity without a prefix, and warns about other formats, because it
// is not documented whether servers accept them.
func checkIdentity(userType string) ([]authz.Warning, error) {
	if prefix, name, _ := strings.Cut(userType, ":"); prefix == "" || name == "" {
		return nil, authz.Advise(authz.Invalid, "plan", adviceIdentity, "%q has no prefix of a directory", userType)
	}
	if universal.MatchString(userType) {
		return nil, nil
	}
	return []authz.Warning{{
		Summary: fmt.Sprintf("Venafi identity %q is not a prefixed universal", userType),
		Detail:  "A rule for a name, or for an identity that does not exist, can be without effect.",
		Advice:  adviceIdentity,
	}}, nil
}

// MaximumScopes returns the scopes that a rule of the application can grant at most. A scope with
// a restriction includes the scope without it.
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/WebSDK/r-SDK-POST-oauth-getapplication.php
func (d *Driver) MaximumScopes(ctx context.Context, application string) ([]string, error) {
	op := fmt.Sprintf("read the maximum scope of application %q", application)
	e, err := d.read(ctx, op, "getapplication", map[string]string{fieldApplication: application})
	if err != nil {
		return nil, err
	}
	found := e.Application
	if len(e.Applications) == 1 {
		found = e.Applications[0]
	}
	names := SplitScopes(found.MaximumScope)
	if len(names) == 0 {
		return nil, nil // unset fields are absent from a response
	}
	return authz.NameSet(append(bases(names), names...)...), nil
}
