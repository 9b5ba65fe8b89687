package base

import (
	"context"
	"errors"
	"fmt"
	"time"

	datasourcetimeouts "github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	datasourceschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/progress"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

const (
	// defaultTimeout is how long an operation of a resource may take.
	defaultTimeout = 20 * time.Minute
	// detachedTime bounds what is read back after an operation was stopped.
	detachedTime = 30 * time.Second
)

// The operations that timeouts names.
const (
	OpCreate = "create"
	OpRead   = "read"
	OpUpdate = "update"
	OpDelete = "delete"
)

func timeoutText(operation string) string {
	return fmt.Sprintf("Maximum duration of %s, such as `90s`, `10m` or `1h30m`. Defaults to `20m`.", operation)
}

func TimeoutsAttribute(ctx context.Context) schema.Attribute {
	a := timeouts.Attributes(ctx, timeouts.Opts{
		Create: true, Read: true, Update: true, Delete: true,
		CreateDescription: timeoutText("a create"), UpdateDescription: timeoutText("an update"),
		ReadDescription:   timeoutText("a refresh"),
		DeleteDescription: timeoutText("a destroy") + " The last applied value is used.",
	})
	if nested, ok := a.(schema.SingleNestedAttribute); ok {
		nested.MarkdownDescription = "Maximum duration of each operation, including waits and retries. `request_timeout` in the block `http` of the " +
			"provider limits one request."
		return nested
	}
	return a
}

// NoTimeouts returns the timeouts of a state that an import begins with.
func NoTimeouts() timeouts.Value {
	return timeouts.Value{Object: types.ObjectNull(map[string]attr.Type{
		OpCreate: types.StringType, OpRead: types.StringType, OpUpdate: types.StringType, OpDelete: types.StringType,
	})}
}

func ReadTimeoutAttribute(ctx context.Context) datasourceschema.Attribute {
	a := datasourcetimeouts.AttributesWithOpts(ctx, datasourcetimeouts.Opts{ReadDescription: timeoutText("a read")})
	if nested, ok := a.(datasourceschema.SingleNestedAttribute); ok {
		nested.MarkdownDescription = "Maximum duration of a read, including waits and retries."
		return nested
	}
	return a
}

// timeoutError is why the context of an operation ended.
type timeoutError struct {
	operation string
	after     time.Duration
}

func (e *timeoutError) Error() string {
	return fmt.Sprintf("timeouts.%s (%s) ran out", e.operation, e.after)
}

func (e *timeoutError) Unwrap() error { return context.DeadlineExceeded }

// WithTimeout limits the time of an operation, whose progress is logged. done ends it. If the time ran out and the
// operation failed, done adds an error that names the attribute.
func WithTimeout(
	ctx context.Context, diags *diag.Diagnostics, operation string, limit func(context.Context, time.Duration) (time.Duration, diag.Diagnostics),
) (timedCtx context.Context, done func()) {
	after, more := limit(ctx, defaultTimeout)
	diags.Append(more...)
	ctx = progress.With(ctx, func(ctx context.Context, line string) { tflog.Info(ctx, line) })
	timedCtx, cancel := context.WithTimeoutCause(ctx, after, &timeoutError{operation, after})
	return timedCtx, func() {
		defer cancel()
		var out *timeoutError
		if !diags.HasError() || !errors.As(context.Cause(timedCtx), &out) {
			return
		}
		diagnostics.AddInvalid(diags, path.Root("timeouts").AtName(operation), check.Finding{
			Code: messages.FailedTimeout, Data: messages.Timeout{Operation: operation, After: after.String()},
		})
	}
}

// Detached returns a context to read the server with, also after the operation was interrupted
// or timed out.
func Detached(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(context.WithoutCancel(ctx), detachedTime)
}
