package httpapi

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// echo responds with all headers of the request, as JSON.
func echo(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var all []string
		for name, values := range r.Header {
			all = append(all, name+": "+strings.Join(values, ", "))
		}
		text, _ := json.Marshal(map[string]string{"message": strings.Join(all, "; ")})
		typed(status, jsonType, string(text))(w, r)
	}
}

// A server that repeats a request's headers gets none of them into an error.
func TestEchoedHeaders(t *testing.T) {
	said := ""
	classify := func(_ int, _ http.Header, body []byte) *authz.Error {
		said = string(body)
		var out struct{ Message string }
		if err := json.Unmarshal(body, &out); err != nil {
			t.Errorf("%v: %s", err, body)
		}
		return authz.Errorf(authz.Invalid, "", "%s", Sanitize(out.Message))
	}
	cfg := Config{Headers: map[string]string{
		"X-Gateway": canary, "X-Key": `"` + canary + `\<`, "Cookie": "session=" + canary, "X-Debug": "1", "Accept": "application/json",
	}, MaxRetries: -1}
	for _, status := range []int{400, 401, 403, 404, 500} {
		s := serve(t, echo(status))
		c, _ := client(t, cfg, nil)
		_, err := Do(t.Context(), c, Call{
			Op: "op", Method: "POST", URL: s.URL, Body: map[string]string{}, Classify: classify,
			Header: http.Header{"Authorization": {"Bearer " + canary + "-token"}},
		}, nil)
		wantText(t, err, "X-Gateway: ***", "Authorization: Bearer ***", "X-Debug: 1", "application/json")
		noSecret(t, said)
	}
}

// Headers of an error response get into errors, too.
func TestEchoedHeadersInHeaders(t *testing.T) {
	var got http.Header
	classify := func(_ int, header http.Header, _ []byte) *authz.Error {
		got = header
		return authz.Errorf(authz.Invalid, "", "refused")
	}
	for _, status := range []int{400, 404, 429, 503} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "after "+r.Header.Get("X-Gateway"))
			w.Header().Add("X-Request-Id", "1")
			w.Header().Add("X-Request-Id", r.Header.Get("Authorization"))
			typed(status, jsonType, "{}")(w, r)
		})
		c, _ := client(t, Config{Headers: map[string]string{"X-Gateway": canary}, MaxRetries: -1}, nil)
		_, err := Do(t.Context(), c, Call{
			Op: "op", Method: "GET", URL: s.URL, Classify: classify, Header: http.Header{"Authorization": {"Bearer " + canary + "-token"}},
		}, nil)
		if err == nil || got.Get("Retry-After") != "after ***" || strings.Join(got.Values("X-Request-Id"), " ") != "1 Bearer ***" ||
			got.Get("Content-Type") != jsonType {
			t.Errorf("%d: %v, %v", status, got, err)
		}
	}
	// A media type is chosen by the server.
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		typed(200, "text/"+r.Header.Get("X-Gateway"), "x")(w, r)
	})
	c, _ := client(t, Config{Headers: map[string]string{"X-Gateway": canary}, MaxRetries: -1}, nil)
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, &struct{}{})
	wantText(t, err, "another content type")
}

// Successful responses are not changed.
func TestSuccessfulResponsesAreUnchanged(t *testing.T) {
	s := serve(t, typed(200, jsonType, `{"name":"customers:read"}`))
	c, _ := client(t, Config{Headers: map[string]string{"X-Tenant": "customers"}}, nil)
	var out struct{ Name string }
	if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, &out); err != nil || out.Name != "customers:read" {
		t.Errorf("%+v, %v", out, err)
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", serve(t, typed(404, "text/plain", "no customers here")).URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	if string(body) != "no *** here" || resp.ContentLength != int64(len(body)) {
		t.Errorf("%q, length %d", body, resp.ContentLength)
	}
}

// The reason phrase is shown where it has words of the server's own, without secrets.
func TestReasonPhrase(t *testing.T) {
	for phrase, want := range map[string]string{
		"Grant has been revoked":     "Grant has been revoked",
		"bad token " + canary + "-1": "bad token ***",
		"Bad Request":                "",
		"BAD REQUEST":                "",
		"":                           "",
	} {
		var header http.Header
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			conn, out, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = conn.Close() }()
			_, _ = out.WriteString("HTTP/1.1 400 " + phrase + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			_ = out.Flush()
		})
		c, _ := client(t, Config{MaxRetries: -1}, nil)
		_, err := Do(t.Context(), c, Call{
			Op: "op", Method: "POST", URL: s.URL, Body: 1, Header: http.Header{"Authorization": {"Bearer " + canary + "-1"}},
			Classify: func(status int, h http.Header, body []byte) *authz.Error {
				header = h
				return authz.Errorf(authz.Denied, "", "%s", DescribeBody(status, h, body))
			},
		}, nil)
		text := "400 with no content type, 0 bytes"
		if want != "" {
			text += ": " + want
		}
		if got := Reason(header); got != want || err == nil || err.Error() != "op: "+text {
			t.Errorf("phrase %q: %q, error %v; want %q", phrase, got, err, text)
		}
	}
}
