package diff

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
)

// perScope runs a benchmark at growing sizes; ns/scope is flat where the work
// grows with the number of scopes.
func perScope(b *testing.B, run func(b *testing.B, n int)) {
	b.Helper()
	for _, n := range []int{10, 100, 1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			run(b, n)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/scope")
		})
	}
}

// many makes n scopes, sorted by name; every tenth differs from what it is with another offset.
// Their texts lie in memory in that order, as well: else what grows with n is how
// long the processor waits for memory.
func many(n, offset int) []authz.Scope {
	scopes := make([]authz.Scope, n)
	for i := range scopes {
		scopes[i] = described(fmt.Sprintf("service%03d:action%06d", i%100, i+offset), "may do it")
		if (i+offset)%10 == 0 {
			scopes[i].Description = fmt.Sprint("may do it, as of ", offset)
		}
	}
	slices.SortFunc(scopes, authz.ByName)
	for i := range scopes {
		scopes[i].Name, scopes[i].Description = strings.Clone(scopes[i].Name), strings.Clone(scopes[i].Description)
	}
	return scopes
}

func BenchmarkDiffScopes(b *testing.B) {
	perScope(b, func(b *testing.B, n int) {
		b.Helper()
		live, want := &authz.Snapshot{Scopes: many(n, 0)}, many(n, n/10)
		deletable := names(live.Scopes)
		for b.Loop() {
			if DiffScopes(want, live, deletable, true).Empty() {
				b.Fatal("nothing to do")
			}
		}
	})
}

func BenchmarkDiffScopesNoChange(b *testing.B) {
	perScope(b, func(b *testing.B, n int) {
		b.Helper()
		live, want := &authz.Snapshot{Scopes: many(n, 0)}, many(n, 0)
		for b.Loop() {
			if !DiffScopes(want, live, nil, true).Empty() {
				b.Fatal("something to do")
			}
		}
	})
}

func BenchmarkDeviation(b *testing.B) {
	perScope(b, func(b *testing.B, n int) {
		b.Helper()
		base, live := Defaults(), many(n, 0)
		live[n/2].Settings.Access = authz.AccessEveryone
		prior := sets(text(settings.Access, authz.AccessUserTypes))
		for b.Loop() {
			for i := range live {
				if DiffSettings(base, live[i].Settings, prior) == nil {
					b.Fatal("a redundant entry is lost")
				}
			}
		}
	})
}

func BenchmarkCommon(b *testing.B) {
	perScope(b, func(b *testing.B, n int) {
		b.Helper()
		live := many(n, 0)
		for b.Loop() {
			if _, exceptions := MostCommon(live); len(exceptions) > 0 {
				b.Fatal(len(exceptions))
			}
		}
	})
}

func BenchmarkDiffUserType(b *testing.B) {
	perScope(b, func(b *testing.B, n int) {
		b.Helper()
		live, want := names(many(n, 0)), names(many(n, n/10))
		for b.Loop() {
			if DiffUserType(want, live, live).Empty() {
				b.Fatal("nothing to do")
			}
		}
	})
}

func BenchmarkFilter(b *testing.B) {
	perScope(b, func(b *testing.B, n int) {
		b.Helper()
		f, all := NewFilter([]string{"service0*:*"}, []string{"*:action*9"}), names(many(n, 0))
		for b.Loop() {
			for _, name := range all {
				f.Manages(name)
			}
		}
	})
}
