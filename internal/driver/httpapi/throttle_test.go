package httpapi

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// limitedServer accepts one request per second and refuses all others.
type limitedServer struct {
	mu       sync.Mutex
	next     time.Time
	accepted int
	refused  int
	unlimit  bool
	now, max int // requests at once
}

func (s *limitedServer) serve(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.now++
	s.max = max(s.max, s.now)
	s.mu.Unlock()
	if err := sleep(req.Context(), 10*time.Millisecond); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now--
	if wait := time.Until(s.next); wait > 0 && !s.unlimit {
		s.refused++
		return reply(http.StatusTooManyRequests, http.Header{"Retry-After": {"1"}}, ""), nil
	}
	s.accepted++
	s.next = time.Now().Add(time.Second)
	return reply(http.StatusNoContent, nil, ""), nil
}

func limitedClient(t *testing.T, s *limitedServer) *http.Client {
	t.Helper()
	c, err := New(Config{MaxConcurrency: 10})
	if err != nil {
		t.Fatal(err)
	}
	c.Transport.(*transport).next = wireFunc(s.serve)
	return c
}

// All requests succeed, about as fast as the server allows. Without turns, most of them
// run out of retries.
func TestRequestsTakeTurnsOnLimitedServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 200
		s := &limitedServer{}
		c := limitedClient(t, s)
		began := time.Now()
		var all sync.WaitGroup
		for range n {
			all.Go(func() {
				if _, err := Do(t.Context(), c, Call{Op: "op", Method: "POST", URL: "http://a.example"}, nil); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if took := time.Since(began); s.accepted != n || took > 2*n*time.Second*11/20 {
			t.Errorf("%d of %d requests were accepted in %s", s.accepted, n, took)
		}
		// The server has capacity again: soon, requests run at once.
		s.unlimit, s.max = true, 0
		for range 3 * acceptedInRow {
			all.Go(func() { _, _ = Do(t.Context(), c, Call{Op: "op", Method: "POST", URL: "http://a.example"}, nil) })
		}
		all.Wait()
		if s.max < 2 {
			t.Errorf("%d request at once after the limit ended", s.max)
		}
	})
}

// Waiting for a turn, and for the time that the server asked for, ends with the context.
func TestTurnEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &limitedServer{next: time.Now().Add(time.Hour)}
		c := limitedClient(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if _, err := Do(ctx, c, Call{Op: "op", Method: "POST", URL: "http://a.example"}, nil); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		time.Sleep(1500 * time.Millisecond)
		cancel()
		all.Wait()
		s.next = time.Time{}
		if _, err := Do(t.Context(), c, Call{Op: "op", Method: "POST", URL: "http://a.example"}, nil); err != nil {
			t.Errorf("after requests that gave up: %v", err)
		}
	})
}

// A server that asks for more than a minute stops nothing but the refused request.
func TestLongWaitIsNotShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		asked := "3600"
		c.Transport.(*transport).next = wireFunc(func(*http.Request) (*http.Response, error) {
			if asked != "" {
				return reply(http.StatusTooManyRequests, http.Header{"Retry-After": {asked}}, ""), nil
			}
			return reply(http.StatusNoContent, nil, ""), nil
		})
		_, err = Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: "http://a.example"}, nil)
		wantText(t, err, "asked to wait 1h0m0s")
		asked = ""
		began := time.Now()
		if _, err = Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: "http://a.example"}, nil); err != nil || time.Since(began) > time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}
