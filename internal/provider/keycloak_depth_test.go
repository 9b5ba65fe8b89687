package provider

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes/tftypestest"
)

// longestRead is how many functions of this module may be between Terraform's read of a resource
// and the connection to Keycloak. To add a layer, remove another one.
const longestRead = 11

const modulePath = "github.com/authscopes/terraform-provider-authscopes/"

// A read of a resource passes few functions on its way to each of its requests. Closures count,
// and so does what started a goroutine.
func TestKeycloakReadDepth(t *testing.T) {
	read := func(typeName string, states ...block) (cases []depthRead) {
		for _, state := range states {
			cases = append(cases, depthRead{typeName, state})
		}
		return cases
	}
	var clients []block
	for i := range 31 {
		clients = append(clients, block{"server_id": "shop", "client_id": fmt.Sprintf("client-%d", i)})
	}
	resources := map[string][]depthRead{
		"server_scopes":       read("authscopes_server_scopes", block{"server_id": "shop", "scopes": block{"read": "Read"}}),
		"server_scope":        read("authscopes_server_scope", block{"server_id": "shop", "name": "read"}),
		"user_type_scopes":    read("authscopes_user_type_scopes", block{"server_id": "shop", "user_type": "child"}),
		"a client role":       read("authscopes_user_type_scopes", block{"server_id": "shop", "user_type": "view", "client_id": "web"}),
		"server_grants":       read("authscopes_server_grants", block{"server_id": "shop"}),
		"client_scopes":       read("authscopes_client_scopes", clients[0]),
		"31 client_scopes":    read("authscopes_client_scopes", clients...),
		"a missing client":    read("authscopes_client_scopes", block{"server_id": "shop", "client_id": "none"}),
		"a missing user type": read("authscopes_user_type_scopes", block{"server_id": "shop", "user_type": "none"}),
	}
	for identity, exports := range map[string]bool{"by export": true, "with view rights alone": false} {
		for name, reads := range resources {
			t.Run(name+" "+identity, func(t *testing.T) {
				k := newCannedKeycloak(t, exports)
				server := k.provider(t)
				seen := map[string]int{}
				for _, r := range reads {
					for _, chain := range chainsOf(t, server, r) {
						seen[chain] = strings.Count(chain, "\n") + 1
					}
				}
				longest := ""
				for chain, n := range seen {
					if n > longestRead {
						t.Errorf("%d functions from the resource to the connection, and at most %d are allowed:\n%s", n, longestRead, chain)
					}
					if n > seen[longest] {
						longest = chain
					}
				}
				if longest == "" {
					t.Error("no request was sent")
				}
				t.Logf("%d functions at most, over %d paths:\n%s", seen[longest], len(seen), longest)
			})
		}
	}
}

// depthRead is one read of a resource.
type depthRead struct {
	typeName string
	state    block
}

// provider returns the configured provider, as Terraform runs it.
func (k *cannedKeycloak) provider(t *testing.T) tfprotov6.ProviderServer {
	t.Helper()
	server := NewServer(releasedProvider(nil))()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	config := block{"keycloak": block{"url": k.URL, "realm": "shop", "client_id": "terraform", "client_secret": "secret"}}
	resp, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		Config: dynamic(t, schemas.Provider, config),
	})
	if err != nil || len(resp.Diagnostics) > 0 {
		t.Fatal(err, resp)
	}
	return server
}

func dynamic(t *testing.T, schema *tfprotov6.Schema, content block) *tfprotov6.DynamicValue {
	t.Helper()
	value, err := tfprotov6.NewDynamicValue(schema.ValueType(), tftypestest.Value(schema.ValueType(), content))
	if err != nil {
		t.Fatal(err)
	}
	return &value
}

// chainsOf reads a resource, and returns the functions that lead to each of its requests: from
// the connection to the resource, one in a line. The requests of a login are none of the resource.
func chainsOf(t *testing.T, server tfprotov6.ProviderServer, r depthRead) (chains []string) {
	t.Helper()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GetConn: func(string) { // in the goroutine of the request
		chain := ownChain(t)
		mu.Lock()
		defer mu.Unlock()
		if strings.Count(chain, "httpapi.(*transport).RoundTrip") == 1 {
			chains = append(chains, chain)
		}
	}})
	resp, err := server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: r.typeName, CurrentState: dynamic(t, schemas.ResourceSchemas[r.typeName], r.state),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range resp.Diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			t.Errorf("%s: %s", d.Summary, d.Detail)
		}
	}
	return chains
}

// aGoroutine is a goroutine of a stack dump: its functions from the innermost on, and who started
// it.
type aGoroutine struct {
	functions          []string
	startedBy, starter string
}

var (
	goroutineHeader = regexp.MustCompile(`^goroutine (\d+) `)
	startedLine     = regexp.MustCompile(`^created by (\S+) in goroutine (\d+)`)
	closureSuffix   = regexp.MustCompile(`(\.func\d+(\.\d+)*|\.gowrap\d+)+$`)
)

// goroutines returns all goroutines by ID, and the ID of the present one.
func goroutines() (all map[string]aGoroutine, present string) {
	dump := make([]byte, 1<<20)
	for n := runtime.Stack(dump, true); n == len(dump); n = runtime.Stack(dump, true) {
		dump = make([]byte, 2*len(dump))
	}
	all = map[string]aGoroutine{}
	for _, text := range strings.Split(strings.TrimRight(string(dump), "\x00\n"), "\n\n") {
		header := goroutineHeader.FindStringSubmatch(text)
		if header == nil {
			continue
		}
		if present == "" {
			present = header[1]
		}
		var g aGoroutine
		for _, line := range strings.Split(text, "\n")[1:] {
			started := startedLine.FindStringSubmatch(line)
			switch {
			case strings.HasPrefix(line, "\t"):
			case started != nil:
				g.startedBy, g.starter = started[1], started[2]
			default:
				g.functions = append(g.functions, line[:max(strings.LastIndex(line, "("), 0)])
			}
		}
		all[header[1]] = g
	}
	return all, present
}

// ownChain returns the functions of this module from the request of the present goroutine up to
// the resource, across goroutines.
func ownChain(t *testing.T) string {
	t.Helper()
	all, id := goroutines()
	functions := all[id].functions // the first ones are of this test
	functions = functions[max(slices.IndexFunc(functions, func(f string) bool { return strings.HasPrefix(f, "net/http.") }), 0):]
	var chain []string
	for {
		for _, f := range functions {
			if strings.Contains(f, "terraform-plugin-framework/") {
				return strings.Join(chain, "\n")
			}
			if name, own := strings.CutPrefix(f, modulePath); own {
				chain = append(chain, name)
			}
		}
		if len(chain) == 0 {
			t.Error("no function of this module is in the stack")
			return ""
		}
		// The function that started the goroutine: itself, or by a library such as errgroup.
		starter, own := strings.CutPrefix(all[id].startedBy, modulePath)
		if !own {
			starter = closureSuffix.ReplaceAllString(chain[len(chain)-1], "")
		}
		id = all[id].starter
		functions = all[id].functions
		at := slices.Index(functions, modulePath+starter)
		if at < 0 {
			t.Errorf("it is unknown who called %s:\n%s", chain[len(chain)-1], strings.Join(functions, "\n"))
			return strings.Join(chain, "\n")
		}
		functions = functions[at:]
	}
}

// cannedKeycloak responds like a realm with composite roles, client roles, a guard role, default
// groups and 31 clients.
type cannedKeycloak struct {
	*httptest.Server
	exports bool
}

func newCannedKeycloak(t *testing.T, exports bool) *cannedKeycloak {
	t.Helper()
	k := &cannedKeycloak{exports: exports}
	k.Server = httptest.NewServer(k)
	t.Cleanup(k.Close)
	return k
}

const (
	cannedScopes = `[{"id":"s1","name":"read","protocol":"openid-connect","attributes":{"authscopes.access":"user_types"}},` +
		`{"id":"s2","name":"edit","protocol":"openid-connect"}]`
	cannedChild = `{"id":"r1","name":"child","containerId":"realm-id"}`
	cannedEdit  = `{"id":"c1","name":"edit","clientRole":true,"composite":true,"containerId":"web-id"}`
	cannedView  = `{"id":"c2","name":"view","clientRole":true,"composite":true,"containerId":"web-id"}`
)

// responses has the bodies by path below the realm.
var cannedResponses = map[string]string{
	"": `{"realm":"shop","defaultRole":{"id":"r0","name":"default-roles-shop","composite":true,"containerId":"realm-id"},` +
		`"defaultGroups":["/staff/new"],"adminPermissionsEnabled":false}`,
	"/client-scopes": cannedScopes, "/default-default-client-scopes": `[]`, "/default-optional-client-scopes": `[]`,
	"/client-scopes/s1/scope-mappings": `{"realmMappings":[{"id":"g","name":"authscopes-guard"},` + cannedChild + `]}`,
	"/client-scopes/s2/scope-mappings": `{"clientMappings":{"web":{"mappings":[` + cannedEdit + `]}}}`,
	"/roles": `[{"id":"r0","name":"default-roles-shop","composite":true,"containerId":"realm-id"},` + cannedChild +
		`,{"id":"r2","name":"educator","composite":true},{"id":"g","name":"authscopes-guard","attributes":{"authscopes.guard":["true"]}}]`,
	"/roles-by-id/r0/composites": `[` + cannedView + `]`, "/roles-by-id/r2/composites": `[` + cannedEdit + `]`,
	"/roles-by-id/c1/composites": `[` + cannedChild + `]`, "/roles-by-id/c2/composites": `[]`,
	"/roles/authscopes-guard/users": `[]`, "/roles/authscopes-guard/groups": `[]`,
	"/clients/web-id": `{"id":"web-id","clientId":"web"}`, "/clients/web-id/roles": `[` + cannedEdit + `,` + cannedView + `]`,
	"/default-groups":                 `[{"id":"gr2","name":"new","path":"/staff/new","parentId":"gr1"}]`,
	"/groups/gr1":                     `{"id":"gr1","name":"staff","path":"/staff"}`,
	"/groups/gr1/role-mappings":       `{}`,
	"/groups/gr2/role-mappings":       `{"realmMappings":[{"id":"r3","name":"staff","composite":true}]}`,
	"/roles-by-id/r3/composites":      `[]`,
	"/roles/default-roles-shop/users": `[]`,
}

func (k *cannedKeycloak) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	path, admin := strings.CutPrefix(r.URL.Path, "/admin/realms/shop")
	body, known := cannedResponses[path]
	switch {
	case !admin:
		body = `{"access_token":"an opaque token","expires_in":300}`
	case path == "/partial-export" && k.exports:
		body = `{"realm":"shop","defaultRole":{"id":"r0","name":"default-roles-shop","composite":true,"containerId":"realm-id"},"defaultGroups":["/staff/new"],` +
			`"clientScopes":` + cannedScopes + `,"scopeMappings":[{"clientScope":"read","roles":["child","authscopes-guard"]}],` +
			`"clientScopeMappings":{"web":[{"clientScope":"edit","roles":["edit"]}]},"defaultDefaultClientScopes":[],"defaultOptionalClientScopes":[],` +
			`"clients":` + cannedClients("") + `}`
	case path == "/partial-export":
		w.WriteHeader(http.StatusForbidden)
		body = `{}`
	case path == "/clients":
		body = cannedClients(r.URL.Query().Get("clientId"))
	case !known:
		w.WriteHeader(http.StatusNotFound)
		body = `{"error":"not found"}`
	}
	_, _ = fmt.Fprint(w, body)
}

// cannedClients returns a listing of clients: of one, or of all for "".
func cannedClients(clientID string) string {
	var listed []string
	add := func(id, name string) {
		if clientID == "" || clientID == name {
			listed = append(listed, fmt.Sprintf(`{"id":%q,"clientId":%q,"defaultClientScopes":["read"],"optionalClientScopes":[]}`, id, name))
		}
	}
	add("realm-management-id", "realm-management")
	add("web-id", "web")
	for i := range 31 {
		add(fmt.Sprintf("client-%d-id", i), fmt.Sprintf("client-%d", i))
	}
	return "[" + strings.Join(listed, ",") + "]"
}
