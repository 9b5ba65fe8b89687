package provider

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

// resourceBase is embedded by every resource.
type resourceBase struct{ *base.ProviderData }

// Configure implements resource.ResourceWithConfigure.
func (r *resourceBase) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.ProviderData = base.Configured(req.ProviderData, &resp.Diagnostics)
}

// resourceModel is the plan or the state of a resource.
type resourceModel interface {
	identity() any
	limits() timeouts.Value
	// keptOnDestroy reports whether a destroy changes nothing on the server.
	keptOnDestroy() bool
	// server returns the server ID, and uid the server's own ID that the state is bound to.
	server() string
	uid() string
}

// operations are what a resource does on its server. The lifecycle decides what is
// stored. Each method adds its errors to diags.
type operations[M resourceModel] interface {
	// ServerKnown reports whether the server can be read.
	ServerKnown(diags *diag.Diagnostics) bool
	// refresh sets m and private to what the server has. state is the state before: in a
	// Read the same as m, after a failed update not the plan. found is false only if the
	// server's own complete listing does not contain the object, and ok is false if the
	// server cannot be read.
	refresh(ctx context.Context, diags *diag.Diagnostics, state M, m *M, private *memory) (found, ok bool)
	// noteRead records what the state holds, for the plan of a tainted object, which has no
	// state.
	noteRead(state M, private memory)
	// serverUID returns the server's own ID of a server, or "" if it is unknown.
	serverUID(ctx context.Context, serverID string) string
	// otherServer reports whether a state belongs to another server than the present one.
	otherServer(ctx context.Context, serverID, uid string) (now string, other bool)
	// rejectOtherServer adds an error if the state of a resource that is destroyed belongs to
	// another server.
	rejectOtherServer(ctx context.Context, diags *diag.Diagnostics, serverID, uid string) bool
	// readWithoutParent turns the error about a missing parent, such as the realm, into a
	// warning. It reports whether to store m.
	readWithoutParent(diags *diag.Diagnostics, m *M) bool
	// write makes the server match the plan, and sets what the plan could not know. state
	// is nil for a create.
	write(ctx context.Context, diags *diag.Diagnostics, state, planned *M, private *memory) writeResult
	// destroy deletes or revokes what the state lists, except what this walk wrote.
	destroy(ctx context.Context, diags *diag.Diagnostics, state M, private memory)
}

// writeResult is how a write ended.
type writeResult int

const (
	writeRefused writeResult = iota // nothing was written, and the state is still right
	writeFailed                     // perhaps written in part
	writeDone                       // as planned
)

// stored is where a response keeps a resource.
type stored struct {
	identity *tfsdk.ResourceIdentity
	private  privateWriter
	state    *tfsdk.State
}

// createResource creates a resource. A failed create stores nothing: nothing is tainted,
// and the next apply adopts what exists.
func createResource[M resourceModel](ctx context.Context, r operations[M], req resource.CreateRequest, resp *resource.CreateResponse) {
	var planned M
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, end := base.WithTimeout(ctx, &resp.Diagnostics, base.OpCreate, planned.limits().Create)
	defer end()
	var private memory
	if r.write(ctx, &resp.Diagnostics, nil, &planned, &private) == writeDone {
		private.Applied = true
		bind(ctx, r, &planned)
		store(ctx, &resp.Diagnostics, stored{resp.Identity, resp.Private, &resp.State}, planned, private)
	}
}

// readResource refreshes a resource. An error keeps the state, and only an object that
// the listing of the state's own server does not contain is removed from it.
func readResource[M resourceModel](ctx context.Context, r operations[M], req resource.ReadRequest, resp *resource.ReadResponse) {
	var state M
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	setIdentity(ctx, resp.Identity, state.identity(), &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.ServerKnown(&resp.Diagnostics) {
		return
	}
	ctx, end := base.WithTimeout(ctx, &resp.Diagnostics, base.OpRead, state.limits().Read)
	defer end()
	m, private := state, recall(ctx, req.Private, &resp.Diagnostics)
	private.ID = cmp.Or(private.ID, walk.NewID())
	found, ok := r.refresh(ctx, &resp.Diagnostics, state, &m, &private)
	if !ok {
		ok = r.readWithoutParent(&resp.Diagnostics, &m)
		found = ok
	}
	switch {
	case !ok:
	case !found:
		if _, other := r.otherServer(ctx, state.server(), state.uid()); other {
			r.noteRead(state, private) // the server says nothing about the object, so the state stays
			return
		}
		resp.State.RemoveResource(ctx)
	default:
		setIdentity(ctx, resp.Identity, m.identity(), &resp.Diagnostics)
		private.keep(ctx, resp.Private, &resp.Diagnostics)
		bind(ctx, r, &m)
		r.noteRead(m, private)
		setChanged(ctx, &resp.Diagnostics, &resp.State, state, m)
	}
}

// updateResource updates a resource. A failed update stores what the server has. If
// nothing was written, or the server cannot be read, the old state stays, so that the
// next plan shows all of the difference again.
func updateResource[M resourceModel](ctx context.Context, r operations[M], req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var state, planned M
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	private := recall(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	setIdentity(ctx, resp.Identity, state.identity(), &resp.Diagnostics)
	ctx, end := base.WithTimeout(ctx, &resp.Diagnostics, base.OpUpdate, planned.limits().Update)
	defer end()
	switch r.write(ctx, &resp.Diagnostics, &state, &planned, &private) {
	case writeRefused:
		return
	case writeFailed:
		var again diag.Diagnostics // the error of the write reports the cause
		aside, cancel := base.Detached(ctx)
		defer cancel()
		if found, ok := r.refresh(aside, &again, state, &planned, &private); !found || !ok {
			return
		}
	case writeDone:
		private.Applied, private.Moved = true, false
	}
	store(ctx, &resp.Diagnostics, stored{resp.Identity, resp.Private, &resp.State}, planned, private)
}

// deleteResource destroys a resource. After an error the framework keeps the state.
// Without its parent nothing is left to delete.
func deleteResource[M resourceModel](ctx context.Context, r operations[M], req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state M
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	private := recall(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || state.keptOnDestroy() {
		return
	}
	ctx, end := base.WithTimeout(ctx, &resp.Diagnostics, base.OpDelete, state.limits().Delete)
	defer end()
	defer diagnostics.DropParentGone(&resp.Diagnostics)
	if r.rejectOtherServer(ctx, &resp.Diagnostics, state.server(), state.uid()) {
		return
	}
	r.destroy(ctx, &resp.Diagnostics, state, private)
}

// bind records the server's own ID, if the state has none.
func bind[M resourceModel](ctx context.Context, r operations[M], m *M) {
	if b, ok := any(m).(binder); ok && (*m).uid() == "" {
		b.bind(r.serverUID(ctx, (*m).server()))
	}
}

// store sets the state last: after an error behind it, Terraform would taint the resource.
func store[M resourceModel](ctx context.Context, diags *diag.Diagnostics, to stored, m M, private memory) {
	setIdentity(ctx, to.identity, m.identity(), diags)
	private.keep(ctx, to.private, diags)
	diags.Append(to.state.Set(ctx, m)...)
}
