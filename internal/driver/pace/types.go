package pace

import (
	"bytes"
	"encoding/json"
)

// document is the request of check-scopes (schema ScopesRequest). The data of the response has
// the same form (schema Scopes), but each member can be absent.
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

// response is a response of check-scopes. Its members are decoded one by one, so that none hides
// another.
type response struct {
	Data   json.RawMessage `json:"data"`
	Errors json.RawMessage `json:"errors"`
}

// failure is one error of a JSON:API error document, with its members as texts. A member of
// another type than the format has is shown as JSON. Format:
// https://jsonapi.org/format/1.0/#errors
type failure struct {
	Title, Detail, Code, Status, ID string

	Source, Pointer, Parameter string // Source only if it is not an object
	Links, About               string // Links only if it is not an object
	Meta                       string
}

// failuresOf decodes the errors of a document. A document without errors has none.
func failuresOf(errors json.RawMessage) []failure {
	var list []json.RawMessage
	if json.Unmarshal(errors, &list) != nil && len(errors) > 0 { // one error, without a list
		list = []json.RawMessage{errors}
	}
	var all []failure
	for _, one := range list {
		all = append(all, failureOf(one))
	}
	return all
}

func failureOf(one json.RawMessage) failure {
	members, ok := objectOf(one)
	if !ok {
		return failure{Detail: text(one)}
	}
	f := failure{
		Title: text(members["title"]), Detail: text(members["detail"]), Code: text(members["code"]), Status: text(members["status"]),
		ID: text(members["id"]), Meta: text(members["meta"]),
	}
	if source, ok := objectOf(members["source"]); ok {
		f.Pointer, f.Parameter = text(source["pointer"]), text(source["parameter"])
	} else {
		f.Source = text(members["source"])
	}
	if links, ok := objectOf(members["links"]); ok {
		f.About = text(links["about"])
	} else {
		f.Links = text(members["links"])
	}
	return f
}

// objectOf returns the members of a JSON object, and false for any other value.
func objectOf(value json.RawMessage) (map[string]json.RawMessage, bool) {
	var members map[string]json.RawMessage
	return members, json.Unmarshal(value, &members) == nil && members != nil
}

// text returns a JSON string, or another value as compact JSON. It is empty for null and
// for no value.
func text(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	var compact bytes.Buffer
	if json.Compact(&compact, value) != nil || compact.String() == "null" {
		return ""
	}
	return compact.String()
}
