package provider

import (
	"os"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// suite is the real Keycloak of the acceptance tests, started when one asks for it.
var suite *keycloak.Suite

func TestMain(m *testing.M) {
	suite = keycloak.NewSuite(keycloak.Options{Progress: os.Stderr})
	code := suite.Run(m)
	built.remove()
	os.Exit(code)
}
