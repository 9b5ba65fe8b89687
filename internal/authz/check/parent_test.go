package check

import (
	"errors"
	"reflect"
	"testing"
)

func TestMissingParent(t *testing.T) {
	err := errors.New("there is no application app")
	want := []Finding{{Code: ParentMissing, Severity: Warn, Subjects: []string{"app"}, Data: err}}
	if got := MissingParent("app", err); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if got := MissingParent("app", nil); got != nil {
		t.Errorf("%+v", got)
	}
}
