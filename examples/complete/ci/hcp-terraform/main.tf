# A workspace of HCP Terraform. It logs in with the token of the run, and its health assessments
# evaluate the check: drift of scopes that no resource of this configuration manages is reported too.
#
# Workspace variables (environment): TFC_WORKLOAD_IDENTITY_AUDIENCE = https://sso.example.com/realms/shop

terraform {
  required_providers {
    authscopes = {
      source = "authscopes/authscopes"
    }
  }
}

provider "authscopes" {
  keycloak = {
    url      = "https://sso.example.com"
    realm    = "shop"
    use_oidc = true
  }
}

locals {
  scopes = {
    "children:read" = "Read children"
    "missions:read" = "Read missions"
  }
  user_types = {
    educator = ["children:read", "missions:read"]
  }
}

resource "authscopes_server_scopes" "shop" {
  scopes = local.scopes
}

resource "authscopes_user_type_scopes" "of" {
  for_each  = local.user_types
  user_type = each.key
  scopes    = [for name in each.value : authscopes_server_scopes.shop.names[name]]
}

check "scopes" {
  data "authscopes_drift" "shop" {
    scopes     = local.scopes
    user_types = local.user_types
  }

  assert {
    condition     = data.authscopes_drift.shop.in_sync
    error_message = data.authscopes_drift.shop.report
  }
}
