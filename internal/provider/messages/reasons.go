package messages

import (
	"maps"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// reasons returns the text of each reason: a template over Why.
func reasons() map[string]string {
	all := map[string]string{}
	for _, rows := range []map[string]string{serverReasons(), transportReasons(), keycloakReasons(), oneloginReasons(), venafiReasons(), ocariotReasons(), paceReasons()} {
		maps.Copy(all, rows)
	}
	return all
}

func serverReasons() map[string]string {
	return map[string]string{
		authz.ReasonEngineReadOnly: "No request was sent. Take read_only out of the provider configuration, or use one without it, to apply.",
		authz.ReasonOtherServer:    "The provider configuration addresses {{index .Args 0}}, and this is {{index .Args 1}}. If a state belongs to {{index .Args 1}} and the resource should manage {{index .Args 0}}, remove the resource from the state (terraform state rm) and import it from there. To keep {{index .Args 1}}, restore the provider configuration, or use an identity that may read it.\n\n{{index .Args 2}}",
		authz.ReasonServerIDNeeded: "{{index .Args 0}} needs a server_id: the {{index .Args 1}}.",
		authz.ReasonNoServerIDs:    "{{index .Args 0}} has no server ids: leave server_id out.",
	}
}

func transportReasons() map[string]string {
	return map[string]string{
		authz.ReasonHTTPAnswer: "Something other than the API may have answered, such as a proxy or a login page: see that url (and base path, if any) is the API's " +
			"own address, and that it can be reached from here without a login page in between.",
		authz.ReasonHTTPRedirect: "Set url to the API's final address; a redirect to a login page means that a proxy wants a login first.",
		authz.ReasonHTTPRateLimit: "The server, or a proxy in front of it, limits the rate of requests. Wait, then run again. To send fewer requests at once, lower " +
			"requests_per_second or max_concurrency in the http block. To wait longer, raise max_retries.",
		authz.ReasonHTTPTimeout:          "Raise request_timeout in the http block if the server needs longer; else see whether it is reachable from here.",
		authz.ReasonHTTPDeadline:         "Raise timeouts of the resource; request_timeout and max_retries in the http block say how long each request may take.",
		authz.ReasonHTTPUnknownAuthority: "Set ca_certificate in the http block to the PEM text or file of the authority that signed it.",
		authz.ReasonHTTPOtherName:        "Set url to a name that the certificate is for, or have the certificate made for this one; ca_certificate does not help here.",
		authz.ReasonHTTPCertificate: "Have the server's certificate renewed, and see that the clock here is right; if its authority changed as well, set ca_certificate " +
			"in the http block.",
		authz.ReasonHTTPNoTLS:             "See whether url should begin with http:// or name another port.",
		authz.ReasonHTTPClientCertificate: "If the server wants a client certificate, set client_certificate and client_key in the http block.",
		authz.ReasonHTTPServerURL:         "Set {{index .Args 0}} to the server's address, such as https://server.example.com.",
	}
}

func keycloakReasons() map[string]string {
	return map[string]string{
		authz.ReasonKeycloakTokenFile:  "Set jwt_token_file to the path of a file that has a signed JWT. The file is read at each login.",
		authz.ReasonKeycloakMapper:     "Rename or delete that protocol mapper, then apply again.",
		authz.ReasonKeycloakSigningKey: "jwt_signing_key is a private key in PEM form (for HS256, HS384, HS512 the client's secret), fit for jwt_signing_alg.",
		authz.ReasonKeycloakClient: "Set client_id to the client's own id (Clients > Settings > Client ID): upper and lower case differ, and the UUID in the address of " +
			"its page is another one.",
		authz.ReasonKeycloakClientProtocol:  "Name an OpenID Connect client in client_id, or remove the resource from the state (terraform state rm).",
		authz.ReasonKeycloakBasePath:        "base_path is the path that the server is under, such as \"/auth\".",
		authz.ReasonKeycloakLoginRealmUnset: "Set realm (the realm managed) or login_realm (the realm to log in to).",
		authz.ReasonKeycloakPassword:        "Set password.",
		authz.ReasonKeycloakCredentials:     "Set client_id with client_secret or jwt_signing_key, or jwt_token, jwt_token_file or use_oidc, or username with password, or access_token.",
		authz.ReasonKeycloakRealmUnset: "Set realm in the provider configuration (AUTHSCOPES_KEYCLOAK_REALM), or server_id in the resource. KEYCLOAK_REALM and login_realm " +
			"only say where to log in.",
		authz.ReasonKeycloakRealmName: "Check realm, or server_id where the resource has one.",
		authz.ReasonKeycloakMaster: "Set allow_master = true in the provider configuration if it is really meant, or realm to another one (the realm to log in to is " +
			"login_realm).",
		authz.ReasonKeycloakRedirect:    "Redirects are not followed: the credentials would go along. Set url (and base_path) to where it leads, if that is the server.",
		authz.ReasonKeycloakAccessToken: "The access token is not accepted. Check that login_realm is right, and where access_token is set, that it has not expired.",
		authz.ReasonKeycloakAddress: "Check url, admin_url and base_path: servers made for versions before 17 are mostly under base_path = \"/auth\". A proxy's or login " +
			"page in between answers like this, too.",
		authz.ReasonKeycloakLoginRealm:       "Check login_realm, or realm where login_realm is not set. Upper and lower case differ.",
		authz.ReasonKeycloakScopeProtocol:    "Remove the scope from the configuration.",
		authz.ReasonKeycloakBuiltInAccess:    "Set access = \"everyone\".",
		authz.ReasonKeycloakNewAccess:        "Set access to \"user_types\" or \"everyone\".",
		authz.ReasonKeycloakNotAScope:        "Leave it out: every OpenID Connect client may ask for it.",
		authz.ReasonKeycloakCreatedElsewhere: "Plan again: the plan will show the difference.",
		authz.ReasonKeycloakHalfCreated:      "The scope was created, then a later step failed, and so did deleting it again. No client has it. Plan again to see what is there.",
		authz.ReasonKeycloakMappedMeanwhile:  "Nothing was taken away. Plan again: the plan names the user types that the scope is mapped to.",
		authz.ReasonKeycloakHolderChanged:    "Nothing was taken away. Plan and apply again.",
		authz.ReasonKeycloakGuardRole:        "Set guard_role to another name.",
		authz.ReasonKeycloakGuardNamed:       "Name the realm role of the people who are to get the scopes. Another name for the guard is set by guard_role in the provider configuration.",
		authz.ReasonKeycloakBuiltInGrant:     "Leave it out.",
		authz.ReasonKeycloakScopeMissing:     "Plan again. If a resource of the same run makes the scope, refer to its names, or use depends_on.",
		authz.ReasonKeycloakNotJWT:           "Set {{index .Args 0}} to a signed JWT: three parts in base64url, joined by dots.",
		authz.ReasonKeycloakURLPath: "Set {{index .Args 0}} to the address before {{index .Args 1}}, realm to the name of the realm, and base_path to a path such as " +
			"\"/auth\" if the server has one.",
		authz.ReasonKeycloakRealm: "Check realm in the provider configuration, or server_id where the resource has one. Upper and lower case differ. If the realm was " +
			"deleted, remove its resources from the state: terraform state rm <address>.",
		authz.ReasonKeycloakLoginRedirect: "Redirects are not followed: the credentials would go along. Check url, admin_url and base_path: servers made for versions before " +
			"17 are mostly under base_path = \"/auth\". A proxy's or login page in between answers like this, too.",
		authz.ReasonKeycloakLoginRealmGone: "Check login_realm, or realm where login_realm is not set. Upper and lower case differ. If the realm was deleted, remove its " +
			"resources from the state: terraform state rm <address>.",
		authz.ReasonKeycloakLoginUser: "Check username and password of a user in realm {{quote (index .Args 1)}} (login_realm, or realm where that is not set).",
		authz.ReasonKeycloakLoginDirect: "Check client_id ({{quote (index .Args 0)}}) and client_secret: the client must be in realm {{quote (index .Args 1)}} (login_realm, " +
			"or realm where that is not set) and have \"Direct access grants\" on.",
		authz.ReasonKeycloakLoginKey: "Check client_id ({{quote (index .Args 0)}}), jwt_signing_key and jwt_signing_alg: the client must be in realm {{quote (index .Args " +
			"1)}} (login_realm, or realm where that is not set), have \"Service accounts roles\" on, and authenticate by signed JWT with the " +
			"key's certificate.",
		authz.ReasonKeycloakLoginClient: "Check client_id ({{quote (index .Args 0)}}) and client_secret: the client must be in realm {{quote (index .Args 1)}} (login_realm, " +
			"or realm where that is not set) and have \"Client authentication\" and \"Service accounts roles\" on.",
		authz.ReasonKeycloakLimitAgain:  "Plan and apply again, to limit the scope. {{.Inner}}",
		authz.ReasonKeycloakAccess:      "Set access = {{quote (index .Args 0)}} for it.",
		authz.ReasonKeycloakClientRoles: "Take those client roles off the scope first, or leave access as it is.",
	}
}

func oneloginReasons() map[string]string {
	return map[string]string{
		authz.ReasonOneLoginServerMissing: "Check server_id and onelogin.url: authorization servers belong to one account, and are listed under Developers > API Authorization.",
		authz.ReasonOneLoginApp:           "Set client_id to the id of the OIDC app (not its OpenID Connect client id); it is in the address of its page under Applications.",
		authz.ReasonOneLoginOptional:      "List the scopes as optional: on OneLogin an app gets those that it asks for.",
		authz.ReasonOneLoginAppChanged:    "Somebody else may have changed them meanwhile. The next plan shows what is there.",
		authz.ReasonOneLoginServerID:      "Set server_id to the id of the authorization server, such as \"77\"; it is in the address of its page under Developers > API Authorization.",
		authz.ReasonOneLoginURL: "Check onelogin.url: it is the account's own address, https://<subdomain>.onelogin.com. A proxy or a login page may have answered " +
			"in its place.",
		authz.ReasonOneLoginCredential: "Check onelogin.client_id and onelogin.client_secret against Developers > API Credentials.",
		authz.ReasonOneLoginRefused: "The credential is right, because the login before this call succeeded: OneLogin does not accept the token that it issued. Try " +
			"again, because another run may have revoked it. If that does not help, check that onelogin.url is the account's own address, and " +
			"give the API credential the privilege Manage All (Developers > API Credentials).",
		authz.ReasonOneLoginRateLimit:      "OneLogin's rate limit is reached. Wait, or lower requests_per_second and max_concurrency in the provider configuration.",
		authz.ReasonOneLoginDescription:    "OneLogin requires a description of every scope: give it one.",
		authz.ReasonOneLoginUnverified:     "Run plan again to see the scopes that the server has now. The state has only what the server listed.",
		authz.ReasonOneLoginImportFound:    "Look at that scope; if it is right, import it with the id \"{{index .Args 0}}\".",
		authz.ReasonOneLoginImportExisting: "That scope is there already. Import it in place of creating it, with the id \"{{index .Args 0}}\".",
	}
}

func venafiReasons() map[string]string {
	return map[string]string{
		authz.ReasonVenafiTokenFile: "Set venafi.jwt_token_file to the path of a file that has a JWT. The file is read at each login.",
		authz.ReasonVenafiLogin: "Set exactly one of venafi.access_token; client_id with username and password; client_id with refresh_token; client_id with " +
			"jwt_token or jwt_token_file; client_id with the client certificate of the http block.",
		authz.ReasonVenafiServerID: "Set server_id to the id of the application (API integration) whose rules are meant, which is its client_id.",
		authz.ReasonVenafiToken: "The access token is not valid any more, or not of this server. Give venafi.access_token a new one, or configure a login (client_id " +
			"with username and password, for one).",
		authz.ReasonVenafiIssued: "The login succeeded, so its credentials are right: Venafi does not accept the token that it issued. Try again, because another run " +
			"may have revoked it. If that does not help, check that venafi.url and the address of the login are of one installation.",
		authz.ReasonVenafiScope: "Log in with a token that has the scope admin: the application of venafi.client_id must allow the scope admin, and so must a rule " +
			"for the user.",
		authz.ReasonVenafiVersion: "The server must be version 22.3 or later; older ones have no OAuth management. If it is, check venafi.url: it is https://<host>, " +
			"without a path.",
		authz.ReasonVenafiURL: "Check venafi.url: it is https://<host>, without a path. A proxy or a login page may have answered in its place.",
		authz.ReasonVenafiSpent: "A refresh token is good for one login. Get a new one, or configure another way to log in. The successor of a refresh token is kept " +
			"in memory only, so one serves one plan, or one apply of a saved plan; an apply without one logs in twice.",
		authz.ReasonVenafiRerun:  "Somebody else changes rules too. Plan again.",
		authz.ReasonVenafiClient: "Check venafi.client_id and its credentials; a proxy may have answered in the server's place.",
		authz.ReasonVenafiIdentity: "Set user_type to the prefixed universal of an identity or a group, such as local:{guid} or AD+directory:guid. POST " +
			"/vedsdk/Identity/Browse returns it as PrefixedUniversal.",
		authz.ReasonVenafiUserType:    "Set user_type to an identity or a group, such as local:{guid}.",
		authz.ReasonVenafiRuleChanged: "Somebody else may have changed the rule meanwhile. The next plan shows what is there.",
		authz.ReasonVenafiRefused: "Venafi does not say what is missing. Where the request is right, it may be a right. Log in with a token that has the scope admin: " +
			"the application of venafi.client_id must allow the scope admin, and so must a rule for the user. Give the user behind the token an " +
			"OAuth role: Auditor to read the rules of every application; Owner of the application, or Admin, to change its rules. Any role is " +
			"enough to list scopes.",
		authz.ReasonVenafiInvalidScope: "Check the scopes against the data source authscopes_server_scopes and the application's own.",
		authz.ReasonVenafiDirectory:    "Check user_type: this application takes identities of a directory only.",
		authz.ReasonVenafiJWT: "Check venafi.client_id, and that the server has a JWT mapping for the issuer, the audience and the claims of the JWT. The JWT of a " +
			"CI job is valid for a short time only.",
		authz.ReasonVenafiCredentials: "Check venafi.client_id, and the password, refresh token or client certificate that goes with it.",
	}
}

func ocariotReasons() map[string]string {
	return map[string]string{
		authz.ReasonOcariotHost: "The gateway routes this endpoint only for the Host \"localhost\": check host_header. If it is right, the gateway is older than 2.9.0 " +
			"or newer than 2.12.0 and has no such route, or url is not its base URL (without /v1). Nothing is gone.",
		authz.ReasonOcariotDeadField: "No user has the scopes that the listing shows. These releases fix the scopes of each type in their code, and have no endpoint that " +
			"replaces them. To read the scopes that tokens have, set readback = \"login\" with probe_users. Nothing is gone.",
		authz.ReasonOcariotProbeRefused: "Before the first reading, readback \"filter\" sends an empty list of scopes to the endpoint, which refuses it and changes nothing: " +
			"otherwise the listing of a newer release would be taken for the scopes of its tokens. Something in front of the endpoint refused " +
			"this request. Run where it is let through.",
		authz.ReasonOcariotNoScopes: "ocariot has no users without scopes, so the listing cannot be believed: the account service may be newer than 2.6.1, whose tokens " +
			"ignore what the listing reads. Nothing is gone.",
		authz.ReasonOcariotURL:     "Check url: it is the base URL of the gateway or of the account service, without /v1. Nothing is gone.",
		authz.ReasonOcariotAdmin:   "Through the gateway, readback \"filter\" needs username and password of an admin.",
		authz.ReasonOcariotLogin:   "Check username and password in the ocariot block, or those in probe_users.",
		authz.ReasonOcariotNoUsers: "Scopes are kept with each user, and a user created later has the default scopes of its type. Create the users, then apply again.",
		authz.ReasonOcariotBeyondReach: "The server changes the {{index .Args 0}} users of a type that were created last, and a repeat reaches the same ones. The other " +
			"{{index .Args 1}} keep what they have; only the account service's database can change them. readback = \"none\" accepts this unseen.",
		authz.ReasonOcariotRepeat: "Apply again: a user who was created or edited meanwhile has the default scopes of its type. If it persists, the user is not among " +
			"the {{index .Args 0}} of its type that were created last, which are all that the server changes.",
		authz.ReasonOcariotReadback: "Set readback = \"filter\", or \"login\" with probe_users.{{index .Args 0}}, a user of this type to log in as.",
		authz.ReasonOcariotReadbackAdmin: "Set username and password to those of an admin, or set probe_users.admin: " +
			"readback \"filter\" reads the scopes of admins from a token of one admin.",
		authz.ReasonOcariotReadbackNoListing: "Set readback = \"filter\" with username and password of an admin, or \"login\" with probe_users.admin, an admin to log in as.",
		authz.ReasonOcariotReader:            "The user in the ocariot block needs the scope {{index .Args 0}}, which admins have by default.",
	}
}

func paceReasons() map[string]string {
	return map[string]string{
		authz.ReasonPACENoToken: "No token was sent. Whether this operation wants one is not published; set access_token, or client_id, client_secret and token_url, " +
			"in the pace block.",
		authz.ReasonPACEToken:     "The token was refused. Get a new access_token, or check client_id, client_secret and token_url, in the pace block.",
		authz.ReasonPACEEndpoint:  "Check url and api_version in the pace block: the request goes to {url}/user/{api_version}/maintenance/check-scopes. Nothing is gone.",
		authz.ReasonPACEMediaType: "The server refuses the JSON:API media type that this operation is published with. Check api_version, and what stands between.",
		authz.ReasonPACEAnswer:    "Check url and api_version in the pace block: something other than check-scopes may have responded. Nothing was changed.",
		authz.ReasonPACEClient: "Check client_id, client_secret and token_url in the pace block. PACE publishes no client credentials grant: the client may have to " +
			"be allowed it.",
	}
}
