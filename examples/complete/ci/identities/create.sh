#!/usr/bin/env bash
# Creates two clients with service accounts that have exactly the least privileges:
# terraform-plan can only read, terraform-apply can read and write. It needs curl and jq.
#
#   KEYCLOAK_URL=https://sso.example.com REALM=shop KEYCLOAK_USER=admin KEYCLOAK_PASSWORD=… ./create.sh
#
# With ISSUER, JWKS_URL, PLAN_SUBJECT and APPLY_SUBJECT, the clients log in with tokens of
# that issuer (Keycloak 26.4 or later with the feature client-auth-federated), and there is
# no secret. Without them, each client has a secret, which is printed.
set -euo pipefail
: "${KEYCLOAK_URL:?}" "${REALM:?}" "${KEYCLOAK_USER:?}" "${KEYCLOAK_PASSWORD:?}"
api="$KEYCLOAK_URL/admin/realms/$REALM"

token=$(curl --silent --show-error --fail-with-body "$KEYCLOAK_URL/realms/master/protocol/openid-connect/token" \
  --data-urlencode "username=$KEYCLOAK_USER" --data-urlencode password@<(printf %s "$KEYCLOAK_PASSWORD") \
  --data grant_type=password --data client_id=admin-cli | jq -r .access_token)

call() { # METHOD PATH [JSON]
  curl --silent --show-error --fail-with-body --request "$1" "$api/$2" \
    --header @<(printf 'Authorization: Bearer %s' "$token") --header 'Content-Type: application/json' ${3:+--data "$3"}
}

if [ -n "${ISSUER:-}" ]; then
  # GitHub Actions renews its tokens and needs no reuse. GitLab and HCP Terraform issue one
  # per job: a plan and an apply use it twice, at any time of the job.
  call POST identity-provider/instances "$(jq -n --arg issuer "$ISSUER" --arg jwks "$JWKS_URL" --arg reuse "${REUSE:-false}" --arg age "${MAX_AGE:-300}" '{
    alias: "ci", providerId: "oidc", enabled: true, hideOnLogin: true, config: {
      issuer: $issuer, jwksUrl: $jwks, useJwksUrl: "true", validateSignature: "true", supportsClientAssertions: "true",
      supportsClientAssertionReuse: $reuse, fedClientAssertionMaxExp: $age,
      clientId: "unused", clientSecret: "unused", authorizationUrl: $issuer, tokenUrl: $issuer
    }}')"
fi

create() { # CLIENT SUBJECT ROLE…
  local client=$1 subject=$2 uuid user management roles
  shift 2
  call POST clients "$(jq -n --arg client "$client" --arg subject "$subject" '{
    clientId: $client, serviceAccountsEnabled: true, standardFlowEnabled: false, publicClient: false, fullScopeAllowed: true
  } + if $subject == "" then {} else {
    clientAuthenticatorType: "federated-jwt", attributes: {"jwt.credential.issuer": "ci", "jwt.credential.sub": $subject}
  } end')"
  uuid=$(call GET "clients?clientId=$client" | jq -r '.[0].id')
  user=$(call GET "clients/$uuid/service-account-user" | jq -r .id)
  management=$(call GET "clients?clientId=realm-management" | jq -r '.[0].id')
  roles=$(for role in "$@"; do call GET "clients/$management/roles/$role"; done | jq -s .)
  call POST "users/$user/role-mappings/clients/$management" "$roles"
  if [ -z "$subject" ]; then
    printf '%s %s\n' "$client" "$(call GET "clients/$uuid/client-secret" | jq -r .value)"
  fi
}

create terraform-plan "${PLAN_SUBJECT:-}" view-clients view-realm
create terraform-apply "${APPLY_SUBJECT:-}" manage-clients manage-realm
