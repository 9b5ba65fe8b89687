package pace

import (
	"context"
	"crypto/sha1" // required for UUIDs of version 5 (RFC 9562); it protects nothing
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// CheckDefinitions implements authz.DefinitionChecker. PACE does not publish the meaning
// of the returned names.
// API: https://developer.pace.cloud/doc/user/2024-3 (POST /maintenance/check-scopes)
func (d *Driver) CheckDefinitions(ctx context.Context, names []string) ([]string, error) {
	names = authz.NameSet(names...)
	op := compareOp(len(names))
	if len(names) == 0 {
		return nil, authz.Errorf(authz.Invalid, op, "no scope is defined; define at least one scope, because PACE does not document the meaning of an empty list")
	}
	if err := authz.CheckNames(op, names...); err != nil {
		return nil, err
	}
	sent := document{Data: &resource{Type: "scopes", ID: requestID(names), Attributes: &attributes{Scopes: names}}}
	var got response
	if err := d.call(ctx, op, "/maintenance/check-scopes", sent, &got); err != nil {
		return nil, err
	}
	if failures := failuresOf(got.Errors); len(failures) > 0 {
		return nil, d.contradiction(op, failures)
	}
	return returnedNames(op, got.Data)
}

func compareOp(scopes int) string {
	if scopes == 1 {
		return "compare 1 scope on PACE"
	}
	return fmt.Sprintf("compare %d scopes on PACE", scopes)
}

// returnedNames decodes the data of a response. A response without a list has nil.
func returnedNames(op string, data json.RawMessage) ([]string, error) {
	if len(data) == 0 {
		return nil, nil
	}
	var got *resource
	if err := json.Unmarshal(data, &got); err != nil {
		return nil, authz.Advise(authz.Unavailable, op, adviceResponse, "the data of the response is not a resource with a list of scopes")
	}
	if got == nil {
		return nil, nil
	}
	if got.Type != "" && got.Type != "scopes" {
		return nil, authz.Advise(authz.Unavailable, op, adviceResponse, "the response is of type %q instead of \"scopes\"", got.Type)
	}
	if got.Attributes == nil || got.Attributes.Scopes == nil {
		return nil, nil
	}
	return authz.NameSet(got.Attributes.Scopes...), nil
}

// requestID returns the JSON:API ID of a request. It is the same for the same names, so that
// repeated requests are equal.
func requestID(sorted []string) string {
	return uuidV5(namespaceURL(), strings.Join(sorted, "\n"))
}

// namespaceURL is 6ba7b811-9dad-11d1-80b4-00c04fd430c8 (RFC 9562, section 6.6).
func namespaceURL() []byte {
	return []byte{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
}

// uuidV5 implements RFC 9562, section 5.5.
func uuidV5(namespace []byte, name string) string {
	sum := sha1.Sum(append(slices.Clone(namespace), name...)) // see the import
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
