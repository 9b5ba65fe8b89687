package pace

import (
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
)

const path = "/user/2024-3/maintenance/check-scopes"

type request struct{ method, path, accept, contentType, token, body string }

func (r request) do(t *testing.T, s *Server) (int, string, string) {
	t.Helper()
	header := []string{"Accept", r.accept, "Content-Type", r.contentType}
	if r.token != "" {
		header = append(header, "Authorization", "Bearer "+r.token)
	}
	status, answered, text := fake.Send(t, r.method, s.URL+r.path, r.body, header...)
	return status, answered.Get("Content-Type"), text
}

const example = `{
  "data": {
    "type": "scopes",
    "id": "d6e06f46-5dd8-47d9-a5bc-e28fad440dd1",
    "attributes": {
      "scopes": [
        "user:callbacks:password-reset"
      ]
    }
  }
}
`

// TestPublishedExample compares the fake with the published request and response.
func TestPublishedExample(t *testing.T) {
	s := New(t, Options{})
	status, media, body := request{"POST", path, MediaType, MediaType, "", example}.do(t, s)
	if status != 200 || media != MediaType || body != example {
		t.Errorf("%d %s %s", status, media, body)
	}
}

// TestPublishedCURL sends the headers of the published command: curl adds "Accept: */*".
func TestPublishedCURL(t *testing.T) {
	s := New(t, Options{})
	for _, accept := range []string{"*/*", ""} {
		header := []string{"Content-Type", "application/vnd.api+json"}
		if accept != "" {
			header = append(header, "Accept", accept)
		}
		status, answered, body := fake.Send(t, "POST", s.URL+path, example, header...)
		if status != 200 || answered.Get("Content-Type") != MediaType || body != example {
			t.Errorf("Accept %q: %d %s", accept, status, body)
		}
	}
}

func TestStrictness(t *testing.T) {
	s := New(t, Options{})
	for name, test := range map[string]struct {
		request
		status int
		text   string
	}{
		"another method":     {request{"GET", path, MediaType, MediaType, "", ""}, 404, "404 page not found"},
		"another version":    {request{"POST", "/user/2024-2/maintenance/check-scopes", MediaType, MediaType, "", example}, 404, "404 page not found"},
		"Accept":             {request{"POST", path, "application/json", MediaType, "", example}, 406, `\"Accept\" header, containing value`},
		"Content-Type":       {request{"POST", path, MediaType, "application/json", "", example}, 415, `\"Content-Type\" header, containing value`},
		"charset":            {request{"POST", path, MediaType, MediaType + ";charset=utf-8", "", example}, 415, "Content-Type"},
		"broken":             {request{"POST", path, MediaType, MediaType, "", "{"}, 422, "can't parse content: "},
		"another type":       {request{"POST", path, MediaType, MediaType, "", strings.Replace(example, `"scopes",`, `"apps",`, 1)}, 422, "does not match"},
		"an unknown member":  {request{"POST", path, MediaType, MediaType, "", `{"data":{"kind":"scopes"}}`}, 422, "can't parse content: "},
		"no list of scopes":  {request{"POST", path, MediaType, MediaType, "", `{"data":{"type":"scopes"}}`}, 422, "can't parse content: "},
		"the token endpoint": {request{"POST", tokenPath, MediaType, MediaType, "", ""}, 404, "404 page not found"},
	} {
		status, _, body := test.do(t, s)
		if status != test.status || !strings.Contains(body, test.text) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func TestTokens(t *testing.T) {
	plain := New(t, Options{Token: "good", PlainText: true})
	for token, want := range map[string]string{"": "Unauthorized\n", "bad": "user token is invalid\n"} {
		status, media, body := request{"POST", path, MediaType, MediaType, token, example}.do(t, plain)
		if status != 401 || media != "text/plain; charset=utf-8" || body != want {
			t.Errorf("token %q: %d %s %q", token, status, media, body)
		}
	}
	s := New(t, Options{Token: "good", ClientID: "me", ClientSecret: "secret"})
	for _, token := range []string{"", "bad"} {
		status, media, body := request{"POST", path, MediaType, MediaType, token, example}.do(t, s)
		var doc struct {
			Errors []struct {
				ID, Status, Code, Title, Detail string
				Links                           struct{ About string }
				Source                          struct{ Pointer, Parameter string }
				Meta                            map[string]any
			}
		}
		// The members of the published example, all strings except meta.
		if err := fake.Strict(strings.NewReader(body), &doc); err != nil || status != 401 || media != MediaType || len(doc.Errors) != 1 ||
			doc.Errors[0].Status != "401" {
			t.Errorf("token %q: %d %s %q, %v", token, status, media, body, err)
		}
	}
	form := "application/x-www-form-urlencoded"
	for body, want := range map[string]int{
		"grant_type=client_credentials&client_id=me&client_secret=secret": 200,
		"grant_type=client_credentials&client_id=me&client_secret=no":     401,
		"grant_type=password&client_id=me&client_secret=secret":           400,
	} {
		if status, _, text := (request{"POST", tokenPath, "application/json", form, "", body}).do(t, s); status != want {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	for token, want := range map[string]int{"good": 200, "issued-token-1": 200} {
		if status, _, _ := (request{"POST", path, MediaType, MediaType, token, example}).do(t, s); status != want {
			t.Errorf("token %s: %d", token, status)
		}
	}
}
