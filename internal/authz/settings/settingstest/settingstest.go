// Package settingstest has values of settings, for the tests that loop over the
// settings table.
package settingstest

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"

// Samples returns at least two values of a setting, each of which differs from the
// value before it. The first one differs from the default. The last one is the default
// unless the setting keeps the live value.
func Samples(row *settings.Row) []settings.Value {
	var values []settings.Value
	switch row.Kind {
	case settings.KindBool:
		values = []settings.Value{settings.Bool(!row.Default.Bool())}
	case settings.KindText:
		values = []settings.Value{settings.Text("${readUsers} & more")}
	case settings.KindNumber:
		values = []settings.Value{settings.Text("7"), settings.Text("8")}
	case settings.KindChoice:
		for _, choice := range row.Choices {
			if v := settings.Text(choice); !v.Equal(row.Default) {
				values = append(values, v)
			}
		}
	case settings.KindSet:
		values = []settings.Value{settings.Names([]string{"b", "a"}), settings.Names([]string{"c"}), settings.Names([]string{})}
	}
	if row.NullKeeps {
		return values
	}
	return append(values, row.Default)
}

// Other returns a value of a setting that differs from its default.
func Other(row *settings.Row) settings.Value { return Samples(row)[0] }

// Defined returns a value that a configuration can set and that differs from Other:
// the default, if the setting has one.
func Defined(row *settings.Row) settings.Value {
	if row.NullKeeps {
		return Samples(row)[1]
	}
	return row.Default
}
