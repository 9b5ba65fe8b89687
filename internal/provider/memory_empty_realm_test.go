package provider

import (
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
)

// A realm that has only built-in scopes can be imported.
func TestMemoryImportOfRealmWithoutScopes(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("profile", openScope, func(s *authz.Scope) { s.BuiltIn = true }))
	tf := memoryTerraform(t, m)
	const none = `resource "authscopes_server_scopes" "s" { scopes = {} }
`
	tf.Write(none + `import {
  to = authscopes_server_scopes.s
  id = "memory"
}
`).apply().ok()
	tf.settled()
	// An empty map never deletes.
	m.AddScope(memRealm, scopeOf("a"))
	tf.makePlan().refused(messagestest.Summary(messages.InputNoScopes), "would delete every scope")
	tf.Write(`resource "authscopes_server_scopes" "s" { scopes = { a = "A" } }
`).apply().ok()
	tf.Write(none).makePlan().refused(messagestest.Summary(messages.InputNoScopes))
}
