package messages

import (
	"strings"
	"testing"
)

// Each server that does not support everything has an alternative.
func TestAlternatives(t *testing.T) {
	for block, words := range map[string][]string{
		"onelogin": {"authscopes_client_scopes"},
		"venafi":   {"read-only", "authscopes_user_type_scopes"},
		"ocariot":  {"authscopes_user_type_scopes"},
		"pace":     {"authscopes_pace_check"},
	} {
		for _, word := range words {
			if !strings.Contains(alternative(block), word) {
				t.Errorf("%s: no %q in %q", block, word, alternative(block))
			}
		}
	}
	if got := alternative("keycloak"); got != "" {
		t.Errorf("%q", got)
	}
}
