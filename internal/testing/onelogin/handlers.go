package onelogin

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	// https://developers.onelogin.com/api-docs/2/oauth20-tokens/generate-tokens-2
	mux.HandleFunc("POST /auth/oauth2/v2/token", s.locked(s.generateToken))
	// https://developers.onelogin.com/api-docs/2/api-authorization/list-auth-servers
	mux.HandleFunc("GET /api/2/api_authorizations", s.locked(s.authorized(s.listServers)))
	const base = "/api/2/api_authorizations/{id}"
	// https://github.com/onelogin/onelogin-python-sdk, docs/APIAuthScopesApi.md
	mux.HandleFunc("GET "+base+"/scopes", s.api(s.listScopes))
	mux.HandleFunc("POST "+base+"/scopes", s.api(s.addScopeCall))
	mux.HandleFunc("PUT "+base+"/scopes/{scope}", s.api(s.updateScope))
	mux.HandleFunc("DELETE "+base+"/scopes/{scope}", s.api(s.deleteScope))
	mux.HandleFunc("GET "+base+"/claims", s.api(s.listClaims))
	mux.HandleFunc("GET "+base+"/clients", s.api(s.listClients))
	mux.HandleFunc("POST "+base+"/clients", s.api(s.addClient))
	mux.HandleFunc("PUT "+base+"/clients/{app}", s.api(s.updateClient))
	mux.HandleFunc("DELETE "+base+"/clients/{app}", s.api(s.removeClient))
	// https://developers.onelogin.com/api-docs/2/apps/get-app
	mux.HandleFunc("GET /api/2/apps/{app}", s.locked(s.authorized(s.getApp)))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { notFound(w) })
	return mux
}

func (s *Server) locked(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		h(w, r)
	}
}

// authorized requires the current token and a credential with Manage All. The scheme is compared
// without regard to case (RFC 9110, section 11.1).
func (s *Server) authorized(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", fmt.Sprintf("req-%d", len(s.Requests())))
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "bearer") || token == "" || token != s.token || !s.now().Before(s.expires) {
			refuse(w, http.StatusUnauthorized, "UnauthorizedError", "Unauthorized")
			return
		}
		if s.limited { // assumed: status, body
			w.Header().Set("X-RateLimit-Limit", "5000")
			w.Header().Set("X-RateLimit-Remaining", "0")
			w.Header().Set("X-RateLimit-Reset", strconv.Itoa(s.reset))
			refuse(w, http.StatusTooManyRequests, "TooManyRequestsError", "Too Many Requests")
			return
		}
		if s.opts.Rights != "Manage All" && s.opts.FlatForbidden {
			fake.JSON(w, http.StatusForbidden, map[string]any{"error": true, "code": 403, "type": "ForbiddenError", "message": "not allowed"})
			return
		}
		if s.opts.Rights != "Manage All" {
			refuse(w, http.StatusForbidden, "ForbiddenError", "not allowed")
			return
		}
		h(w, r)
	}
}

// api is authorized on an authorization server that exists.
func (s *Server) api(h func(http.ResponseWriter, *http.Request, *authServer)) http.HandlerFunc {
	return s.locked(s.authorized(func(w http.ResponseWriter, r *http.Request) {
		a, ok := s.servers[pathID(r, "id")]
		if !ok {
			notFound(w)
			return
		}
		h(w, r, a)
	}))
}

func pathID(r *http.Request, name string) int64 {
	id, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

func refuse(w http.ResponseWriter, status int, name, message string) {
	fake.JSON(w, status, map[string]any{"message": message, "statusCode": status, "name": name})
}

func invalid(w http.ResponseWriter, format string, args ...any) {
	refuse(w, http.StatusUnprocessableEntity, "UnprocessableEntityError", "Validation failed: "+fmt.Sprintf(format, args...))
}

func notFound(w http.ResponseWriter) {
	refuse(w, http.StatusNotFound, "NotFoundError", "The resource with the given id could not be found")
}

// read decodes a JSON body strictly: another content type, an unknown field
// ("Field is not allowed" is the real server's text elsewhere) and trailing data
// are refused with 400 (assumed).
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if fake.MediaType(r) != "application/json" {
		refuse(w, http.StatusBadRequest, "BadRequestError", "Content-Type must be application/json")
		return false
	}
	if err := fake.Strict(r.Body, into); err != nil {
		refuse(w, http.StatusBadRequest, "BadRequestError", "Field is not allowed")
		return false
	}
	return true
}

func (s *Server) generateToken(w http.ResponseWriter, r *http.Request) {
	id, secret, grant, ok := tokenRequest(r)
	// The envelope is documented for the older endpoint; assumed here.
	status := func(code int, kind, message string) {
		fake.JSON(w, code, map[string]any{"status": map[string]any{"error": true, "code": code, "type": kind, "message": message}})
	}
	switch {
	case !ok || grant != "client_credentials":
		status(http.StatusBadRequest, "bad request", "grant_type is incorrect/absent")
		return
	case id != s.opts.ClientID || secret != s.opts.ClientSecret:
		status(http.StatusUnauthorized, "Unauthorized", "Authentication Failure")
		return
	}
	set := map[string]any{"access_token": s.issue()}
	if !s.opts.NoExpiry {
		set["created_at"] = s.expires.Add(-s.opts.TokenLife).UTC().Format(time.RFC3339Nano)
		set["expires_in"] = int64(s.opts.TokenLife / time.Second)
		set["refresh_token"] = "canary-unused-refresh-token"
		set["token_type"] = "bearer"
		set["account_id"] = 555555
	}
	if s.opts.LegacyToken {
		fake.JSON(w, http.StatusOK, map[string]any{
			"status": map[string]any{"error": false, "code": 200, "type": "success", "message": "Success"},
			"data":   []any{set},
		})
		return
	}
	fake.JSON(w, http.StatusOK, set)
}

var ownHeader = regexp.MustCompile(`^client_id:\s*(\S+?), ?client_secret:\s*(\S+)$`)

// tokenRequest reads the three documented forms: OneLogin's own header or HTTP
// Basic, each with JSON, and a form.
func tokenRequest(r *http.Request) (id, secret, grant string, ok bool) {
	switch fake.MediaType(r) {
	case "application/x-www-form-urlencoded":
		err := r.ParseForm()
		return r.PostForm.Get("client_id"), r.PostForm.Get("client_secret"), r.PostForm.Get("grant_type"), err == nil
	case "application/json":
	default:
		return "", "", "", false
	}
	var in struct {
		GrantType string `json:"grant_type"`
	}
	if fake.Strict(r.Body, &in) != nil {
		return "", "", "", false
	}
	if m := ownHeader.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		return m[1], m[2], in.GrantType, true
	}
	id, secret, _ = r.BasicAuth()
	return id, secret, in.GrantType, true
}

func (s *Server) listScopes(w http.ResponseWriter, r *http.Request, a *authServer) {
	scopes := a.scopes
	if a.lag > 0 {
		a.lag--
		scopes = a.stale
	}
	if scopes == nil {
		scopes = []Scope{}
	}
	if s.opts.PageSize == 0 {
		fake.JSON(w, http.StatusOK, scopes)
		return
	}
	s.page(w, r, scopes)
}

// page writes one page. The cursor is the ID of the last scope before it, so that deleted scopes
// do not move others. Header names:
// https://developers.onelogin.com/api-docs/2/getting-started/using-query-parameters
func (s *Server) page(w http.ResponseWriter, r *http.Request, scopes []Scope) {
	scopes = slices.Clone(scopes)
	slices.SortFunc(scopes, func(a, b Scope) int { return cmp.Compare(a.ID, b.ID) })
	w.Header().Set("Total-Count", strconv.Itoa(len(scopes)))
	var after int64
	if c := r.URL.Query().Get("cursor"); c != "" && !s.opts.IgnoreCursor {
		n, err := strconv.ParseInt(strings.TrimPrefix(c, "after="), 10, 64)
		if err != nil {
			refuse(w, http.StatusBadRequest, "BadRequestError", "cursor is invalid")
			return
		}
		after = n
	}
	rest := slices.DeleteFunc(slices.Clone(scopes), func(sc Scope) bool { return sc.ID <= after })
	if s.opts.OffsetPages {
		rest = scopes[min(int(after), len(scopes)):]
	}
	if len(rest) > s.opts.PageSize {
		rest = rest[:s.opts.PageSize]
		// A character that must be escaped in a query.
		next := rest[len(rest)-1].ID
		if s.opts.OffsetPages {
			next = after + int64(len(rest))
		}
		w.Header().Set("After-Cursor", fmt.Sprintf("after=%d", next))
	}
	fake.JSON(w, http.StatusOK, rest)
}

type scopeBody struct {
	Value       *string `json:"value"`
	Description *string `json:"description"`
}

func (s *Server) readScope(w http.ResponseWriter, r *http.Request, a *authServer, own int64) (scopeBody, bool) {
	var in scopeBody
	if !read(w, r, &in) {
		return in, false
	}
	same := func(x, y string) bool { return x == y || s.opts.FoldValues && strings.EqualFold(x, y) }
	switch {
	case in.Value == nil || *in.Value == "": // assumed: status and text
		invalid(w, "Value can't be blank")
	case strings.ContainsAny(*in.Value, " \t\r\n") || len(*in.Value) > 255: // assumed: text, length
		invalid(w, "Value is invalid")
	case in.Description == nil || *in.Description == "": // "required"; assumed: status and text
		invalid(w, "Description can't be blank")
	case slices.ContainsFunc(a.scopes, func(sc Scope) bool { return sc.ID != own && same(sc.Value, *in.Value) }):
		invalid(w, "Value has already been taken")
	default:
		if s.opts.TrimDescriptions {
			*in.Description = strings.TrimSpace(*in.Description)
		}
		return in, true
	}
	return in, false
}

func (s *Server) recordWrite(a *authServer) {
	a.stale, a.lag = slices.Clone(a.scopes), s.opts.Lag
}

// undo reverts the write of a scope, if writes have no effect.
func (s *Server) undo(a *authServer) {
	if s.opts.NoEffect {
		a.scopes, a.lag = a.stale, 0
	}
}

func (s *Server) writeScope(w http.ResponseWriter, sc Scope) {
	switch {
	case s.opts.NoIDInAnswer:
		fake.JSON(w, http.StatusOK, map[string]any{})
	case s.opts.FullAnswers:
		fake.JSON(w, http.StatusOK, sc)
	default:
		fake.JSON(w, http.StatusOK, map[string]any{"id": sc.ID})
	}
}

// https://developers.onelogin.com/api-docs/2/api-authorization/add-scope
func (s *Server) addScopeCall(w http.ResponseWriter, r *http.Request, a *authServer) {
	in, ok := s.readScope(w, r, a, 0)
	if !ok {
		return
	}
	s.recordWrite(a)
	id := s.addScope(a, *in.Value, in.Description)
	s.undo(a)
	s.writeScope(w, Scope{ID: id, Value: *in.Value, Description: in.Description})
}

// https://developers.onelogin.com/api-docs/2/api-authorization/update-scope
func (s *Server) updateScope(w http.ResponseWriter, r *http.Request, a *authServer) {
	i := slices.IndexFunc(a.scopes, func(sc Scope) bool { return sc.ID == pathID(r, "scope") })
	if i < 0 {
		notFound(w)
		return
	}
	in, ok := s.readScope(w, r, a, a.scopes[i].ID)
	if !ok {
		return
	}
	s.recordWrite(a)
	a.scopes[i].Value, a.scopes[i].Description = *in.Value, in.Description
	s.writeScope(w, a.scopes[i])
	s.undo(a)
}

// https://github.com/onelogin/onelogin-python-sdk, docs/APIAuthScopesApi.md
func (s *Server) deleteScope(w http.ResponseWriter, r *http.Request, a *authServer) {
	id := pathID(r, "scope")
	if !slices.ContainsFunc(a.scopes, func(sc Scope) bool { return sc.ID == id }) {
		notFound(w)
		return
	}
	for _, ids := range a.clients {
		if s.opts.KeepAssigned && slices.Contains(ids, id) {
			invalid(w, "Scope is assigned to an app")
			return
		}
	}
	s.recordWrite(a)
	if !s.opts.NoEffect {
		a.remove(id)
	}
	w.WriteHeader(http.StatusNoContent)
}

// https://developers.onelogin.com/api-docs/2/api-authorization/list-auth-servers
func (s *Server) listServers(w http.ResponseWriter, _ *http.Request) {
	servers := []map[string]any{}
	for id := range s.servers {
		servers = append(servers, map[string]any{"id": id, "name": fmt.Sprintf("server %d", id), "description": nil, "configuration": map[string]any{
			"resource_identifier": fmt.Sprintf("https://api%d.example.com", id), "audiences": []string{"b", "a"},
		}})
	}
	slices.SortFunc(servers, func(x, y map[string]any) int { return cmp.Compare(x["id"].(int64), y["id"].(int64)) })
	fake.JSON(w, http.StatusOK, servers)
}

// https://developers.onelogin.com/api-docs/2/api-authorization/list-claims
func (s *Server) listClaims(w http.ResponseWriter, _ *http.Request, a *authServer) {
	claims := []map[string]any{}
	for i, name := range a.claims {
		claims = append(claims, map[string]any{
			"id": i + 1, "name": name, "label": nil, "user_attribute_mappings": name, "attributes_transformations": nil,
			"skip_if_blank": false, "values": nil, "default_values": nil, "provisioned_entitlements": false, "safe_entitlements_enabled": nil,
		})
	}
	fake.JSON(w, http.StatusOK, claims)
}

// https://developers.onelogin.com/api-docs/2/api-authorization/list-client-apps
func (s *Server) listClients(w http.ResponseWriter, r *http.Request, a *authServer) {
	apps := []map[string]any{}
	for app, ids := range a.clients {
		scopes := []Scope{}
		for _, sc := range a.scopes {
			if slices.Contains(ids, sc.ID) {
				scopes = append(scopes, sc)
			}
		}
		apps = append(apps, map[string]any{"app_id": app, "name": s.apps[app], "api_auth_id": pathID(r, "id"), "scopes": scopes})
	}
	slices.SortFunc(apps, func(x, y map[string]any) int { return cmp.Compare(x["app_id"].(int64), y["app_id"].(int64)) })
	if s.opts.ClientsAsObject && len(apps) == 1 {
		fake.JSON(w, http.StatusOK, apps[0])
		return
	}
	fake.JSON(w, http.StatusOK, apps)
}

func rejectForeignIDs(w http.ResponseWriter, a *authServer, ids []int64) bool {
	for _, id := range ids {
		if !slices.ContainsFunc(a.scopes, func(sc Scope) bool { return sc.ID == id }) {
			invalid(w, "Scopes %d does not belong to the specified ApiAuthorizationApp", id)
			return true
		}
	}
	return false
}

// https://developers.onelogin.com/api-docs/2/api-authorization/add-client-app
func (s *Server) addClient(w http.ResponseWriter, r *http.Request, a *authServer) {
	var in struct {
		AppID  int64   `json:"app_id"`
		Scopes []int64 `json:"scopes"`
	}
	if !read(w, r, &in) {
		return
	}
	if _, ok := s.apps[in.AppID]; !ok {
		notFound(w)
		return
	}
	if _, ok := a.clients[in.AppID]; ok { // assumed: text
		invalid(w, "App has already been taken")
		return
	}
	if rejectForeignIDs(w, a, in.Scopes) {
		return
	}
	if !s.opts.NoEffect {
		a.clients[in.AppID] = in.Scopes
	}
	fake.JSON(w, http.StatusCreated, map[string]any{"app_id": in.AppID, "api_auth_id": pathID(r, "id")})
}

// https://developers.onelogin.com/api-docs/2/api-authorization/update-client-app
func (s *Server) updateClient(w http.ResponseWriter, r *http.Request, a *authServer) {
	var in struct {
		Scopes []int64 `json:"scopes"`
	}
	app := pathID(r, "app")
	have, ok := a.clients[app]
	if !ok {
		notFound(w)
		return
	}
	if !read(w, r, &in) || rejectForeignIDs(w, a, in.Scopes) {
		return
	}
	if s.opts.AddOnUpdate {
		in.Scopes = slices.Compact(slices.Sorted(slices.Values(append(in.Scopes, have...))))
	}
	if !s.opts.NoEffect {
		a.clients[app] = in.Scopes
	}
	fake.JSON(w, http.StatusOK, map[string]any{"app_id": app, "api_auth_id": pathID(r, "id")})
}

// https://developers.onelogin.com/api-docs/2/api-authorization/delete-client-app
func (s *Server) removeClient(w http.ResponseWriter, r *http.Request, a *authServer) {
	app := pathID(r, "app")
	if _, ok := a.clients[app]; !ok {
		notFound(w)
		return
	}
	if !s.opts.NoEffect {
		delete(a.clients, app)
	}
	if s.opts.DetachBody {
		fake.JSON(w, http.StatusOK, map[string]any{"app_id": app})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) getApp(w http.ResponseWriter, r *http.Request) {
	app := pathID(r, "app")
	name, ok := s.apps[app]
	if !ok {
		notFound(w)
		return
	}
	fake.JSON(w, http.StatusOK, map[string]any{"id": app, "name": name, "auth_method": 8})
}
