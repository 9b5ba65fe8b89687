package serverscopes

import "github.com/authscopes/terraform-provider-authscopes/internal/tftypes"

// setMaps has the maps of SetModel as the framework reads and writes them.
type setMaps struct {
	ScopesMap tftypes.TextMap `tfsdk:"scopes"`
	NamesMap  tftypes.TextMap `tfsdk:"names"`
	IDsMap    tftypes.TextMap `tfsdk:"ids"`
}

// DecodeMaps implements lifecycle.MapModel.
func (m *SetModel) DecodeMaps() {
	m.Scopes, m.Names, m.IDs = m.ScopesMap.Strings(), m.NamesMap.Strings(), m.IDsMap.Strings()
}

// EncodeMaps implements lifecycle.MapModel.
func (m *SetModel) EncodeMaps() {
	m.ScopesMap, m.NamesMap, m.IDsMap = tftypes.NewTextMap(m.Scopes), tftypes.NewTextMap(m.Names), tftypes.NewTextMap(m.IDs)
}
