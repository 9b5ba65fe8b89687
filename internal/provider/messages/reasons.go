package messages

import (
	"maps"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// reasons returns the text of each reason: a template over why.
func reasons() map[string]string {
	all := map[string]string{}
	for _, rows := range []map[string]string{
		serverReasons(), transportReasons(), keycloakReasons(), keycloakLoginReasons(),
		oneloginReasons(), venafiReasons(), ocariotReasons(), paceReasons(),
	} {
		maps.Copy(all, rows)
	}
	return all
}

func serverReasons() map[string]string {
	return map[string]string{
		authz.ReasonEngineReadOnly: "No request was sent. To apply, remove read_only from the provider configuration, or use a provider configuration " +
			"without it.",
		authz.ReasonOtherServer: "The provider configuration addresses {{index .Args 0}}, and this is {{index .Args 1}}. If a state belongs to {{index " +
			".Args 1}} and the resource must manage {{index .Args 0}}, remove the resource from state (terraform state rm) and " +
			"import it. To keep {{index .Args 1}}, restore the provider configuration, or use an identity that may read " +
			"it.\n\n{{index .Args 2}}",
		authz.ReasonServerIDNeeded: "{{index .Args 0}} requires a server_id: the {{index .Args 1}}.",
		authz.ReasonNoServerIDs:    "{{index .Args 0}} has no server IDs: remove server_id.",
	}
}

func transportReasons() map[string]string {
	return map[string]string{
		authz.ReasonHTTPResponse: "A proxy or a login page may have responded instead of the API. Check that url (and base_path, if any) is the address " +
			"of the API, and that no login page is in between.",
		authz.ReasonHTTPRedirect: "Set url to the final address of the API. A redirect to a login page means that a proxy requires a login.",
		authz.ReasonHTTPRateLimit: "The server, or a proxy in front of it, limits the rate of requests. Wait, then run Terraform again. To send fewer " +
			"requests at once, decrease requests_per_second or max_concurrency in the http block. To wait longer, increase " +
			"max_retries.",
		authz.ReasonHTTPTimeout: "If the server needs more time, increase request_timeout in the http block. Otherwise check that the server is " +
			"reachable.",
		authz.ReasonHTTPDeadline:         "Increase timeouts of the resource. request_timeout and max_retries in the http block limit the time of each request.",
		authz.ReasonHTTPUnknownAuthority: "Set ca_certificate in the http block to the PEM text or the file of the authority that signed the certificate.",
		authz.ReasonHTTPOtherName: "Set url to a name that the certificate contains, or issue a certificate for this name. ca_certificate does not help " +
			"here.",
		authz.ReasonHTTPCertificate: "Renew the certificate of the server, and check the clock of this machine. If the authority changed too, set " +
			"ca_certificate in the http block.",
		authz.ReasonHTTPNoTLS:             "Check whether url must begin with http:// or needs a different port.",
		authz.ReasonHTTPClientCertificate: "If the server requires a client certificate, set client_certificate and client_key in the http block.",
		authz.ReasonHTTPServerURL:         "Set {{index .Args 0}} to the address of the server, such as https://server.example.com.",
	}
}

func keycloakReasons() map[string]string {
	return map[string]string{
		authz.ReasonKeycloakMapper: "Rename or delete the protocol mapper, then apply again.",
		authz.ReasonKeycloakClient: "Set client_id to the client ID (Clients > Settings > Client ID). It is case-sensitive, and it is not the UUID in the " +
			"address of its page.",
		authz.ReasonKeycloakClientProtocol:   "Set client_id to an OpenID Connect client, or remove the resource from state (terraform state rm).",
		authz.ReasonKeycloakScopeProtocol:    "Remove the scope from the configuration.",
		authz.ReasonKeycloakBuiltInAccess:    "Set access = \"everyone\".",
		authz.ReasonKeycloakNewAccess:        "Set access to \"user_types\" or \"everyone\".",
		authz.ReasonKeycloakNotAScope:        "Remove the scope from the configuration. Each OpenID Connect client can request it.",
		authz.ReasonKeycloakCreatedElsewhere: "Plan again: the plan shows the difference.",
		authz.ReasonKeycloakHalfCreated: "The scope was created, a later step failed, and the scope could not be deleted. No client has it. Plan again to see " +
			"what the server has now.",
		authz.ReasonKeycloakMappedMeanwhile: "Nothing was revoked. Plan again: the plan names the user types that the scope is mapped to.",
		authz.ReasonKeycloakHolderChanged:   "Nothing was revoked. Plan and apply again.",
		authz.ReasonKeycloakGuardRole:       "Set guard_role to a different name.",
		authz.ReasonKeycloakGuardNamed: "Set the realm role of the users that must get the scopes. To change the name of the guard role, set guard_role in the " +
			"provider configuration.",
		authz.ReasonKeycloakBuiltInGrant: "Remove the scope from the configuration.",
		authz.ReasonKeycloakScopeMissing: "Plan again. If another resource creates the scope, refer to its names, or use depends_on.",
		authz.ReasonKeycloakLimitAgain:   "Plan and apply again to limit the scope. {{.Inner}}",
		authz.ReasonKeycloakAccess:       "Set access = {{quote (index .Args 0)}} for the scope.",
		authz.ReasonKeycloakClientRoles:  "Remove the client roles from the scope first, or do not change access.",
	}
}

// keycloakLoginReasons are about the address, the realm and the login.
func keycloakLoginReasons() map[string]string {
	return map[string]string{
		authz.ReasonKeycloakTokenFile: "Set jwt_token_file to the path of a file with a signed JWT. The provider reads the file at each login.",
		authz.ReasonKeycloakSigningKey: "Set jwt_signing_key to a private key in PEM format (for HS256, HS384 and HS512: the secret of the client) that fits " +
			"jwt_signing_alg.",
		authz.ReasonKeycloakBasePath:        "Set base_path to the path of the server, such as \"/auth\".",
		authz.ReasonKeycloakLoginRealmUnset: "Set realm (the managed realm) or login_realm (the realm of the login).",
		authz.ReasonKeycloakPassword:        "Set password.",
		authz.ReasonKeycloakCredentials: "Set one of: client_id with client_secret or jwt_signing_key; jwt_token, jwt_token_file or use_oidc; username with " +
			"password; access_token.",
		authz.ReasonKeycloakRealmUnset: "Set realm in the provider configuration (AUTHSCOPES_KEYCLOAK_REALM), or server_id in the resource. KEYCLOAK_REALM and " +
			"login_realm only select the realm of the login.",
		authz.ReasonKeycloakRealmName: "Check realm, or server_id if the resource has it.",
		authz.ReasonKeycloakMaster: "To manage the realm master, set allow_master = true in the provider configuration. Otherwise set realm to a different " +
			"realm (login_realm is the realm of the login).",
		authz.ReasonKeycloakRedirect: "Redirects are not followed, because they would forward the credentials. If the target is the server, set url " +
			"(and base_path) to it.",
		authz.ReasonKeycloakAccessToken: "The server rejects the access token. Check login_realm. If access_token is set, check that it has not expired.",
		authz.ReasonKeycloakAddress: "Check url, admin_url and base_path. Servers before version 17 usually have base_path = \"/auth\". A proxy or a login " +
			"page can cause this response, too.",
		authz.ReasonKeycloakLoginRealm: "Check login_realm, or realm if login_realm is not set. Names are case-sensitive.",
		authz.ReasonKeycloakNotJWT:     "Set {{index .Args 0}} to a signed JWT: three parts in base64url, separated by dots.",
		authz.ReasonKeycloakURLPath: "Set {{index .Args 0}} to the address before {{index .Args 1}}, realm to the name of the realm, and base_path to a path " +
			"such as \"/auth\" if the server has one.",
		authz.ReasonKeycloakRealm: "Check realm in the provider configuration, or server_id if the resource has it. Names are case-sensitive. If the realm " +
			"was deleted, remove its resources from state: terraform state rm <address>.",
		authz.ReasonKeycloakLoginRedirect: "Redirects are not followed, because they would forward the credentials. Check url, admin_url and base_path. " +
			"Servers before version 17 usually have base_path = \"/auth\". A proxy or a login page can cause this response, too.",
		authz.ReasonKeycloakLoginRealmGone: "Check login_realm, or realm if login_realm is not set. Names are case-sensitive. If the realm was deleted, remove its " +
			"resources from state: terraform state rm <address>.",
		authz.ReasonKeycloakLoginUser: "Check username and password of a user in realm {{quote (index .Args 1)}} (login_realm, or realm if login_realm is not " +
			"set).",
		authz.ReasonKeycloakLoginDirect: "Check client_id ({{quote (index .Args 0)}}) and client_secret. The client must be in realm {{quote (index .Args 1)}} " +
			"(login_realm, or realm if login_realm is not set), with \"Direct access grants\" enabled.",
		authz.ReasonKeycloakLoginKey: "Check client_id ({{quote (index .Args 0)}}), jwt_signing_key and jwt_signing_alg. The client must be in realm {{quote " +
			"(index .Args 1)}} (login_realm, or realm if login_realm is not set), with \"Service accounts roles\" enabled, and " +
			"authenticate by signed JWT with the certificate of the key.",
		authz.ReasonKeycloakLoginClient: "Check client_id ({{quote (index .Args 0)}}) and client_secret. The client must be in realm {{quote (index .Args 1)}} " +
			"(login_realm, or realm if login_realm is not set), with \"Client authentication\" and \"Service accounts roles\" " +
			"enabled.",
	}
}

func oneloginReasons() map[string]string {
	return map[string]string{
		authz.ReasonOneLoginServerMissing: "Check server_id and onelogin.url. Authorization servers belong to one account. See Developers > API Authorization.",
		authz.ReasonOneLoginApp: "Set client_id to the ID of the OIDC app, which is in the address of its page under Applications. It is not the OpenID " +
			"Connect client ID.",
		authz.ReasonOneLoginOptional:   "List the scopes as optional. On OneLogin, an app gets the scopes that it requests.",
		authz.ReasonOneLoginAppChanged: "The scopes of the app may have been changed at the same time. The next plan shows what the server has.",
		authz.ReasonOneLoginServerID: "Set server_id to the ID of the authorization server, such as \"77\". It is in the address of its page under Developers " +
			"> API Authorization.",
		authz.ReasonOneLoginURL: "Check onelogin.url. It must be the address of the account, https://<subdomain>.onelogin.com. A proxy or a login page " +
			"may have responded instead.",
		authz.ReasonOneLoginCredential: "Check onelogin.client_id and onelogin.client_secret under Developers > API Credentials.",
		authz.ReasonOneLoginRefused: "The credential is correct, because the login succeeded, but OneLogin rejects the token that it issued. Try again, " +
			"because another run may have revoked the token. If the error persists, check that onelogin.url is the address of the " +
			"account, and grant the privilege Manage All to the API credential (Developers > API Credentials).",
		authz.ReasonOneLoginRateLimit: "The rate limit of OneLogin is reached. Wait, or decrease requests_per_second and max_concurrency in the provider " +
			"configuration.",
		authz.ReasonOneLoginDescription:    "OneLogin requires a description for each scope. Set a description.",
		authz.ReasonOneLoginUnverified:     "Plan again to see the scopes that the server has now. The state has only the scopes that the server listed.",
		authz.ReasonOneLoginImportFound:    "Check this scope. If it is correct, import it with the ID \"{{index .Args 0}}\".",
		authz.ReasonOneLoginImportExisting: "The scope exists already. Import it with the ID \"{{index .Args 0}}\" instead of creating it.",
	}
}

func venafiReasons() map[string]string {
	return map[string]string{
		authz.ReasonVenafiTokenFile: "Set venafi.jwt_token_file to the path of a file with a JWT. The provider reads the file at each login.",
		authz.ReasonVenafiLogin: "Set exactly one of venafi.access_token; client_id with username and password; client_id with refresh_token; client_id " +
			"with jwt_token or jwt_token_file; client_id with the client certificate of the http block.",
		authz.ReasonVenafiServerID: "Set server_id to the ID of the application (API integration) that has the rules. This is its client_id.",
		authz.ReasonVenafiToken: "The access token has expired, or a different server issued it. Set venafi.access_token to a new token, or configure a " +
			"login (such as client_id with username and password).",
		authz.ReasonVenafiIssued: "The credentials are correct, because the login succeeded, but Venafi rejects the token that it issued. Try again, " +
			"because another run may have revoked the token. If the error persists, check that venafi.url and the address of the " +
			"login belong to one installation.",
		authz.ReasonVenafiScope: "Log in with a token that has the scope admin. The application of venafi.client_id must allow the scope admin, and so " +
			"must a rule for the user.",
		authz.ReasonVenafiVersion: "The server must have version 22.3 or later, because earlier versions have no OAuth management. If it has, check " +
			"venafi.url: it must be https://<host>, without a path.",
		authz.ReasonVenafiURL: "Check venafi.url. It must be https://<host>, without a path. A proxy or a login page may have responded instead.",
		authz.ReasonVenafiSpent: "A refresh token is valid for one login. Set a new token, or configure a different login method. The provider keeps the " +
			"successor of a refresh token in memory only. A refresh token is enough for one plan, or for one apply of a saved plan. " +
			"An apply without a saved plan logs in twice.",
		authz.ReasonVenafiRerun:  "The rule was changed at the same time. Plan again.",
		authz.ReasonVenafiClient: "Check venafi.client_id and its credentials. A proxy may have responded instead of the server.",
		authz.ReasonVenafiIdentity: "Set user_type to the prefixed universal ID of an identity or a group, such as local:{guid} or AD+directory:guid. POST " +
			"/vedsdk/Identity/Browse returns it as PrefixedUniversal.",
		authz.ReasonVenafiUserType:    "Set user_type to an identity or a group, such as local:{guid}.",
		authz.ReasonVenafiRuleChanged: "The rule may have been changed at the same time. The next plan shows what the server has.",
		authz.ReasonVenafiRefused: "Venafi does not report the reason. If the request is correct, a right may be missing. Log in with a token that has the " +
			"scope admin: the application of venafi.client_id must allow the scope admin, and so must a rule for the user. Assign " +
			"an OAuth role to the user of the token: Auditor to read the rules of each application; Owner of the application, or " +
			"Admin, to change its rules. Any role is enough to list scopes.",
		authz.ReasonVenafiInvalidScope: "Compare the scopes with the data source authscopes_server_scopes and with the scopes of the application.",
		authz.ReasonVenafiDirectory:    "Check user_type. This application accepts only identities of a directory.",
		authz.ReasonVenafiJWT: "Check venafi.client_id, and that the server has a JWT mapping for the issuer, the audience and the claims of the JWT. " +
			"The JWT of a CI job is valid for a short time only.",
		authz.ReasonVenafiCredentials: "Check venafi.client_id, and its password, refresh token or client certificate.",
	}
}

func ocariotReasons() map[string]string {
	return map[string]string{
		authz.ReasonOcariotHost: "The gateway routes this endpoint only for the host \"localhost\". Check host_header. If it is correct, the gateway is " +
			"older than 2.9.0 or newer than 2.12.0 and has no such route, or url is not its base URL (without /v1). Nothing was " +
			"removed from state.",
		authz.ReasonOcariotDeadField: "No user has the scopes that the listing shows. These releases fix the scopes of each type in their code, and have no " +
			"endpoint that replaces them. To read the scopes of tokens, set readback = \"login\" with probe_users. Nothing was " +
			"removed from state.",
		authz.ReasonOcariotProbeRefused: "Before the first read, readback \"filter\" sends an empty list of scopes to the endpoint, which rejects it and changes " +
			"nothing. Without this check, the listing of a newer release could be mistaken for the scopes of its tokens. A system " +
			"in front of the endpoint rejected this request. Run Terraform where the request is allowed.",
		authz.ReasonOcariotNoScopes: "ocariot has no users without scopes, so the listing is not valid. The account service may be newer than 2.6.1, whose " +
			"tokens ignore the field of the listing. Nothing was removed from state.",
		authz.ReasonOcariotURL: "Check url. It must be the base URL of the gateway or of the account service, without /v1. Nothing was removed from " +
			"state.",
		authz.ReasonOcariotAdmin: "Through the gateway, readback \"filter\" requires username and password of an admin.",
		authz.ReasonOcariotLogin: "Check username and password in the ocariot block, or those in probe_users.",
		authz.ReasonOcariotNoUsers: "ocariot stores scopes with each user, and a user that is created later has the default scopes of its type. Create the " +
			"users, then apply again.",
		authz.ReasonOcariotBeyondReach: "The server changes the {{index .Args 0}} users of a type that were created last, and a second request changes the same " +
			"users. The other {{index .Args 1}} keep their scopes, and only the database of the account service can change them. To " +
			"accept this without a check, set readback = \"none\".",
		authz.ReasonOcariotRepeat: "Apply again: a user who was created or edited at the same time has the default scopes of its type. If the error " +
			"persists, the user is not among the {{index .Args 0}} of its type that were created last, and the server changes only " +
			"these.",
		authz.ReasonOcariotReadback: "Set readback = \"filter\", or \"login\" with probe_users.{{index .Args 0}}, a user of this type for the login.",
		authz.ReasonOcariotReadbackAdmin: "Set username and password to those of an admin, or set probe_users.admin: readback \"filter\" reads the scopes of " +
			"admins from a token of one admin.",
		authz.ReasonOcariotReadbackNoListing: "Set readback = \"filter\" with username and password of an admin, or \"login\" with probe_users.admin, an admin for " +
			"the login.",
		authz.ReasonOcariotReader: "The user in the ocariot block requires the scope {{index .Args 0}}, which admins have by default.",
	}
}

func paceReasons() map[string]string {
	return map[string]string{
		authz.ReasonPACENoToken: "No token was sent. PACE does not publish whether this operation requires a token. Set access_token, or client_id, " +
			"client_secret and token_url, in the pace block.",
		authz.ReasonPACEToken: "The server rejected the token. Set a new access_token, or check client_id, client_secret and token_url, in the pace " +
			"block.",
		authz.ReasonPACEEndpoint: "Check url and api_version in the pace block. The request goes to {url}/user/{api_version}/maintenance/check-scopes. " +
			"Nothing was removed from state.",
		authz.ReasonPACEMediaType: "The server rejects the JSON:API media type that PACE publishes for this operation. Check api_version, and any proxy.",
		authz.ReasonPACEResponse: "Check url and api_version in the pace block. Something other than check-scopes may have responded. Nothing was " +
			"changed.",
		authz.ReasonPACEClient: "Check client_id, client_secret and token_url in the pace block. PACE publishes no client credentials grant: the client " +
			"may require permission for it.",
	}
}
