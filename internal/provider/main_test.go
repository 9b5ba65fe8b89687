package provider

import (
	"fmt"
	"os"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// suite is the real Keycloak of the acceptance tests, started when one asks for it.
var suite *keycloak.Suite

func TestMain(m *testing.M) {
	suite = keycloak.NewSuite(keycloak.Options{Progress: os.Stderr})
	if err := tftest.SaveTime(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := suite.Run(m)
	built.remove()
	os.Exit(code)
}
