// Package protocol stands between Terraform and the plugin framework. It spares the
// framework work that grows with the number of scopes.
package protocol

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// StateVersion is the version of the state of every resource. A schema with another
// version needs an upgrade by the framework.
const StateVersion = 0

// Framework is the server of the plugin framework.
type Framework interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
}

// server passes all other requests on.
type server struct {
	Framework
	packed map[string]tftypes.Packed
}

// New returns a server that packs maps and sets for the framework. packed lists the attributes by
// type of resource.
func New(framework Framework, packed map[string]tftypes.Packed) tfprotov6.ProviderServer {
	return server{framework, packed}
}

// UpgradeResourceState implements tfprotov6.ProviderServer. A state of the present version
// stays as it is: Terraform has removed attributes that the schema does not have.
func (s server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	if req.Version != StateVersion || req.RawState == nil || len(req.RawState.JSON) == 0 {
		return s.Framework.UpgradeResourceState(ctx, req)
	}
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: &tfprotov6.DynamicValue{JSON: req.RawState.JSON}}, nil
}

// ValidateResourceConfig implements tfprotov6.ProviderServer.
func (s server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	in := *req
	in.Config = s.pack(req.TypeName, req.Config)
	return s.Framework.ValidateResourceConfig(ctx, &in)
}

// ReadResource implements tfprotov6.ProviderServer.
func (s server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	in := *req
	in.CurrentState = s.pack(req.TypeName, req.CurrentState)
	resp, err := s.Framework.ReadResource(ctx, &in)
	if err != nil {
		return resp, err
	}
	resp.NewState, err = s.unpack(req.TypeName, resp.NewState)
	return resp, err
}

// PlanResourceChange implements tfprotov6.ProviderServer.
func (s server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	in := *req
	in.PriorState, in.ProposedNewState = s.pack(req.TypeName, req.PriorState), s.pack(req.TypeName, req.ProposedNewState)
	in.Config = s.pack(req.TypeName, req.Config)
	resp, err := s.Framework.PlanResourceChange(ctx, &in)
	if err != nil {
		return resp, err
	}
	resp.PlannedState, err = s.unpack(req.TypeName, resp.PlannedState)
	return resp, err
}

// ApplyResourceChange implements tfprotov6.ProviderServer.
func (s server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	in := *req
	in.PriorState, in.PlannedState = s.pack(req.TypeName, req.PriorState), s.pack(req.TypeName, req.PlannedState)
	in.Config = s.pack(req.TypeName, req.Config)
	resp, err := s.Framework.ApplyResourceChange(ctx, &in)
	if err != nil {
		return resp, err
	}
	resp.NewState, err = s.unpack(req.TypeName, resp.NewState)
	return resp, err
}

// pack leaves a value that it cannot decode to the framework, which reports the cause.
func (s server) pack(typeName string, v *tfprotov6.DynamicValue) *tfprotov6.DynamicValue {
	attributes, ok := s.packed[typeName]
	if !ok || v == nil || v.MsgPack == nil {
		return v
	}
	packed, err := attributes.Pack(v.MsgPack)
	if err != nil {
		return v
	}
	return &tfprotov6.DynamicValue{MsgPack: packed}
}

func (s server) unpack(typeName string, v *tfprotov6.DynamicValue) (*tfprotov6.DynamicValue, error) {
	attributes, ok := s.packed[typeName]
	if !ok || v == nil || v.MsgPack == nil {
		return v, nil
	}
	unpacked, err := attributes.Unpack(v.MsgPack)
	return &tfprotov6.DynamicValue{MsgPack: unpacked}, err
}
