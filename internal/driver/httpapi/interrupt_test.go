package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// A write that was sent before the operation is interrupted gets its response. A read is
// canceled, and nothing is sent afterwards.
func TestInterruptedWriteGetsItsResponse(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		<-ctx.Done()
		w.Header().Set("Content-Type", jsonType)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id":"7"}`)
	})
	c, _ := client(t, Config{}, nil)
	var out struct{ ID string }
	if _, err := Do(ctx, c, Call{Op: "op", Method: "POST", URL: s.URL}, &out); err != nil || out.ID != "7" {
		t.Errorf("%+v, %v", out, err)
	}
	for _, method := range []string{"GET", "POST"} {
		_, err := Do(ctx, c, Call{Op: "op", Method: method, URL: s.URL}, nil)
		wantText(t, err, "interrupted")
		if authz.OutcomeUnknown(err) {
			t.Errorf("%s: whether it was done is known: it was not sent", method)
		}
	}
	if n := len(s.requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// A write that failed after an interruption is not retried.
func TestInterruptedWriteIsNotRepeated(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		<-ctx.Done()
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	c, _ := client(t, Config{}, nil)
	_, err := Do(ctx, c, Call{Op: "op", Method: "PUT", URL: s.URL}, nil)
	wantText(t, err, "503")
	if n := len(s.requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestGraceEnds(t *testing.T) {
	for method, want := range map[string]time.Duration{"GET": 0, "PUT": grace, "POST": grace} {
		synctest.Test(t, func(t *testing.T) {
			c, err := New(Config{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			c.Transport.(*transport).next = wireFunc(func(r *http.Request) (*http.Response, error) {
				httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
				cancel()
				return hang(r)
			})
			began := time.Now()
			_, err = Do(ctx, c, Call{Op: "op", Method: method, URL: "http://a.example"}, nil)
			wantText(t, err, "interrupted")
			// The clock of the bubble is exact.
			if took := time.Since(began); took != want || authz.OutcomeUnknown(err) != (method != "GET") || !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %s, %v", method, took, err)
			}
		})
	}
}

// A request that waits for a connection when the operation is interrupted is not sent.
func TestInterruptedWhileConnecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		c.Transport.(*transport).next = wireFunc(func(r *http.Request) (*http.Response, error) {
			cancel()
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		began := time.Now()
		_, err = Do(ctx, c, Call{Op: "op", Method: "POST", URL: "http://a.example"}, nil)
		wantText(t, err, "interrupted")
		if took := time.Since(began); took != 0 || authz.OutcomeUnknown(err) {
			t.Errorf("%s, %v", took, err)
		}
	})
}

// A write that may be repeated is still one.
func TestRepeatableWrite(t *testing.T) {
	s := serve(t, cut)
	c, _ := client(t, Config{MaxRetries: 2}, nil)
	_, err := Do(RepeatableWrite(t.Context()), c, Call{Op: "op", Method: "POST", URL: s.URL}, nil)
	if !authz.OutcomeUnknown(err) || len(s.requests()) != 3 {
		t.Errorf("%v after %d requests", err, len(s.requests()))
	}
	_, err = Do(Repeatable(t.Context()), c, Call{Op: "op", Method: "POST", URL: s.URL}, nil)
	if authz.OutcomeUnknown(err) || len(s.requests()) != 6 {
		t.Errorf("%v after %d requests", err, len(s.requests()))
	}
}
