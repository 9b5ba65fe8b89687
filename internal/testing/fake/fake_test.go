package fake

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // was read before
	Text(w, http.StatusTeapot, "", string(body))
}

func TestFrontRecords(t *testing.T) {
	var f Front
	url := Serve(t, f.Handler(http.HandlerFunc(echo)))
	status, _, text := Send(t, "PUT", url+"/a?b=c", "body", "Host", "other.example", "X-A", "1")
	if status != http.StatusTeapot || text != "body" {
		t.Error(status, text)
	}
	f.SetIntercept(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { _, _ = io.WriteString(w, "x") })
	Send(t, "GET", url, "")
	all := f.Requests()
	if r := all[0]; r.Method+" "+r.Path+" "+r.Query+" "+r.Host+" "+r.Body+" "+r.Header.Get("X-A") != "PUT /a b=c other.example body 1" ||
		r.Status != http.StatusTeapot {
		t.Errorf("recorded %+v", r)
	}
	if all[1].Status != http.StatusOK {
		t.Errorf("recorded %+v", all[1])
	}
	if f.ResetRequests(); len(f.Requests()) != 0 {
		t.Error("still there:", f.Requests())
	}
}

func TestStepIn(t *testing.T) {
	var f Front
	var done atomic.Int64
	url := Serve(t, f.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { JSON(w, 200, map[string]int64{"n": done.Add(1)}) })))
	c := Client(t, 0, httpapi.Config{})
	get := func(path string) string {
		var got struct{ N int }
		if _, err := httpapi.Do(t.Context(), c, httpapi.Call{Op: "get", Method: "POST", URL: url + path}, &got); err != nil {
			return err.Error()
		}
		return strings.Repeat("n", got.N)
	}
	for _, step := range []struct {
		name      string
		intercept Intercept
		path      string
		says      string
		done      int64
	}{
		{"nothing", nil, "/a", "n", 1},
		{"answered", Respond(Path("/a", "/b"), 403, "text/html", "<p>", "X-A", "1"), "/b", "403 Forbidden with text/html, 3 bytes", 1},
		{"another path", Respond(Path("/a", "/b"), 403, "text/html", "<p>"), "/c", "nn", 2},
		{"cut before", Cut(Path("/a"), 1, false), "/a", "closed the connection", 2},
		{"cut after", Cut(Path("/a"), 1, true), "/a", "closed the connection", 3},
		{"cut elsewhere", Cut(Path("/a"), 1, true), "/b", "nnnn", 4},
		{"cut no more", Cut(Path("/a"), 0, true), "/a", "nnnnn", 5},
		{"cut always", Cut(Path("/a"), -1, false), "/a", "closed the connection", 5},
	} {
		f.SetIntercept(step.intercept)
		if got := get(step.path); !strings.Contains(got, step.says) || done.Load() != step.done {
			t.Errorf("%s: %s, %d done; want %s, %d", step.name, got, done.Load(), step.says, step.done)
		}
	}
	f.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/a" {
			Text(w, 500, "text/plain", "x")
			return true
		}
		return false
	})
	if a, b := get("/a"), get("/b"); !strings.Contains(a, "500") || b != "nnnnnn" {
		t.Error(a, b)
	}
	f.Intercept(nil)
	if got := get("/a"); got != "nnnnnnn" {
		t.Error(got)
	}
}

func TestStrict(t *testing.T) {
	for text, good := range map[string]bool{
		`{"a":1}`: true, "{\"a\":1}\n": true, `{"a":1,"b":2}`: false, `{"a":1}{"a":1}`: false, `{"a":"1"}`: false, `{`: false, ``: false,
	} {
		var into struct{ A int }
		if err := Strict(strings.NewReader(text), &into); (err == nil) != good || good && into.A != 1 {
			t.Errorf("%s: %+v, %v", text, into, err)
		}
	}
	if err := Strict(strings.NewReader(""), nil); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}
