package lifecycle

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
)

// startTime is how long a write waits until Terraform starts the resource that creates or
// renames a scope. Without a reference, Terraform starts both in any order.
const startTime = 5 * time.Second

// planTime is how long it waits for the write of a planned resource to begin. Terraform does
// so right after the plan, or not at all.
const planTime = time.Minute

// AwaitScopes waits for other resources of the apply that create or rename scopes which the
// server does not have. It reports whether it waited.
func (r *Resource) AwaitScopes(ctx context.Context, serverID string, names []string) bool {
	if !r.Caps.WriteScopes {
		return false
	}
	l, err := r.Server.ReadScopes(ctx, serverID, base.NamesOnly)
	if err != nil {
		return false
	}
	missing := absentFrom(l, names)
	if len(missing) == 0 {
		return false
	}
	unplanned, stop := context.WithTimeout(ctx, startTime)
	defer stop()
	unwritten, stopLater := context.WithTimeout(ctx, planTime)
	defer stopLater()
	for _, name := range missing {
		r.Walk.Await(ctx, walk.Server(serverID), name, unplanned.Done(), unwritten.Done())
	}
	return true
}

// FinishUnwritten ends the wait for scopes of a resource that Terraform does not write,
// because its plan was rejected or has no change. The attribute has the names of the scopes.
// ModifyPlan defers it, and it runs last.
func (r *Resource) FinishUnwritten(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, attribute string) {
	if r.ProviderData == nil || !resp.Diagnostics.HasError() && !resp.Plan.Raw.Equal(req.State.Raw) {
		return
	}
	var serverID types.String
	if more := resp.Plan.GetAttribute(ctx, path.Root("server_id"), &serverID); !more.HasError() {
		r.Walk.Finish(walk.Server(serverID.ValueString()), attributeNames(resp.Plan.Raw, attribute)...)
	}
}
