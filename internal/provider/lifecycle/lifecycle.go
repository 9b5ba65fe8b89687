package lifecycle

import (
	"cmp"
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
)

// Resource is embedded by every resource.
type Resource struct{ *base.ProviderData }

// Configure implements resource.ResourceWithConfigure.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.ProviderData = base.Configured(req.ProviderData, &resp.Diagnostics)
}

// Model is the plan or the state of a resource.
type Model interface {
	Identity() any
	Limits() timeouts.Value
	// KeptOnDestroy reports whether a destroy changes nothing on the server.
	KeptOnDestroy() bool
	// Server returns the server ID, and uid the server's own ID that the state is bound to.
	Server() string
	UID() string
}

// operations are what a resource does on its server. The lifecycle decides what is
// stored. Each method adds its errors to diags.
type operations[M Model] interface {
	// ServerKnown reports whether the server can be read.
	ServerKnown(diags *diag.Diagnostics) bool
	// Refresh sets m and private to what the server has. state is the state before: in a
	// Read the same as m, after a failed update not the plan. found is false only if the
	// server's own complete listing does not contain the object, and ok is false if the
	// server cannot be read.
	Refresh(ctx context.Context, diags *diag.Diagnostics, state M, m *M, private *PrivateState) (found, ok bool)
	// RecordRead records what the state holds, for the plan of a tainted object, which has no
	// state.
	RecordRead(state M, private PrivateState)
	// ServerUID returns the server's own ID of a server, or "" if it is unknown.
	ServerUID(ctx context.Context, serverID string) string
	// OtherServer reports whether a state belongs to another server than the present one.
	OtherServer(ctx context.Context, serverID, uid string) (now string, other bool)
	// RejectOtherServer adds an error if the state of a resource that is destroyed belongs to
	// another server.
	RejectOtherServer(ctx context.Context, diags *diag.Diagnostics, serverID, uid string) bool
	// ReadWithoutParent turns the error about a missing parent, such as the realm, into a
	// warning. It reports whether to store m.
	ReadWithoutParent(diags *diag.Diagnostics, m *M) bool
	// Write makes the server match the plan, and sets what the plan could not know. state
	// is nil for a create.
	Write(ctx context.Context, diags *diag.Diagnostics, state, planned *M, private *PrivateState) WriteResult
	// Destroy deletes or revokes what the state lists, except what this walk wrote.
	Destroy(ctx context.Context, diags *diag.Diagnostics, state M, private PrivateState)
}

// WriteResult is how a write ended.
type WriteResult int

const (
	WriteRefused WriteResult = iota // nothing was written, and the state is still right
	WriteFailed                     // perhaps written in part
	WriteDone                       // as planned
)

// stored is where a response keeps a resource.
type stored struct {
	identity *tfsdk.ResourceIdentity
	private  privateWriter
	state    *tfsdk.State
}

// Lifecycle implements the four requests of Terraform by the operations of a resource. Every
// resource embeds it.
type Lifecycle[M Model] struct{ ops operations[M] }

// Of returns the lifecycle of a resource.
func Of[M Model](r operations[M]) Lifecycle[M] { return Lifecycle[M]{r} }

// Create creates a resource. A failed create stores nothing: nothing is tainted,
// and the next apply adopts what exists.
func (l Lifecycle[M]) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var planned M
	resp.Diagnostics.Append(GetModel(ctx, req.Plan, &planned)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, end := base.WithTimeout(ctx, &resp.Diagnostics, base.OpCreate, planned.Limits().Create)
	defer end()
	var private PrivateState
	if l.ops.Write(ctx, &resp.Diagnostics, nil, &planned, &private) == WriteDone {
		private.Applied = true
		bindToServer(ctx, l.ops, &planned)
		store(ctx, &resp.Diagnostics, stored{resp.Identity, resp.Private, &resp.State}, planned, private)
	}
}

// Read refreshes a resource. An error keeps the state, and only an object that the state's own
// server does not list is removed from it.
func (l Lifecycle[M]) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state M
	resp.Diagnostics.Append(GetModel(ctx, req.State, &state)...)
	SetIdentity(ctx, resp.Identity, state.Identity(), &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !l.ops.ServerKnown(&resp.Diagnostics) {
		return
	}
	ctx, end := base.WithTimeout(ctx, &resp.Diagnostics, base.OpRead, state.Limits().Read)
	defer end()
	m, private := state, LoadPrivateState(ctx, req.Private, &resp.Diagnostics)
	private.ID = cmp.Or(private.ID, walk.NewID())
	found, ok := l.ops.Refresh(ctx, &resp.Diagnostics, state, &m, &private)
	if !ok {
		ok = l.ops.ReadWithoutParent(&resp.Diagnostics, &m)
		found = ok
	}
	switch {
	case !ok:
	case !found:
		if _, other := l.ops.OtherServer(ctx, state.Server(), state.UID()); other {
			l.ops.RecordRead(state, private) // another server cannot show that the object does not exist
			return
		}
		resp.State.RemoveResource(ctx)
	default:
		SetIdentity(ctx, resp.Identity, m.Identity(), &resp.Diagnostics)
		private.Save(ctx, resp.Private, &resp.Diagnostics)
		bindToServer(ctx, l.ops, &m)
		l.ops.RecordRead(m, private)
		SetChanged(ctx, &resp.Diagnostics, &resp.State, state, m)
	}
}

// Update updates a resource. A failed update stores what the server has. If
// nothing was written, or the server cannot be read, the old state stays, so that the
// next plan shows all of the difference again.
func (l Lifecycle[M]) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var state, planned M
	resp.Diagnostics.Append(GetModel(ctx, req.State, &state)...)
	resp.Diagnostics.Append(GetModel(ctx, req.Plan, &planned)...)
	private := LoadPrivateState(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	SetIdentity(ctx, resp.Identity, state.Identity(), &resp.Diagnostics)
	ctx, end := base.WithTimeout(ctx, &resp.Diagnostics, base.OpUpdate, planned.Limits().Update)
	defer end()
	switch l.ops.Write(ctx, &resp.Diagnostics, &state, &planned, &private) {
	case WriteRefused:
		return
	case WriteFailed:
		var again diag.Diagnostics // the error of the write reports the cause
		aside, cancel := base.Detached(ctx)
		defer cancel()
		if found, ok := l.ops.Refresh(aside, &again, state, &planned, &private); !found || !ok {
			return
		}
	case WriteDone:
		private.Applied, private.Moved = true, false
	}
	store(ctx, &resp.Diagnostics, stored{resp.Identity, resp.Private, &resp.State}, planned, private)
}

// Delete destroys a resource. After an error the framework keeps the state.
// Without its parent nothing is left to delete.
func (l Lifecycle[M]) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state M
	resp.Diagnostics.Append(GetModel(ctx, req.State, &state)...)
	private := LoadPrivateState(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || state.KeptOnDestroy() {
		return
	}
	ctx, end := base.WithTimeout(ctx, &resp.Diagnostics, base.OpDelete, state.Limits().Delete)
	defer end()
	defer diagnostics.DropParentGone(&resp.Diagnostics)
	if l.ops.RejectOtherServer(ctx, &resp.Diagnostics, state.Server(), state.UID()) {
		return
	}
	l.ops.Destroy(ctx, &resp.Diagnostics, state, private)
}

// bindToServer records the server's own ID, if the state has none.
func bindToServer[M Model](ctx context.Context, r operations[M], m *M) {
	if b, ok := any(m).(binder); ok && (*m).UID() == "" {
		b.Bind(r.ServerUID(ctx, (*m).Server()))
	}
}

// store sets the state last: after an error behind it, Terraform would taint the resource.
func store[M Model](ctx context.Context, diags *diag.Diagnostics, to stored, m M, private PrivateState) {
	SetIdentity(ctx, to.identity, m.Identity(), diags)
	private.Save(ctx, to.private, diags)
	diags.Append(SetModel(ctx, to.state, m)...)
}
