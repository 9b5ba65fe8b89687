package keycloak

import (
	"golang.org/x/text/unicode/norm"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Keycloak stores texts as they were sent, and Terraform normalizes the strings of a
// configuration. So names and texts are read in Unicode Normalization Form C, and
// objects are addressed by ID.
// https://developer.hashicorp.com/terraform/language/expressions/types#string

func nfc(text string) string { return norm.NFC.String(text) }

// spellings returns the forms in which the server may have a configured name.
func spellings(name string) []string {
	if decomposed := norm.NFD.String(name); decomposed != name {
		return []string{name, decomposed}
	}
	return []string{name}
}

// scopeName returns the normalized name of a scope. A name that only its normal form
// makes a scope-token stays as it is: tokens hold the name that the server has.
func scopeName(name string) string {
	if shown := nfc(name); shown == name || authz.CheckName(shown) != nil {
		return shown
	}
	return name
}

func normalized(names []string, normalize func(string) string) []string {
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = normalize(name)
	}
	return shown
}

// shownNames returns normalized names by the names that the server has. Names with
// the same normal form stay as they are, to keep the objects apart.
func shownNames(names []string, normalize func(string) string) map[string]string {
	count := make(map[string]int, len(names))
	for _, name := range names {
		count[normalize(name)]++
	}
	shown := make(map[string]string, len(names))
	for _, name := range names {
		shown[name] = name
		if form := normalize(name); count[form] == 1 {
			shown[name] = form
		}
	}
	return shown
}
