package lifecycle

import (
	"context"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
)

// thing is the model of a resource with one attribute.
type thing struct {
	Name     types.String   `tfsdk:"name"`
	Kept     types.Bool     `tfsdk:"kept"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

func (m thing) Identity() any {
	return struct {
		Name types.String `tfsdk:"name"`
	}{m.Name}
}
func (m thing) Limits() timeouts.Value { return m.Timeouts }
func (m thing) KeptOnDestroy() bool    { return m.Kept.ValueBool() }
func (m thing) Server() string         { return "" }
func (m thing) UID() string            { return "" }

func thingSchema() schema.Schema {
	return schema.Schema{Attributes: map[string]schema.Attribute{
		"name": schema.StringAttribute{Required: true}, "kept": schema.BoolAttribute{Optional: true},
		"timeouts": base.TimeoutsAttribute(context.Background()),
	}}
}

// things is a server with one thing.
type things struct {
	unknown bool        // the provider configuration is unknown
	result  WriteResult // of a write
	live    string      // "" if the thing does not exist
	down    bool        // the server cannot be read
	orphan  bool        // the parent does not exist

	calls []string
	noted string
	ended error // of the context that refresh got
}

func (s *things) ServerKnown(*diag.Diagnostics) bool { return !s.unknown }

func (s *things) Refresh(ctx context.Context, diags *diag.Diagnostics, state thing, m *thing, private *PrivateState) (found, ok bool) {
	s.calls, s.ended = append(s.calls, "refresh "+state.Name.ValueString()+", "+m.Name.ValueString()), ctx.Err()
	if s.down {
		diags.AddError("cannot read", "")
		return false, false
	}
	m.Name, private.Outside = types.StringValue(s.live), []string{"seen"}
	return s.live != "", true
}

func (s *things) RecordRead(state thing, _ PrivateState) {
	s.noted = state.Name.ValueString()
}

func (s *things) ServerUID(context.Context, string) string { return "" }

func (s *things) OtherServer(context.Context, string, string) (string, bool) { return "", false }

func (s *things) RejectOtherServer(context.Context, *diag.Diagnostics, string, string) bool {
	return false
}

func (s *things) ReadWithoutParent(diags *diag.Diagnostics, m *thing) bool {
	if !s.orphan {
		return false
	}
	*diags, m.Name = nil, types.StringValue("orphan")
	return true
}

func (s *things) Write(_ context.Context, diags *diag.Diagnostics, state, planned *thing, private *PrivateState) WriteResult {
	from := ""
	if state != nil {
		from = state.Name.ValueString()
	}
	s.calls = append(s.calls, "write "+from+" -> "+planned.Name.ValueString())
	private.Released = []string{"released"}
	if s.result != WriteDone {
		diags.AddError("cannot write", "")
	}
	return s.result
}

func (s *things) Destroy(_ context.Context, _ *diag.Diagnostics, m thing, private PrivateState) {
	call := "destroy " + m.Name.ValueString()
	if private.Moved {
		call += " (moved)"
	}
	s.calls = append(s.calls, call)
}

var _ operations[thing] = (*things)(nil)

// raw returns a thing as Terraform has it, null for "".
func raw(t *testing.T, name string, kept bool) tftypes.Value {
	t.Helper()
	s := thingSchema()
	plan := tfsdk.Plan{Schema: s, Raw: tftypes.NewValue(s.Type().TerraformType(context.Background()), nil)}
	if name != "" {
		if diags := plan.Set(context.Background(), thing{types.StringValue(name), types.BoolValue(kept), base.NoTimeouts()}); diags.HasError() {
			t.Fatal(diags)
		}
	}
	return plan.Raw
}

// setPrivate gives a request or a response an empty private state, whose type is
// internal to the framework.
func setPrivate[T any](t *testing.T, to *T) {
	t.Helper()
	empty, ok := reflect.New(reflect.TypeFor[T]().Elem()).Interface().(T)
	if !ok {
		t.Fatalf("%T is not a pointer", *to)
	}
	*to = empty
}

func nameIdentity(t *testing.T) *tfsdk.ResourceIdentity {
	t.Helper()
	s := identityschema.Schema{Attributes: map[string]identityschema.Attribute{"name": identityschema.StringAttribute{RequiredForImport: true}}}
	return &tfsdk.ResourceIdentity{Schema: s, Raw: tftypes.NewValue(s.Type().TerraformType(context.Background()), nil)}
}

// kept is what a response stores: the names in state and identity ("" for null), and the
// private state.
type kept struct {
	state, identity string
	private         PrivateState
}

func keptIn(t *testing.T, state tfsdk.State, identity *tfsdk.ResourceIdentity, from privateReader) kept {
	t.Helper()
	var k kept
	var diags diag.Diagnostics
	if !state.Raw.IsNull() {
		var m thing
		diags.Append(state.Get(context.Background(), &m)...)
		k.state = m.Name.ValueString()
	}
	if !identity.Raw.IsNull() {
		var name types.String
		diags.Append(identity.GetAttribute(context.Background(), path.Root("name"), &name)...)
		k.identity = name.ValueString()
	}
	if raw, _ := from.GetKey(context.Background(), privateStateKey); raw != nil {
		k.private = LoadPrivateState(context.Background(), from, &diags)
	}
	if diags.HasError() {
		t.Fatal(diags)
	}
	return k
}

// A failed create stores nothing.
func TestLifecycleCreate(t *testing.T) {
	for _, test := range []struct {
		result WriteResult
		want   kept
	}{
		{WriteDone, kept{"new", "new", PrivateState{Applied: true, Released: []string{"released"}}}},
		{WriteFailed, kept{}},
		{WriteRefused, kept{}},
	} {
		s := &things{result: test.result, live: "new"}
		resp := resource.CreateResponse{State: tfsdk.State{Schema: thingSchema(), Raw: raw(t, "", false)}, Identity: nameIdentity(t)}
		setPrivate(t, &resp.Private)
		Of(s).Create(context.Background(), resource.CreateRequest{Plan: tfsdk.Plan{Schema: thingSchema(), Raw: raw(t, "new", false)}}, &resp)
		got := keptIn(t, resp.State, resp.Identity, resp.Private)
		sameValue(t, "an ID", got.private.ID != "", test.result == WriteDone)
		got.private.ID = ""
		sameValue(t, "stored", got, test.want)
		sameValue(t, "calls", s.calls, []string{"write  -> new"})
		sameValue(t, "error", resp.Diagnostics.HasError(), test.result != WriteDone)
	}
}

// A failed update stores what the server has, also after an interrupt. If nothing was
// written, or the server cannot be read, the old state stays.
func TestLifecycleUpdate(t *testing.T) {
	moved := PrivateState{Moved: true, ID: "id"}
	old := kept{"old", "old", moved}
	for name, test := range map[string]struct {
		server things
		want   kept
		calls  []string
	}{
		"done":    {things{result: WriteDone}, kept{"new", "new", PrivateState{Applied: true, Released: []string{"released"}, ID: "id"}}, nil},
		"refused": {things{result: WriteRefused, live: "half"}, old, nil},
		"failed": {
			things{result: WriteFailed, live: "half"},
			kept{"half", "half", PrivateState{Moved: true, Released: []string{"released"}, Outside: []string{"seen"}, ID: "id"}},
			[]string{"refresh old, new"},
		},
		"failed and deleted":     {things{result: WriteFailed}, old, []string{"refresh old, new"}},
		"failed and unreachable": {things{result: WriteFailed, down: true}, old, []string{"refresh old, new"}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(context.Background())
			interrupt()
			s := test.server
			state := tfsdk.State{Schema: thingSchema(), Raw: raw(t, "old", false)}
			req := resource.UpdateRequest{State: state, Plan: tfsdk.Plan{Schema: thingSchema(), Raw: raw(t, "new", false)}}
			resp := resource.UpdateResponse{State: state, Identity: nameIdentity(t)}
			setPrivate(t, &req.Private)
			var diags diag.Diagnostics
			moved.Save(ctx, req.Private, &diags)
			resp.Private = req.Private // as the framework does
			Of(&s).Update(ctx, req, &resp)
			sameValue(t, "stored", keptIn(t, resp.State, resp.Identity, resp.Private), test.want)
			sameValue(t, "calls", s.calls, append([]string{"write old -> new"}, test.calls...))
			sameValue(t, "context of the refresh", s.ended, nil)
			sameValue(t, "errors", resp.Diagnostics.ErrorsCount(), map[bool]int{true: 1}[test.server.result != WriteDone])
			sameValue(t, "other errors", diags.HasError(), false)
		})
	}
}

// Only an object that the server does not have is removed from the state.
func TestLifecycleRead(t *testing.T) {
	for name, test := range map[string]struct {
		server things
		want   kept
		errors int
		noted  string // what a plan without state knows
	}{
		"changed":        {things{live: "new"}, kept{"new", "new", PrivateState{Applied: true, Outside: []string{"seen"}, ID: "id"}}, 0, "new"},
		"unchanged":      {things{live: "old"}, kept{"old", "old", PrivateState{Applied: true, Outside: []string{"seen"}, ID: "id"}}, 0, "old"},
		"deleted":        {things{}, kept{"", "old", PrivateState{Applied: true, ID: "id"}}, 0, ""},
		"unreachable":    {things{down: true, live: "new"}, kept{"old", "old", PrivateState{Applied: true, ID: "id"}}, 1, ""},
		"without parent": {things{down: true, orphan: true}, kept{"orphan", "orphan", PrivateState{Applied: true, ID: "id"}}, 0, "orphan"},
		"unknown":        {things{unknown: true, live: "new"}, kept{"old", "old", PrivateState{Applied: true, ID: "id"}}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := test.server
			state := tfsdk.State{Schema: thingSchema(), Raw: raw(t, "old", false)}
			req, resp := resource.ReadRequest{State: state}, resource.ReadResponse{State: state, Identity: nameIdentity(t)}
			setPrivate(t, &req.Private)
			PrivateState{Applied: true, ID: "id"}.Save(context.Background(), req.Private, &resp.Diagnostics)
			resp.Private = req.Private
			Of(&s).Read(context.Background(), req, &resp)
			sameValue(t, "stored", keptIn(t, resp.State, resp.Identity, resp.Private), test.want)
			sameValue(t, "errors", resp.Diagnostics.ErrorsCount(), test.errors)
			sameValue(t, "noted", s.noted, test.noted)
		})
	}
}

func TestLifecycleDelete(t *testing.T) {
	for name, test := range map[string]struct {
		kept  bool
		calls []string
	}{"deleted": {false, []string{"destroy old (moved)"}}, "kept": {true, nil}} {
		t.Run(name, func(t *testing.T) {
			s := &things{}
			req := resource.DeleteRequest{State: tfsdk.State{Schema: thingSchema(), Raw: raw(t, "old", test.kept)}}
			setPrivate(t, &req.Private)
			var resp resource.DeleteResponse
			PrivateState{Moved: true}.Save(context.Background(), req.Private, &resp.Diagnostics)
			Of(s).Delete(context.Background(), req, &resp)
			sameValue(t, "calls", s.calls, test.calls)
			sameValue(t, "errors", resp.Diagnostics.HasError(), false)
		})
	}
}

func sameValue[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %#v, want %#v", what, got, want)
	}
}
