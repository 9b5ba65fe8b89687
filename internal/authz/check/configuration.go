package check

import (
	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// Findings about a configuration that contradicts itself. They need no server.
const (
	ConfigIgnored   Code = "config.ignored"
	ConfigUnmanaged Code = "config.unmanaged"
	ConfigOverride  Code = "config.override" // Data: string, the nearest name
	ConfigBothKinds Code = "config.both_kinds"
)

func configCodes() []Code {
	return []Code{ConfigIgnored, ConfigUnmanaged, ConfigOverride, ConfigBothKinds}
}

// Excluded rejects names that the globs of the same resource exclude.
func Excluded(f diff.Filter, names []string) []Finding {
	var ignored, unmanaged []string
	for _, name := range names {
		switch {
		case f.Ignores(name):
			ignored = append(ignored, name)
		case !f.Manages(name):
			unmanaged = append(unmanaged, name)
		}
	}
	var found findings
	found.add(Finding{Code: ConfigIgnored, Subjects: ignored})
	found.add(Finding{Code: ConfigUnmanaged, Subjects: unmanaged})
	return found
}

// StrayOverride rejects an override of a scope that the configuration does not have.
func StrayOverride(name string, names []string) Finding {
	return Finding{Code: ConfigOverride, Subjects: []string{name}, Data: diff.Nearest(name, names)}
}

// BothKinds rejects scopes that are default and optional scopes of one client.
func BothKinds(both []string) []Finding {
	var found findings
	found.add(Finding{Code: ConfigBothKinds, Path: "optional", Subjects: authz.NameSet(both...)})
	return found
}
