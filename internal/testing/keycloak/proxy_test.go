package keycloak_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// upstream returns 200 "up:<path>" and counts the requests that reached it.
func upstream(t *testing.T) (*httptest.Server, func() int) {
	t.Helper()
	var mu sync.Mutex
	count := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		count++
		mu.Unlock()
		_, _ = io.WriteString(w, "up:"+r.URL.EscapedPath()+":"+r.Host)
	}))
	t.Cleanup(server.Close)
	return server, func() int {
		mu.Lock()
		defer mu.Unlock()
		return count
	}
}

func send(t *testing.T, method, url, body string) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return resp, string(text), err
}

func TestProxyPassesAndRecords(t *testing.T) {
	up, _ := upstream(t)
	p := keycloak.NewProxy(t, up.URL+"/base")
	if _, text, err := send(t, http.MethodPost, p.URL+"/a%2Fb?x=1", "hello"); err != nil || text != "up:/base/a%2Fb:"+strings.TrimPrefix(up.URL, "http://") {
		t.Fatalf("response %q, %v", text, err)
	}
	want := keycloak.Request{Method: "POST", Path: "/a%2Fb", Query: "x=1", Status: 200, Body: "hello"}
	if got := p.Requests(); len(got) != 1 || got[0] != want {
		t.Errorf("recorded %+v, want %+v", got, want)
	}
	p.Reset()
	if got := p.Requests(); len(got) != 0 {
		t.Errorf("after Reset: %+v", got)
	}
}

func TestProxyHooks(t *testing.T) {
	tests := map[string]struct {
		action  keycloak.Action
		reaches int // the server
		cut     bool
		status  int // recorded
		body    string
	}{
		"cut before": {action: keycloak.Action{CutBefore: true}, cut: true},
		"cut after":  {action: keycloak.Action{CutAfter: true}, reaches: 1, cut: true, status: 200},
		"answer":     {action: keycloak.Action{Status: 503, Body: "busy"}, status: 503, body: "busy"},
		"html":       {action: keycloak.HTML(200), status: 200, body: keycloak.HTML(200).Body},
		"alter": {
			action: keycloak.Action{Alter: func(resp *http.Response) error {
				resp.Body = io.NopCloser(strings.NewReader("altered"))
				resp.ContentLength = -1
				resp.Header.Del("Content-Length")
				return nil
			}}, reaches: 1, status: 200, body: "altered",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			up, reached := upstream(t)
			p := keycloak.NewProxy(t, up.URL)
			p.SetHook(func(r *http.Request) keycloak.Action {
				if r.Method == http.MethodPost {
					return tt.action
				}
				return keycloak.Action{}
			})
			resp, body, err := send(t, http.MethodPost, p.URL+"/x", "{}")
			if (err != nil) != tt.cut {
				t.Fatalf("error %v, want one: %v", err, tt.cut)
			}
			if err == nil && (resp.StatusCode != tt.status || body != tt.body) {
				t.Errorf("response %d %q, want %d %q", resp.StatusCode, body, tt.status, tt.body)
			}
			if got := reached(); got != tt.reaches {
				t.Errorf("%d requests reached the server, want %d", got, tt.reaches)
			}
			if got := p.Requests(); len(got) != 1 || got[0].Status != tt.status {
				t.Errorf("recorded %+v, want one of status %d", got, tt.status)
			}
			if _, _, err := send(t, http.MethodGet, p.URL+"/x", ""); err != nil {
				t.Errorf("a request the hook lets pass: %v", err)
			}
		})
	}
}

func TestProxyCountsInFlight(t *testing.T) {
	const together = 3
	up, _ := upstream(t)
	p := keycloak.NewProxy(t, up.URL)
	var arrived sync.WaitGroup
	arrived.Add(together)
	p.SetHook(func(*http.Request) keycloak.Action {
		arrived.Done()
		arrived.Wait() // each waits until all have arrived
		return keycloak.Action{}
	})
	errs := make(chan error, together)
	for range together {
		go func() {
			_, _, err := send(t, http.MethodGet, p.URL, "")
			errs <- err
		}()
	}
	for range together {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got := p.MaxInFlight(); got != together {
		t.Errorf("at most %d in flight, want %d", got, together)
	}
	p.Reset()
	if got := p.MaxInFlight(); got != 0 {
		t.Errorf("after Reset: %d", got)
	}
}

func TestProxyServerGone(t *testing.T) {
	up, _ := upstream(t)
	p := keycloak.NewProxy(t, up.URL)
	up.Close()
	resp, _, err := send(t, http.MethodGet, p.URL, "")
	if err != nil || resp.StatusCode != http.StatusBadGateway {
		t.Errorf("response %v, %v, want 502", resp, err)
	}
}

func TestStatusErrorHasTheText(t *testing.T) {
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusUnauthorized)
	}))
	t.Cleanup(up.Close)
	_, err := keycloak.Start(t.Context(), keycloak.Options{Getenv: func(name string) string {
		return map[string]string{"KEYCLOAK_URL": up.URL + "/", "KEYCLOAK_USER": "somebody", "KEYCLOAK_PASSWORD": "canary-password"}[name]
	}})
	var status *keycloak.StatusError
	if !errors.As(err, &status) || status.Status != http.StatusUnauthorized {
		t.Fatalf("error %v, want a StatusError of 401", err)
	}
	for _, want := range []string{"KEYCLOAK_URL", `"somebody"`, "invalid_grant"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "canary-password") {
		t.Errorf("the password is in %q", err)
	}
}
