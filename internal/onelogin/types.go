package onelogin

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"golang.org/x/oauth2"
)

// tokenSet is one token, flat (version 2 of the call) or wrapped in data.
type tokenSet struct {
	AccessToken string     `json:"access_token"`
	CreatedAt   string     `json:"created_at"` // RFC 3339
	ExpiresIn   int64      `json:"expires_in"` // seconds
	Data        []tokenSet `json:"data"`
}

// oauth2 takes the earlier of two readings of expires_in, from now or from
// created_at, because the same token is handed out until it expires. A creation
// that makes it expired already can only be a clock that is wrong.
func (t tokenSet) oauth2(now time.Time) *oauth2.Token {
	if len(t.Data) > 0 && t.AccessToken == "" {
		return t.Data[0].oauth2(now)
	}
	token := &oauth2.Token{AccessToken: t.AccessToken}
	if t.ExpiresIn <= 0 {
		return token
	}
	life := time.Duration(t.ExpiresIn) * time.Second
	token.Expiry = now.Add(life)
	if created, err := time.Parse(time.RFC3339, t.CreatedAt); err == nil {
		if e := created.Add(life); e.After(now) && e.Before(token.Expiry) {
			token.Expiry = e
		}
	}
	return token
}

type scopeJSON struct {
	ID          int64  `json:"id"`
	Value       string `json:"value"`
	Description string `json:"description"` // null is ""
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

// clientsJSON is an array, as the API page has it, or one object, as the
// vendor's OpenAPI document has it.
type clientsJSON []clientJSON

func (c *clientsJSON) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte("{")) {
		var one clientJSON
		if err := json.Unmarshal(b, &one); err != nil {
			return err
		}
		if one.AppID == 0 {
			return errors.New("an object without app_id")
		}
		*c = clientsJSON{one}
		return nil
	}
	return json.Unmarshal(b, (*[]clientJSON)(c))
}

// refusal is an error answer: of the API (message, statusCode, name) or of the
// token call (status).
type refusal struct {
	Message    string `json:"message"`
	StatusCode int    `json:"statusCode"`
	Name       string `json:"name"`
	Status     struct {
		Code    int    `json:"code"`
		Type    string `json:"type"`
		Message string `json:"message"`
	} `json:"status"`
}
