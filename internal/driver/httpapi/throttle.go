package httpapi

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// throttle lets the requests of a client take turns while the server limits the rate. Requests
// that each wait and retry on their own compete for the next free moment: with 10 of them and a
// server that accepts 1 request per second, most run out of retries.
type throttle struct {
	turn *semaphore.Weighted // of the one request that is sent

	mu       sync.Mutex
	limited  bool
	until    time.Time // when the server accepts the next request
	accepted int       // responses other than 429 in a row
}

// acceptedInRow is how many responses in a row end the turns: the server has capacity
// again, or the limit was for a burst of requests.
const acceptedInRow = 10

func newThrottle() *throttle { return &throttle{turn: semaphore.NewWeighted(1)} }

// observe records a response. No request waits for a server that asks for more than patience: the
// requests fail, and their errors report the wait.
func (t *throttle) observe(resp *http.Response, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if resp.StatusCode != http.StatusTooManyRequests {
		if t.accepted++; t.accepted >= acceptedInRow {
			t.limited = false
		}
		return
	}
	t.limited, t.accepted = true, 0
	if wait := askedWait(resp.Header, now); wait <= patience && now.Add(wait).After(t.until) {
		t.until = now.Add(wait)
	}
}

// state returns whether requests take turns, and until when none is sent.
func (t *throttle) state() (limited bool, until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.limited, t.until
}

// takeTurn waits until the exchange may be sent. While the rate is limited, the exchange
// keeps its turn for all of its further attempts.
func (x *exchange) takeTurn(ctx context.Context) error {
	if limited, _ := x.t.throttle.state(); limited && !x.turn {
		if err := x.t.throttle.turn.Acquire(ctx, 1); err != nil {
			return err
		}
		x.turn = true
	}
	limited, until := x.t.throttle.state()
	if !limited { // also if the limit ended while the exchange waited for its turn
		x.endTurn()
		return nil
	}
	if wait := until.Sub(x.t.clock.now()); wait > 0 {
		return x.t.clock.sleep(ctx, wait)
	}
	return nil
}

func (x *exchange) endTurn() {
	if x.turn {
		x.turn = false
		x.t.throttle.turn.Release(1)
	}
}
