package progress_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/progress"
)

func TestCount(t *testing.T) {
	for n, want := range map[int]string{
		0: "", 99: "",
		100:  "10 of 100, 100 of 100, 20 of 100, 30 of 100, 40 of 100, 50 of 100, 60 of 100, 70 of 100, 80 of 100, 90 of 100",
		1005: "1005 of 1005, 101 of 1005, 201 of 1005, 302 of 1005, 402 of 1005, 503 of 1005, 603 of 1005, 704 of 1005, 804 of 1005, 905 of 1005",
	} {
		var (
			mu    sync.Mutex
			lines []string
			all   sync.WaitGroup
		)
		done := progress.Count(progress.With(t.Context(), func(_ context.Context, line string) {
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, strings.TrimPrefix(line, "scopes written: "))
		}), "scopes written", n)
		for range n {
			all.Go(done)
		}
		all.Wait()
		slices.Sort(lines)
		if got := strings.Join(lines, ", "); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	progress.Count(t.Context(), "scopes written", 1000)() // logs nowhere
}
