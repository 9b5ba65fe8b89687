package drift

import (
	"reflect"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

func TestReadCheck(t *testing.T) {
	defined := []authz.Scope{scope("b"), scope("a"), scope("c")}
	all := []string{"a", "b", "c"}
	found := func(names ...string) (f []Found) {
		for _, n := range names {
			f = append(f, Found{Scope: scope(n)})
		}
		return f
	}
	for name, test := range map[string]struct {
		returned    []string
		lists, said string
		want        Check
	}{
		"missing": {
			[]string{"c", "a", "c"},
			ListsMissing, "",
			Check{Returned: []string{"a", "c"}, OnlyRequested: []string{"b"}, OnlyReturned: []string{}, Missing: found("a", "c")},
		},
		"missing, none": {[]string{}, ListsMissing, "", Check{Returned: []string{}, OnlyRequested: all, OnlyReturned: []string{}, InSync: true}},
		"known": {
			[]string{"c", "a"},
			ListsKnown, "",
			Check{Returned: []string{"a", "c"}, OnlyRequested: []string{"b"}, OnlyReturned: []string{}, Missing: found("b")},
		},
		"known, all":          {all, ListsKnown, "", Check{Returned: all, OnlyRequested: []string{}, OnlyReturned: []string{}, InSync: true}},
		"no word":             {[]string{"a"}, "", "not published", Check{Returned: []string{"a"}, OnlyRequested: []string{"b", "c"}, OnlyReturned: []string{}}},
		"another word":        {all, "all", "not published", Check{Returned: all, OnlyRequested: []string{}, OnlyReturned: []string{}}},
		"no list":             {nil, ListsMissing, "has no list", Check{}},
		"no list and no word": {nil, "", "has no list", Check{}},
		"missing, and others": {
			[]string{"a", "x"},
			ListsMissing, `response_lists is "missing"`,
			Check{Returned: []string{"a", "x"}, OnlyRequested: []string{"b", "c"}, OnlyReturned: []string{"x"}},
		},
		"known, and others too": {
			[]string{"a", "b", "c", "x"},
			ListsKnown, "1 name outside the request",
			Check{Returned: []string{"a", "b", "c", "x"}, OnlyRequested: []string{}, OnlyReturned: []string{"x"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := ReadCheck(CheckInput{Definitions: defined, Returned: test.returned, Lists: test.lists})
			if (got.Unknown == "") != (test.said == "") || !strings.Contains(got.Unknown, test.said) {
				t.Errorf("unknown: %q, want %q", got.Unknown, test.said)
			}
			got.Unknown, got.about, test.want.Requested = "", about{}, all
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("\n got %+v\nwant %+v", got, test.want)
			}
		})
	}
	c := ReadCheck(CheckInput{Definitions: defined, Returned: []string{"a", "b"}, Lists: ListsMissing, Baseline: map[string]string{"b": ""}})
	if len(c.Missing) != 2 || c.Missing[0].Origin != OriginChange || c.Missing[1].Origin != OriginDrift {
		t.Errorf("origins: %+v", c.Missing)
	}
}

func TestCheckReport(t *testing.T) {
	for name, in := range map[string]CheckInput{
		"check_missing": {Returned: []string{"b"}, Lists: ListsMissing, Baseline: map[string]string{"b": ""}, Sources: map[string]string{"b": "api.yaml:7"}},
		"check_in_sync": {Returned: []string{}, Lists: ListsMissing},
		"check_unknown": {Returned: []string{"b", "x"}},
		"check_no_list": {Lists: ListsKnown},
	} {
		t.Run(name, func(t *testing.T) {
			in.Server, in.Definitions = `PACE "api.pace.cloud"`, []authz.Scope{scope("a"), scope("b")}
			golden(t, name, ReadCheck(in).Markdown())
		})
	}
}
