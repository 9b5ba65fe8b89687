package serverscopes

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
)

// needs selects the scopes that the resource manages, and those that it names: also a scope
// that was renamed outside Terraform.
func (m *SetModel) needs() base.ScopeTest {
	f := m.Filter()
	names, ids := map[string]bool{}, map[string]bool{}
	for _, all := range []map[string]types.String{m.Scopes, m.Names} {
		for name := range all {
			names[name] = true
		}
	}
	for _, old := range m.PreviousNames {
		names[old.ValueString()] = true
	}
	for name, id := range m.IDs {
		names[name], ids[id.ValueString()] = true, true
	}
	return func(s authz.Scope) bool { return m.manages(f, s) || names[s.Name] || ids[s.ID] }
}

// needs selects the scopes of the plan, of the state and of an object that it replaces.
func (p scopesPlan) needs() base.ScopeTest {
	needed := p.m.needs()
	if p.state != nil {
		needed = needed.Either(p.state.needs())
	}
	if p.replaced != nil {
		needed = needed.Either(base.WithNames(p.replaced.Destroy.Names...))
	}
	return needed
}
