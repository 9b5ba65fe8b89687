package onelogin

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// tokenSet is one token, flat (version 2 of the call) or wrapped in data. OneLogin returns the
// same token until it expires, so that it can end before expires_in. A 401 then shows the end.
type tokenSet struct {
	httpapi.TokenResponse
	Data []httpapi.TokenResponse `json:"data"`
}

type scopeJSON struct {
	ID          int64  `json:"id"`
	Value       string `json:"value"`
	Description string `json:"description"` // null is ""
}

func (s scopeJSON) scope() authz.Scope {
	return authz.Scope{Name: s.Value, ID: strconv.FormatInt(s.ID, 10), Description: s.Description}
}

type scopeBody struct {
	Value       string `json:"value"`
	Description string `json:"description"`
}

type clientBody struct {
	AppID  int64   `json:"app_id,omitempty"`
	Scopes []int64 `json:"scopes"`
}

type clientJSON struct {
	AppID  int64       `json:"app_id"`
	Scopes []scopeJSON `json:"scopes"`
}

// clientsJSON is an array, as in the API page, or one object, as in the vendor's OpenAPI
// document.
type clientsJSON []clientJSON

func (c *clientsJSON) UnmarshalJSON(b []byte) error {
	if !bytes.HasPrefix(b, []byte("{")) {
		return json.Unmarshal(b, (*[]clientJSON)(c))
	}
	var one clientJSON
	err := json.Unmarshal(b, &one)
	if err == nil && one.AppID == 0 {
		err = errors.New("an object without app_id")
	}
	*c = clientsJSON{one}
	return err
}

// refusal is an error response in one of three forms: of version 2 (message, statusCode,
// name), flat as of version 1 (error, message, code, type), or of the token call (status).
type refusal struct {
	Error      json.RawMessage `json:"error"` // true, in the flat form
	Message    string          `json:"message"`
	StatusCode json.Number     `json:"statusCode"`
	Name       string          `json:"name"`
	Code       json.Number     `json:"code"`
	Type       string          `json:"type"`
	Status     struct {
		Code    json.Number `json:"code"`
		Type    string      `json:"type"`
		Message string      `json:"message"`
	} `json:"status"`
}

// decodeRefusal decodes the members of the expected types. A member of another type must not hide
// the others.
func decodeRefusal(body []byte) (r refusal, ok bool) {
	var other *json.UnmarshalTypeError
	err := json.Unmarshal(body, &r)
	return r, err == nil || errors.As(err, &other)
}

// isStatus reports whether a code in a body is the status of the response.
func isStatus(code json.Number, status int) bool { return code.String() == strconv.Itoa(status) }
