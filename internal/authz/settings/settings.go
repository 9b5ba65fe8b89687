// Package settings is the table of a scope's settings: one row per setting. The
// Terraform schema and model, diff, drift report, documentation and drivers loop
// over the table.
package settings

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Kind is the type of a setting. Each switch over Kind has a case for it.
type Kind int

// The kinds of settings.
const (
	KindBool   Kind = iota
	KindText        // free text
	KindNumber      // whole number, held as text
	KindChoice      // one of Row.Choices
	KindSet         // set of names; nil, the zero Value, is not the empty set
)

// Value is the value of one setting. The zero Value is false, "" and no set.
type Value struct {
	flag  bool
	text  string
	names []string // sorted, without duplicates
}

// Bool returns the value of a setting of KindBool.
func Bool(b bool) Value { return Value{flag: b} }

// Names returns the value of a setting of KindSet. Nil gives the zero Value.
func Names(names []string) Value {
	if names == nil {
		return Value{}
	}
	set := slices.Compact(slices.Sorted(slices.Values(names)))
	return Value{names: append([]string{}, set...)}
}

// Text returns the value of a setting of any other kind.
func Text(s string) Value { return Value{text: s} }

// Bool returns the content of a value of KindBool.
func (v Value) Bool() bool { return v.flag }

// Names returns the content of a value of KindSet. The caller must not change it.
func (v Value) Names() []string { return v.names }

// Text returns the content of a value of any other kind.
func (v Value) Text() string { return v.text }

// Equal reports whether two values are the same.
func (v Value) Equal(other Value) bool {
	return v.flag == other.flag && v.text == other.text && slices.Equal(v.names, other.names)
}

// IsZero reports whether the value is false, an empty text or no set.
func (v Value) IsZero() bool { return !v.flag && v.text == "" && v.names == nil }

// Compare orders values: true before false, then texts and sets in alphabetical order.
func (v Value) Compare(other Value) int {
	switch {
	case v.flag == other.flag:
		return cmp.Or(cmp.Compare(v.text, other.text), slices.Compare(v.names, other.names))
	case v.flag:
		return -1
	}
	return 1
}

// Row describes one setting. How a server stores the setting is not part of the
// row: each driver declares it for itself.
type Row struct {
	Name    string // attribute in Terraform and in reports
	Kind    Kind
	Choices []string // of KindChoice
	Default Value    // of a scope whose configuration does not set it

	Description string // of the attribute that a configuration sets
	DefaultNote string // follows "Defaults to"; "" for the default value itself
	Reported    string // description of the attribute that a data source returns

	// NullKeeps is true if a setting that is not configured keeps the value that the
	// server has. A write with the zero Value means the same.
	NullKeeps bool
	// NullUnread is true if a resource that does not configure the setting does not store
	// it either: it is not managed.
	NullUnread bool

	Get func(s authz.Settings) Value
	Set func(s *authz.Settings, v Value)

	// fits reports whether a live value is what a configured value demands. Nil
	// compares with Equal.
	fits func(want, live Value) bool
	// shared returns the value that may apply to all scopes of a server if a scope
	// has the given one. Nil returns the given value.
	shared func(Value) Value
	// compare orders values, to select one of several that are equally frequent. Nil
	// compares with Value.Compare.
	compare func(a, b Value) int
}

// Rows returns the table, indexed by ID. All callers share it and must not change it.
func Rows() []Row { return table[:] }

// Keeps reports whether a configured value demands nothing, because the setting
// keeps the value that the server has.
func (r *Row) Keeps(want Value) bool { return r.NullKeeps && want.IsZero() }

// Fits reports whether a live value is what a configured value demands.
func (r *Row) Fits(want, live Value) bool {
	return want.Equal(live) || r.fits != nil && r.fits(want, live)
}

// Same reports whether a live value needs no change.
func (r *Row) Same(want, live Value) bool { return r.Keeps(want) || r.Fits(want, live) }

// EmptyIsNull reports whether Terraform holds the empty value as null, unless the
// configuration sets it.
func (r *Row) EmptyIsNull() bool { return r.Kind != KindBool && r.Default.IsZero() }

// Shared returns the value that may apply to all scopes of a server if a scope has v.
func (r *Row) Shared(v Value) Value {
	if r.shared == nil {
		return v
	}
	return r.shared(v)
}

// Compare orders values. Of several equally frequent values, the first one in this
// order counts as the most frequent.
func (r *Row) Compare(a, b Value) int {
	if r.compare == nil {
		return a.Compare(b)
	}
	return r.compare(a, b)
}

// Format returns a value as text, for reports.
func (r *Row) Format(v Value) string {
	switch r.Kind {
	case KindBool:
		return strconv.FormatBool(v.Bool())
	case KindSet:
		return strings.Join(v.Names(), ", ")
	default:
		return v.Text()
	}
}

// Quote returns a value as text, for sentences. Free text and names are in quotation
// marks.
func (r *Row) Quote(v Value) string {
	switch r.Kind {
	case KindText:
		return strconv.Quote(v.Text())
	case KindSet:
		quoted := make([]string, len(v.Names()))
		for i, name := range v.Names() {
			quoted[i] = strconv.Quote(name)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	default:
		return r.Format(v)
	}
}

// Defaults returns the settings of a scope whose configuration sets none.
func Defaults() authz.Settings {
	var s authz.Settings
	for i := range table {
		table[i].Set(&s, table[i].Default)
	}
	return s
}

// Equal reports whether two scopes have the same settings.
func Equal(a, b authz.Settings) bool {
	for i := range table {
		if r := &table[i]; !r.Get(a).Equal(r.Get(b)) {
			return false
		}
	}
	return true
}

// Same reports whether live settings need no change.
func Same(want, live authz.Settings) bool {
	for i := range table {
		if r := &table[i]; !r.Same(r.Get(want), r.Get(live)) {
			return false
		}
	}
	return true
}

// AfterWrite returns the settings that a scope with live settings has after a write of want.
func AfterWrite(want, live authz.Settings) authz.Settings {
	for i := range table {
		if r := &table[i]; r.Keeps(r.Get(want)) {
			r.Set(&want, r.Get(live))
		}
	}
	return want
}
