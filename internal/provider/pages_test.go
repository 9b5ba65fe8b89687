package provider

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/servers"
)

// Every server besides Keycloak, which the other pages are about, has a page with
// an example, every credential that its block takes, and what drift is seen.
func TestServersHavePages(t *testing.T) {
	for _, server := range servers.All() {
		if server.Name == "keycloak" {
			continue
		}
		t.Run(server.Name, func(t *testing.T) {
			text, err := os.ReadFile("../../templates/guides/" + server.Name + ".md.tmpl")
			if err != nil {
				t.Fatal(err)
			}
			page := string(text)
			file := regexp.MustCompile(`tffile "([^"]+)"`).FindStringSubmatch(page)
			if file == nil {
				t.Fatal("the page shows no example")
			}
			example, err := os.ReadFile("../../" + file[1])
			if err != nil || !strings.Contains(string(example), server.Name+" = {") {
				t.Errorf("%s is no example of %s: %v", file[1], server.Name, err)
			}
			for _, s := range server.Settings {
				if s.Secret && !strings.Contains(page, "`"+s.Name+"`") {
					t.Errorf("the page does not name the credential %s", s.Name)
				}
			}
			for _, words := range []string{"drift", "stand-in"} {
				if !strings.Contains(page, words) {
					t.Errorf("the page does not name %s", words)
				}
			}
		})
	}
}
