package protocol

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	packed "github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// framework returns what it gets, and keeps the values of the last request.
type framework struct {
	Framework
	got      map[string]*tfprotov6.DynamicValue
	upgraded int
}

func (f *framework) UpgradeResourceState(context.Context, *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	f.upgraded++
	return &tfprotov6.UpgradeResourceStateResponse{}, nil
}

func (f *framework) ValidateResourceConfig(_ context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	f.got = map[string]*tfprotov6.DynamicValue{"config": req.Config}
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (f *framework) ReadResource(_ context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	f.got = map[string]*tfprotov6.DynamicValue{"state": req.CurrentState}
	return &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private}, nil
}

func (f *framework) PlanResourceChange(_ context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	f.got = map[string]*tfprotov6.DynamicValue{"config": req.Config, "state": req.PriorState, "proposed": req.ProposedNewState}
	return &tfprotov6.PlanResourceChangeResponse{PlannedState: req.ProposedNewState, PlannedPrivate: req.PriorPrivate}, nil
}

func (f *framework) ApplyResourceChange(_ context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	f.got = map[string]*tfprotov6.DynamicValue{"config": req.Config, "state": req.PriorState, "planned": req.PlannedState}
	return &tfprotov6.ApplyResourceChangeResponse{NewState: req.PlannedState, Private: req.PlannedPrivate}, nil
}

const typeName = "test_set"

func encoded(t *testing.T, texts map[string]string) *tfprotov6.DynamicValue {
	t.Helper()
	all := map[string]tftypes.Value{}
	for key, text := range texts {
		all[key] = tftypes.NewValue(tftypes.String, text)
	}
	of, set := tftypes.Map{ElementType: tftypes.String}, tftypes.Set{ElementType: tftypes.String}
	object := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"texts": of, "names": set}}
	value, err := tfprotov6.NewDynamicValue(object, tftypes.NewValue(object, map[string]tftypes.Value{
		"texts": tftypes.NewValue(of, all), "names": tftypes.NewValue(set, slices.Collect(maps.Values(all))),
	}))
	if err != nil {
		t.Fatal(err)
	}
	return &value
}

// The framework gets packed maps and sets, and Terraform gets plain ones. All else stays.
func TestServerPacks(t *testing.T) {
	for name, p := range map[string]packed.Packed{"maps": {Maps: []string{"texts"}}, "sets": {Sets: []string{"names"}}} {
		t.Run(name, func(t *testing.T) { serverPacks(t, p) })
	}
}

func serverPacks(t *testing.T, p packed.Packed) {
	t.Helper()
	ctx := context.Background()
	long := encoded(t, map[string]string{"a": "x"})
	f := &framework{}
	s := New(f, map[string]packed.Packed{typeName: p})
	private := []byte("private")

	requests := map[string]func(typeName string) (*tfprotov6.DynamicValue, []byte, error){
		"validate": func(typeName string) (*tfprotov6.DynamicValue, []byte, error) {
			_, err := s.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: typeName, Config: long})
			return long, private, err
		},
		"read": func(typeName string) (*tfprotov6.DynamicValue, []byte, error) {
			resp, err := s.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: typeName, CurrentState: long, Private: private})
			return resp.NewState, resp.Private, err
		},
		"plan": func(typeName string) (*tfprotov6.DynamicValue, []byte, error) {
			resp, err := s.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
				TypeName: typeName, Config: long, PriorState: long, ProposedNewState: long, PriorPrivate: private,
			})
			return resp.PlannedState, resp.PlannedPrivate, err
		},
		"apply": func(typeName string) (*tfprotov6.DynamicValue, []byte, error) {
			resp, err := s.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
				TypeName: typeName, Config: long, PriorState: long, PlannedState: long, PlannedPrivate: private,
			})
			return resp.NewState, resp.Private, err
		},
	}
	for name, request := range requests {
		for typeName, packs := range map[string]bool{typeName: true, "test_other": false} {
			result, kept, err := request(typeName)
			if err != nil || !bytes.Equal(result.MsgPack, long.MsgPack) || !bytes.Equal(kept, private) {
				t.Errorf("%s of %s: %v, %v, %q", name, typeName, err, result, kept)
			}
			for what, value := range f.got {
				if packed := !bytes.Equal(value.MsgPack, long.MsgPack); packed != packs {
					t.Errorf("%s of %s: the %s is packed: %t", name, typeName, what, packed)
				}
			}
		}
	}
}

// A value that is missing, or broken, reaches the framework as it is.
func TestServerPassesOn(t *testing.T) {
	f := &framework{}
	s := New(f, map[string]packed.Packed{typeName: {Maps: []string{"texts"}}})
	for _, value := range []*tfprotov6.DynamicValue{nil, {JSON: []byte(`{"texts":{}}`)}, {MsgPack: []byte{0x81}}} {
		if _, err := s.ValidateResourceConfig(context.Background(), &tfprotov6.ValidateResourceConfigRequest{TypeName: typeName, Config: value}); err != nil ||
			f.got["config"] != value {
			t.Errorf("%v, %v where %v is expected", err, f.got["config"], value)
		}
	}
}

// A state of the present version is not decoded. The framework upgrades all others.
func TestServerUpgrades(t *testing.T) {
	f := &framework{}
	s := New(f, nil)
	raw := []byte(`{"texts":{"a":"x"}}`)
	for _, test := range []struct {
		version  int64
		state    *tfprotov6.RawState
		upgrades bool
	}{
		{StateVersion, &tfprotov6.RawState{JSON: raw}, false},
		{StateVersion + 1, &tfprotov6.RawState{JSON: raw}, true},
		{StateVersion, &tfprotov6.RawState{Flatmap: map[string]string{"texts.%": "0"}}, true},
		{StateVersion, nil, true},
	} {
		f.upgraded = 0
		resp, err := s.UpgradeResourceState(context.Background(),
			&tfprotov6.UpgradeResourceStateRequest{TypeName: typeName, Version: test.version, RawState: test.state})
		if err != nil || f.upgraded > 0 != test.upgrades {
			t.Errorf("%+v: %v, upgraded by the framework: %d", test, err, f.upgraded)
		}
		if !test.upgrades && !bytes.Equal(resp.UpgradedState.JSON, raw) {
			t.Errorf("%+v: %s", test, resp.UpgradedState.JSON)
		}
	}
}
