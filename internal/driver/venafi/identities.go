package venafi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

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
