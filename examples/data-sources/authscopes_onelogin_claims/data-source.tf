# Claims that an authorization server adds to its tokens.
data "authscopes_onelogin_claims" "api" {
  server_id = "77"
}

output "claims" {
  value = keys(data.authscopes_onelogin_claims.api.claims)
}
