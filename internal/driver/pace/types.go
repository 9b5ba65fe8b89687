package pace

import (
	"bytes"
	"encoding/json"
)

// document is the request and the answer of check-scopes (schemas ScopesRequest
// and Scopes). In an answer each member may be absent.
type document struct {
	Data *resource `json:"data,omitempty"`
}

type resource struct {
	Type       string      `json:"type"`
	ID         string      `json:"id"`
	Attributes *attributes `json:"attributes,omitempty"`
}

type attributes struct {
	Scopes []string `json:"scopes"`
}

// failures is JSON:API's error document.
// Format: https://jsonapi.org/format/1.0/#errors
type failures struct {
	Errors []failure `json:"errors"`
}

type failure struct {
	ID     member `json:"id"`
	Status member `json:"status"`
	Code   member `json:"code"`
	Title  member `json:"title"`
	Detail member `json:"detail"`
	Source struct {
		Pointer   member `json:"pointer"`
		Parameter member `json:"parameter"`
	} `json:"source"`
	Links struct {
		About member `json:"about"`
	} `json:"links"`
	Meta member `json:"meta"`
}

// member is a string or, from a server that strays from the format, any JSON
// as it came: an odd member must not hide the others.
type member string

func (m *member) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*m = member(text)
		return nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, b); err != nil {
		return err
	}
	*m = member(compact.String())
	return nil
}
