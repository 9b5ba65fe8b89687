package authz

// A reason is the code of an advice that refers to the configuration, such as attributes and
// resources. The provider has its text. Error.Advice holds a reason, or a text in the server's
// own terms. Error.Args holds the values that the text of the reason needs.

// Reasons about the server that the provider configuration and the state refer to.
const (
	ReasonEngineReadOnly = "engine.read_only"
	ReasonOtherServer    = "server.other"
	ReasonServerIDNeeded = "server.id_needed"
	ReasonNoServerIDs    = "server.no_ids"
)

// Reasons about the transport.
const (
	ReasonHTTPResponse          = "http.response"
	ReasonHTTPRedirect          = "http.redirect"
	ReasonHTTPRateLimit         = "http.rate_limit"
	ReasonHTTPTimeout           = "http.timeout"
	ReasonHTTPDeadline          = "http.deadline"
	ReasonHTTPUnknownAuthority  = "http.unknown_authority"
	ReasonHTTPOtherName         = "http.other_name"
	ReasonHTTPCertificate       = "http.certificate"
	ReasonHTTPNoTLS             = "http.no_tls"
	ReasonHTTPClientCertificate = "http.client_certificate"
	ReasonHTTPServerURL         = "http.server_url"
)

// Reasons about Keycloak.
const (
	ReasonKeycloakTokenFile        = "keycloak.token_file"
	ReasonKeycloakMapper           = "keycloak.mapper"
	ReasonKeycloakSigningKey       = "keycloak.signing_key"
	ReasonKeycloakClient           = "keycloak.client"
	ReasonKeycloakClientProtocol   = "keycloak.client_protocol"
	ReasonKeycloakBasePath         = "keycloak.base_path"
	ReasonKeycloakLoginRealmUnset  = "keycloak.login_realm_unset"
	ReasonKeycloakPassword         = "keycloak.password"
	ReasonKeycloakCredentials      = "keycloak.credentials"
	ReasonKeycloakRealmUnset       = "keycloak.realm_unset"
	ReasonKeycloakRealmName        = "keycloak.realm_name"
	ReasonKeycloakMaster           = "keycloak.master"
	ReasonKeycloakRedirect         = "keycloak.redirect"
	ReasonKeycloakAccessToken      = "keycloak.access_token"
	ReasonKeycloakAddress          = "keycloak.address"
	ReasonKeycloakLoginRealm       = "keycloak.login_realm"
	ReasonKeycloakScopeProtocol    = "keycloak.scope_protocol"
	ReasonKeycloakBuiltInAccess    = "keycloak.built_in_access"
	ReasonKeycloakNewAccess        = "keycloak.new_access"
	ReasonKeycloakNotAScope        = "keycloak.not_a_scope"
	ReasonKeycloakCreatedElsewhere = "keycloak.created_elsewhere"
	ReasonKeycloakHalfCreated      = "keycloak.half_created"
	ReasonKeycloakMappedMeanwhile  = "keycloak.mapped_meanwhile"
	ReasonKeycloakHolderChanged    = "keycloak.holder_changed"
	ReasonKeycloakGuardRole        = "keycloak.guard_role"
	ReasonKeycloakGuardNamed       = "keycloak.guard_named"
	ReasonKeycloakBuiltInGrant     = "keycloak.built_in_grant"
	ReasonKeycloakScopeMissing     = "keycloak.scope_missing"
	ReasonKeycloakNotJWT           = "keycloak.not_jwt"
	ReasonKeycloakURLPath          = "keycloak.url_path"
	ReasonKeycloakRealm            = "keycloak.realm"
	ReasonKeycloakLoginRedirect    = "keycloak.login_redirect"
	ReasonKeycloakLoginRealmGone   = "keycloak.login_realm_gone"
	ReasonKeycloakLoginUser        = "keycloak.login_user"
	ReasonKeycloakLoginDirect      = "keycloak.login_direct"
	ReasonKeycloakLoginKey         = "keycloak.login_key"
	ReasonKeycloakLoginClient      = "keycloak.login_client"
	ReasonKeycloakLimitAgain       = "keycloak.limit_again"
	ReasonKeycloakAccess           = "keycloak.access"
	ReasonKeycloakClientRoles      = "keycloak.client_roles"
)

// Reasons about OneLogin.
const (
	ReasonOneLoginServerMissing  = "onelogin.server_missing"
	ReasonOneLoginApp            = "onelogin.app"
	ReasonOneLoginOptional       = "onelogin.optional"
	ReasonOneLoginAppChanged     = "onelogin.app_changed"
	ReasonOneLoginServerID       = "onelogin.server_id"
	ReasonOneLoginURL            = "onelogin.url"
	ReasonOneLoginCredential     = "onelogin.credential"
	ReasonOneLoginRefused        = "onelogin.refused"
	ReasonOneLoginRateLimit      = "onelogin.rate_limit"
	ReasonOneLoginDescription    = "onelogin.description"
	ReasonOneLoginUnverified     = "onelogin.unverified"
	ReasonOneLoginImportFound    = "onelogin.import_found"
	ReasonOneLoginImportExisting = "onelogin.import_existing"
)

// Reasons about Venafi.
const (
	ReasonVenafiTokenFile    = "venafi.token_file"
	ReasonVenafiLogin        = "venafi.login"
	ReasonVenafiServerID     = "venafi.server_id"
	ReasonVenafiToken        = "venafi.token"
	ReasonVenafiIssued       = "venafi.issued"
	ReasonVenafiScope        = "venafi.scope"
	ReasonVenafiVersion      = "venafi.version"
	ReasonVenafiURL          = "venafi.url"
	ReasonVenafiSpent        = "venafi.spent"
	ReasonVenafiRerun        = "venafi.rerun"
	ReasonVenafiClient       = "venafi.client"
	ReasonVenafiIdentity     = "venafi.identity"
	ReasonVenafiUserType     = "venafi.user_type"
	ReasonVenafiRuleChanged  = "venafi.rule_changed"
	ReasonVenafiRefused      = "venafi.refused"
	ReasonVenafiInvalidScope = "venafi.invalid_scope"
	ReasonVenafiDirectory    = "venafi.directory"
	ReasonVenafiJWT          = "venafi.jwt"
	ReasonVenafiCredentials  = "venafi.credentials"
)

// Reasons about ocariot.
const (
	ReasonOcariotHost              = "ocariot.host"
	ReasonOcariotDeadField         = "ocariot.dead_field"
	ReasonOcariotProbeRefused      = "ocariot.probe_refused"
	ReasonOcariotNoScopes          = "ocariot.no_scopes"
	ReasonOcariotURL               = "ocariot.url"
	ReasonOcariotAdmin             = "ocariot.admin"
	ReasonOcariotLogin             = "ocariot.login"
	ReasonOcariotNoUsers           = "ocariot.no_users"
	ReasonOcariotBeyondReach       = "ocariot.beyond_reach"
	ReasonOcariotRepeat            = "ocariot.repeat"
	ReasonOcariotReadback          = "ocariot.readback"
	ReasonOcariotReadbackAdmin     = "ocariot.readback_admin"
	ReasonOcariotReadbackNoListing = "ocariot.readback_no_listing"
	ReasonOcariotReader            = "ocariot.reader"
)

// Reasons about PACE.
const (
	ReasonPACENoToken   = "pace.no_token"
	ReasonPACEToken     = "pace.token"
	ReasonPACEEndpoint  = "pace.endpoint"
	ReasonPACEMediaType = "pace.media_type"
	ReasonPACEResponse  = "pace.response"
	ReasonPACEClient    = "pace.client"
)

// Reasons returns all reasons.
func Reasons() []string {
	return []string{
		ReasonEngineReadOnly, ReasonOtherServer, ReasonServerIDNeeded, ReasonNoServerIDs,
		ReasonHTTPResponse, ReasonHTTPRedirect, ReasonHTTPRateLimit, ReasonHTTPTimeout,
		ReasonHTTPDeadline, ReasonHTTPUnknownAuthority, ReasonHTTPOtherName, ReasonHTTPCertificate,
		ReasonHTTPNoTLS, ReasonHTTPClientCertificate, ReasonHTTPServerURL, ReasonKeycloakTokenFile,
		ReasonKeycloakMapper, ReasonKeycloakSigningKey, ReasonKeycloakClient, ReasonKeycloakClientProtocol,
		ReasonKeycloakBasePath, ReasonKeycloakLoginRealmUnset, ReasonKeycloakPassword, ReasonKeycloakCredentials,
		ReasonKeycloakRealmUnset, ReasonKeycloakRealmName, ReasonKeycloakMaster, ReasonKeycloakRedirect,
		ReasonKeycloakAccessToken, ReasonKeycloakAddress, ReasonKeycloakLoginRealm, ReasonKeycloakScopeProtocol,
		ReasonKeycloakBuiltInAccess, ReasonKeycloakNewAccess, ReasonKeycloakNotAScope, ReasonKeycloakCreatedElsewhere,
		ReasonKeycloakHalfCreated, ReasonKeycloakMappedMeanwhile, ReasonKeycloakHolderChanged, ReasonKeycloakGuardRole, ReasonKeycloakGuardNamed,
		ReasonKeycloakBuiltInGrant, ReasonKeycloakScopeMissing, ReasonKeycloakNotJWT, ReasonKeycloakURLPath,
		ReasonKeycloakRealm, ReasonKeycloakLoginRedirect, ReasonKeycloakLoginRealmGone, ReasonKeycloakLoginUser,
		ReasonKeycloakLoginDirect, ReasonKeycloakLoginKey, ReasonKeycloakLoginClient, ReasonKeycloakLimitAgain,
		ReasonKeycloakAccess, ReasonKeycloakClientRoles, ReasonOneLoginServerMissing, ReasonOneLoginApp,
		ReasonOneLoginOptional, ReasonOneLoginAppChanged, ReasonOneLoginServerID, ReasonOneLoginURL,
		ReasonOneLoginCredential, ReasonOneLoginRefused, ReasonOneLoginRateLimit, ReasonOneLoginDescription,
		ReasonOneLoginUnverified, ReasonOneLoginImportFound, ReasonOneLoginImportExisting, ReasonVenafiTokenFile,
		ReasonVenafiLogin, ReasonVenafiServerID, ReasonVenafiToken, ReasonVenafiIssued,
		ReasonVenafiScope, ReasonVenafiVersion, ReasonVenafiURL, ReasonVenafiSpent,
		ReasonVenafiRerun, ReasonVenafiClient, ReasonVenafiIdentity, ReasonVenafiUserType,
		ReasonVenafiRuleChanged, ReasonVenafiRefused, ReasonVenafiInvalidScope, ReasonVenafiDirectory,
		ReasonVenafiJWT, ReasonVenafiCredentials, ReasonOcariotHost, ReasonOcariotDeadField,
		ReasonOcariotProbeRefused, ReasonOcariotNoScopes, ReasonOcariotURL, ReasonOcariotAdmin,
		ReasonOcariotLogin, ReasonOcariotNoUsers, ReasonOcariotBeyondReach, ReasonOcariotRepeat,
		ReasonOcariotReader, ReasonOcariotReadback, ReasonOcariotReadbackAdmin, ReasonOcariotReadbackNoListing,
		ReasonPACENoToken, ReasonPACEToken, ReasonPACEEndpoint, ReasonPACEMediaType, ReasonPACEResponse, ReasonPACEClient,
	}
}
