package venafi

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
)

// Result codes of the OAuth calls.
const (
	resultSuccess       = 0
	resultNoApplication = 2
	resultNoRule        = 4
	resultParameters    = 6
	resultPrivileges    = 9
	resultInvalidScope  = 17
	resultRuleExists    = 20
	resultScopeMismatch = 23
)

// route matches names without regard to case, as the real server does.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := strings.ToLower(r.URL.Path)
	calls := map[string]func(http.ResponseWriter, *http.Request){
		"/vedauth/authorize/oauth":       s.authorizeOAuth,
		"/vedauth/authorize/certificate": s.authorizeCertificate,
		"/vedauth/authorize/token":       s.authorizeToken,
		"/vedauth/authorize/jwt":         s.authorizeJWT,
	}
	if !s.opts.BeforeOAuth {
		maps.Copy(calls, map[string]func(http.ResponseWriter, *http.Request){
			"/vedsdk/oauth/getscopes":      s.admin(s.getScopes),
			"/vedsdk/oauth/getapplication": s.admin(s.getApplication),
			"/vedsdk/oauth/getrules":       s.admin(s.getRules),
			"/vedsdk/oauth/createrule":     s.admin(s.createRule),
			"/vedsdk/oauth/updaterule":     s.admin(s.updateRule),
			"/vedsdk/oauth/deleterule":     s.admin(s.deleteRule),
			"/vedsdk/identity/validate":    s.scoped("configuration", s.validateIdentity),
		})
	}
	call, ok := calls[path]
	switch {
	case !ok: // assumed: IIS's own page
		fake.Text(w, http.StatusNotFound, "text/html", "<!DOCTYPE html><title>404 - File or directory not found.</title>")
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	case fake.MediaType(r) != "application/json": // assumed: status
		s.refuse(w, http.StatusBadRequest, "invalid_request", "Content-Type must be application/json")
	default:
		call(w, r)
	}
}

func (s *Server) refuse(w http.ResponseWriter, status int, code, description string) {
	switch {
	case s.opts.NoErrorBody && status == http.StatusUnauthorized:
		w.WriteHeader(status)
	case s.opts.ReasonPhrases:
		fake.Reason(w, status, description, "", "")
	case s.opts.UpperErrors:
		fake.JSON(w, status, map[string]any{"Error": code, "Error_description": description})
	default:
		fake.JSON(w, status, map[string]any{"error": code, "error_description": description})
	}
}

func result(w http.ResponseWriter, code int, text string) {
	body := map[string]any{"Result": code, "Success": code == resultSuccess}
	if text != "" {
		body["Error"] = text
	}
	fake.JSON(w, http.StatusOK, body)
}

// read decodes a body of these fields; nil allows any. Another field, or one in
// another case, is refused, which is stricter than the real server: it may ignore
// them, so a misspelled field would go unseen.
func (s *Server) read(w http.ResponseWriter, r *http.Request, into any, fields ...string) bool {
	body, err := io.ReadAll(r.Body)
	var raw map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(body, &raw)
	}
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		s.refuse(w, http.StatusBadRequest, "invalid_request", "The request is malformed")
		return false
	}
	for field := range raw {
		if fields != nil && !slices.Contains(fields, field) {
			s.refuse(w, http.StatusBadRequest, "invalid_request", "Unknown parameter "+field)
			return false
		}
	}
	return true
}

// tokens

func (s *Server) tokenSet(w http.ResponseWriter, scope string) {
	access, refresh := s.issue(scope)
	t := s.tokens[access]
	body := map[string]any{
		"access_token": access, "expires": t.expires.Unix(), "identity": "local:{caller}",
		"scope": t.scope, "token_type": "Bearer", "refresh_until": t.expires.Unix(),
	}
	if s.opts.NoRefreshToken {
		delete(s.refresh, refresh)
	} else {
		body["refresh_token"] = refresh
	}
	if !s.opts.ExpiresOnly {
		body["expires_in"] = int64(s.opts.TokenLife / time.Second)
	}
	fake.JSON(w, http.StatusOK, body)
}

// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/AuthSDK/r-SDKa-POST-AuthorizeOAuth.php
func (s *Server) authorizeOAuth(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ClientID string `json:"client_id"`
		Username string `json:"username"`
		Password string `json:"password"`
		Scope    string `json:"scope"`
	}
	if !s.read(w, r, &in, "client_id", "username", "password", "scope", "state") {
		return
	}
	switch { // codes of RFC 6749, section 5.2; the texts are assumed
	case in.ClientID != s.opts.ClientID:
		s.refuse(w, http.StatusBadRequest, "invalid_client", "Application is not registered")
	case in.Username != s.opts.Username || in.Password != s.opts.Password:
		s.refuse(w, http.StatusBadRequest, "invalid_grant", "Username/password combination not valid")
	case in.Scope == "":
		s.refuse(w, http.StatusBadRequest, "invalid_scope", "Grant rejected scope")
	default:
		s.tokenSet(w, in.Scope)
	}
}

// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/AuthSDK/r-SDKa-POST-AuthorizeCertificate.php
func (s *Server) authorizeCertificate(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ClientID string `json:"client_id"`
		Scope    string `json:"scope"`
	}
	if !s.read(w, r, &in, "client_id", "scope") {
		return
	}
	switch {
	case r.TLS == nil || len(r.TLS.PeerCertificates) == 0:
		s.refuse(w, http.StatusBadRequest, "invalid_request", "Client certificate is missing")
	case in.ClientID != s.opts.ClientID:
		s.refuse(w, http.StatusBadRequest, "invalid_client", "Application is not registered")
	default:
		s.tokenSet(w, in.Scope)
	}
}

// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/AuthSDK/r-SDKa-POST-AuthorizeJWT.php
func (s *Server) authorizeJWT(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ClientID string `json:"client_id"`
		JWT      string `json:"jwt"`
		Scope    string `json:"scope"`
	}
	if !s.read(w, r, &in, "client_id", "jwt", "scope") {
		return
	}
	switch { // the texts are assumed
	case in.ClientID != s.opts.ClientID:
		s.refuse(w, http.StatusBadRequest, "invalid_client", "Application is not registered")
	case in.JWT == "" || in.JWT != s.opts.JWT:
		s.refuse(w, http.StatusBadRequest, "invalid_grant", "No mapping for the JWT")
	default:
		s.tokenSet(w, in.Scope)
	}
}

// A refresh token is valid once. Using it a second time ends its grant.
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/AuthSDK/r-SDKa-POST-AuthorizeToken.php
func (s *Server) authorizeToken(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ClientID     string `json:"client_id"`
		RefreshToken string `json:"refresh_token"`
	}
	if !s.read(w, r, &in, "client_id", "refresh_token") {
		return
	}
	switch {
	case in.ClientID != s.opts.ClientID:
		s.refuse(w, http.StatusBadRequest, "invalid_client", "Application is not registered")
	case !s.refresh[in.RefreshToken]:
		s.refuse(w, http.StatusBadRequest, "invalid_grant", "Grant has been revoked, has expired, or the refresh token is invalid")
	default:
		s.refresh[in.RefreshToken] = false
		s.tokenSet(w, s.scopeOf[in.RefreshToken])
	}
}

// admin requires a current token with the scope admin.
func (s *Server) admin(h http.HandlerFunc) http.HandlerFunc { return s.scoped("admin", h) }

func (s *Server) scoped(scope string, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		access, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		t, ok := s.tokens[access]
		switch {
		case !ok || !s.now().Before(t.expires):
			s.refuse(w, http.StatusUnauthorized, "invalid_token", "The access token is missing, expired or revoked")
		case !covers(t.scope, scope):
			status := http.StatusForbidden
			if s.opts.ScopeAs401 {
				status = http.StatusUnauthorized
			}
			s.refuse(w, status, "insufficient_scope", "Grant rejected scope "+scope)
		case s.deadlocks > 0: // the text that public clients look for
			s.deadlocks--
			fake.Text(w, http.StatusInternalServerError, "text/plain", "Transaction was deadlocked and has been chosen as the deadlock victim. Rerun the transaction.")
		default:
			h(w, r)
		}
	}
}

// allowed reports whether the caller has one of the roles, and refuses it if not.
func (s *Server) allowed(w http.ResponseWriter, roles ...int) bool {
	if slices.Contains(roles, s.opts.Role) {
		return true
	}
	if s.opts.RoleAsResult {
		result(w, resultPrivileges, "Insufficient privileges")
	} else {
		s.refuse(w, http.StatusUnauthorized, "insufficient_rights", "The user does not have sufficient permissions for this request")
	}
	return false
}

// scopes

// sample is the response in the page's example. There is no other record.
const sample = "admin:grantrights,viewlogs;configuration;security;restricted:manage;statistics:manage,sensitive;codesignclient;" +
	"codesign:admin,approve,delete,manage;certificate:discover,manage,revoke;ssh:manage;agent:delete;codesigning:csp"

// guide has the scopes that the guide to scopes lists as valid, without those of the sample.
const guide = ";admin:recyclebin,delete;certificate:approve,delete;configuration:delete,manage;restricted:delete;" +
	"security:delete,manage;ssh:approve,delete,discover"

// parse reads a scope string into scope => restrictions.
func parse(text string) map[string][]string {
	parsed := map[string][]string{}
	for _, part := range strings.Split(strings.ToLower(strings.ReplaceAll(text, " ", "")), ";") {
		name, restrictions, _ := strings.Cut(part, ":")
		if name == "" {
			continue
		}
		parsed[name] = append([]string{}, parsed[name]...)
		for _, r := range strings.Split(restrictions, ",") {
			if r != "" && !slices.Contains(parsed[name], r) {
				parsed[name] = append(parsed[name], r)
			}
		}
	}
	return parsed
}

func covers(maximum, text string) bool {
	has := parse(maximum)
	for name, restrictions := range parse(text) {
		if _, ok := has[name]; !ok {
			return false
		}
		for _, r := range restrictions {
			if !slices.Contains(has[name], r) {
				return false
			}
		}
	}
	return true
}

// Scopes "defined by applications" (the OpenAPI document) and "all known scopes"
// (the page): both together (assumed).
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/WebSDK/r-SDK-POST-oauth-getscopes.php
func (s *Server) getScopes(w http.ResponseWriter, _ *http.Request) {
	all := sample
	for _, maximum := range s.apps {
		if !s.opts.PageScopes {
			all += ";" + maximum
		}
	}
	scopes := []map[string]any{}
	for name, restrictions := range parse(all) { // in no order
		scopes = append(scopes, map[string]any{"Scope": name, "RestrictionList": restrictions})
	}
	fake.JSON(w, http.StatusOK, map[string]any{"Result": resultSuccess, "Success": true, "Scopes": scopes})
}

// applications

// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/WebSDK/r-SDK-POST-oauth-getapplication.php
func (s *Server) getApplication(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ApplicationID string `json:"ApplicationId"`
	}
	if !s.read(w, r, &in, "ApplicationId") || !s.allowed(w, RoleAuditor, RoleMaintainer, RoleOwner, RoleGrantAdmin, RoleAdmin) {
		return
	}
	maximum, ok := s.apps[in.ApplicationID]
	if !ok {
		result(w, resultNoApplication, "Application not found")
		return
	}
	app := map[string]any{"ID": in.ApplicationID, "Name": in.ApplicationID, "Scope": "", "MaximumScope": maximum}
	if s.opts.ApplicationsArray {
		fake.JSON(w, http.StatusOK, map[string]any{"Result": resultSuccess, "Success": true, "Applications": []any{app}})
		return
	}
	fake.JSON(w, http.StatusOK, map[string]any{"Result": resultSuccess, "Success": true, "Application": app})
}

// exists reports whether an application exists. Every call about a deleted one returns
// Result 2.
func (s *Server) exists(w http.ResponseWriter, app string) bool {
	if _, ok := s.apps[app]; ok {
		return true
	}
	result(w, resultNoApplication, "Application not found")
	return false
}

// validateIdentity needs another token scope than the OAuth calls. For an identity that
// does not exist "the response body is empty": an object without members (assumed).
// https://docs.paloaltonetworks.com/trust-protection-foundation/Docs/25.1/TopNav/Content/SDK/WebSDK/r-SDK-POST-Identity-Validate.php
func (s *Server) validateIdentity(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID struct{ PrefixedUniversal string }
	}
	switch {
	case !s.read(w, r, &in, "ID"):
	case s.gone[guid(in.ID.PrefixedUniversal)]:
		fake.JSON(w, http.StatusOK, map[string]any{})
	default:
		fake.JSON(w, http.StatusOK, map[string]any{"ID": map[string]any{"PrefixedUniversal": in.ID.PrefixedUniversal, "Name": "someone", "Type": 1}})
	}
}

// rules

func (r Rule) matches(app, trustee string) bool {
	return r["ApplicationId"] == app && guid(r["TrusteePrefixedUniversal"].(string)) == guid(trustee)
}

// guid compares identities without braces, dashes and case (assumed).
func guid(identity string) string {
	return strings.ToLower(strings.NewReplacer("{", "", "}", "", "-", "").Replace(identity))
}

func (s *Server) recordWrite() {
	s.stale, s.lag = slices.Clone(s.rules), s.opts.Lag
}

// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/WebSDK/r-SDK-POST-oauth-getrules.php
func (s *Server) getRules(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ApplicationID            string `json:"ApplicationId"`
		TrusteePrefixedUniversal string
	}
	if !s.read(w, r, &in, "ApplicationId", "TrusteePrefixedUniversal") || !s.allowed(w, RoleAuditor, RoleMaintainer, RoleOwner, RoleGrantAdmin, RoleAdmin) {
		return
	}
	if in.ApplicationID == "" && in.TrusteePrefixedUniversal == "" {
		result(w, resultParameters, "At least one parameter is required")
		return
	}
	if _, ok := s.apps[in.ApplicationID]; !ok && in.ApplicationID != "" && !s.opts.AbsentAppAsEmpty {
		result(w, resultNoApplication, "Application not found")
		return
	}
	rules := s.rules
	if s.lag > 0 {
		s.lag--
		rules = s.stale
	}
	found := []Rule{}
	for _, rule := range rules {
		if (in.ApplicationID == "" || rule["ApplicationId"] == in.ApplicationID) &&
			(in.TrusteePrefixedUniversal == "" || guid(rule["TrusteePrefixedUniversal"].(string)) == guid(in.TrusteePrefixedUniversal)) {
			found = append(found, s.visibleRule(rule))
		}
	}
	body := map[string]any{"Result": resultSuccess, "Success": true, "Rules": found}
	switch {
	case len(found) == 0 && s.opts.NoRulesAsResult:
		result(w, resultNoRule, "Rule not found")
		return
	case len(found) == 0 && s.opts.NoRulesAsAbsent:
		delete(body, "Rules")
	}
	fake.JSON(w, http.StatusOK, body)
}

func (s *Server) visibleRule(rule Rule) Rule {
	rule = maps.Clone(rule)
	if s.opts.OtherText {
		parts := strings.Split(rule["MaximumScope"].(string), ";")
		slices.Reverse(parts)
		for i, p := range parts {
			name, restrictions, ok := strings.Cut(p, ":")
			if list := strings.Split(restrictions, ","); ok {
				slices.Reverse(list)
				p = name + ": " + strings.Join(list, ", ")
			}
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
		rule["MaximumScope"] = strings.Join(parts, "; ") + ";"
	}
	return rule
}

var ruleFields = []string{"TrusteePrefixedUniversal", "ApplicationId", "MaximumScope", "Description", "AccessValidity", "GrantValidity", "Renewable"}

// checkRule checks a rule by the requirements of the API.
func (s *Server) checkRule(w http.ResponseWriter, rule, known Rule) bool {
	for field := range rule {
		if _, ok := known[field]; !ok && !slices.Contains(ruleFields, field) {
			s.refuse(w, http.StatusBadRequest, "invalid_request", "Unknown parameter "+field)
			return false
		}
	}
	for _, field := range ruleFields[:3] {
		if text, ok := rule[field].(string); !ok || text == "" {
			s.refuse(w, http.StatusBadRequest, "invalid_request", "Missing required parameter "+field)
			return false
		}
	}
	scope := rule["MaximumScope"].(string)
	maximum, ok := s.apps[rule["ApplicationId"].(string)]
	switch {
	case s.gone[guid(rule["TrusteePrefixedUniversal"].(string))], !strings.Contains(rule["TrusteePrefixedUniversal"].(string), ":"): // assumed: the code
		result(w, resultParameters, "Invalid identity")
	case !ok:
		result(w, resultNoApplication, "Application not found")
	case !covers(sample+guide, scope): // assumed: which of the two codes is meant for this
		result(w, resultInvalidScope, "Invalid scope")
	case !covers(maximum, scope):
		result(w, resultScopeMismatch, "Scope does not match the application's maximum scope")
	default:
		return true
	}
	return false
}

// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/WebSDK/r-SDK-POST-oauth-createrule.php
func (s *Server) createRule(w http.ResponseWriter, r *http.Request) {
	var rule Rule
	if !s.read(w, r, &rule) || !s.allowed(w, RoleOwner, RoleAdmin) || !s.checkRule(w, rule, nil) {
		return
	}
	for _, other := range s.rules {
		if other.matches(rule["ApplicationId"].(string), rule["TrusteePrefixedUniversal"].(string)) {
			result(w, resultRuleExists, "Rule already exists")
			return
		}
	}
	s.recordWrite()
	s.rules = append(s.rules, rule)
	fake.JSON(w, http.StatusOK, map[string]any{"Result": resultSuccess, "Success": true, "Rule": rule})
}

// updateRule replaces everything: omitted fields are reset to their defaults.
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/WebSDK/r-SDK-POST-oauth-updaterule.php
func (s *Server) updateRule(w http.ResponseWriter, r *http.Request) {
	var in struct{ Rule Rule }
	if !s.read(w, r, &in, "Rule") || !s.allowed(w, RoleOwner, RoleAdmin) {
		return
	}
	app, _ := in.Rule["ApplicationId"].(string)
	trustee, _ := in.Rule["TrusteePrefixedUniversal"].(string)
	if !s.exists(w, app) {
		return
	}
	i := slices.IndexFunc(s.rules, func(rule Rule) bool { return rule.matches(app, trustee) })
	if i < 0 {
		result(w, resultNoRule, "Rule not found")
		return
	}
	if !s.checkRule(w, in.Rule, s.rules[i]) {
		return
	}
	s.recordWrite()
	s.rules[i] = in.Rule
	result(w, resultSuccess, "")
}

// deleteRule with one of its keys alone deletes every rule of that one, as the
// page warns. A missing rule is Result 4 (assumed).
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/WebSDK/r-SDK-POST-oauth-deleterule.php
func (s *Server) deleteRule(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ApplicationID            string `json:"ApplicationId"`
		TrusteePrefixedUniversal string
	}
	if !s.read(w, r, &in, "ApplicationId", "TrusteePrefixedUniversal") || !s.allowed(w, RoleOwner, RoleAdmin) {
		return
	}
	if in.ApplicationID == "" && in.TrusteePrefixedUniversal == "" {
		s.refuse(w, http.StatusBadRequest, "invalid_request", "Missing required parameter")
		return
	}
	if in.ApplicationID != "" && !s.exists(w, in.ApplicationID) {
		return
	}
	s.recordWrite()
	before := len(s.rules)
	s.rules = slices.DeleteFunc(slices.Clone(s.rules), func(rule Rule) bool {
		return (in.ApplicationID == "" || rule["ApplicationId"] == in.ApplicationID) &&
			(in.TrusteePrefixedUniversal == "" || guid(rule["TrusteePrefixedUniversal"].(string)) == guid(in.TrusteePrefixedUniversal))
	})
	if len(s.rules) == before {
		result(w, resultNoRule, "Rule not found")
		return
	}
	result(w, resultSuccess, "")
}
