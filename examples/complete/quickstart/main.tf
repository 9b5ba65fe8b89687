# A new realm in one root. The Keycloak provider creates the realm, its roles and its clients.
# This provider creates the scopes, and grants them to user types and clients.
#
#   export KEYCLOAK_URL=http://localhost:8080 KEYCLOAK_CLIENT_ID=admin-cli
#   export KEYCLOAK_USER=admin KEYCLOAK_PASSWORD=admin
#   terraform init && terraform apply

terraform {
  required_providers {
    authscopes = {
      source = "authscopes/authscopes"
    }
    keycloak = {
      source  = "keycloak/keycloak"
      version = "~> 5.0"
    }
  }
}

variable "realm" {
  type    = string
  default = "shop"
}

locals {
  scopes = {
    "children:read"  = "Read children"
    "missions:read"  = "Read missions"
    "missions:write" = "Create and change missions"
  }
  user_types = {
    child    = ["missions:read"]
    educator = ["children:read", "missions:read", "missions:write"]
  }
}

provider "keycloak" {}

provider "authscopes" {
  keycloak = {
    realm       = keycloak_realm.shop.id # not .realm: the ID is unknown until the realm exists
    login_realm = "master"
  }
}

resource "keycloak_realm" "shop" {
  realm   = var.realm
  enabled = true
}

resource "keycloak_role" "user_type" {
  for_each = local.user_types
  realm_id = keycloak_realm.shop.id
  name     = each.key
}

resource "keycloak_openid_client" "web" {
  realm_id              = keycloak_realm.shop.id
  client_id             = "web-shop"
  access_type           = "PUBLIC"
  standard_flow_enabled = true
  valid_redirect_uris   = ["https://shop.example.com/*"]
}

resource "authscopes_server_scopes" "shop" {
  scopes = local.scopes
}

resource "authscopes_user_type_scopes" "of" {
  for_each  = local.user_types
  user_type = keycloak_role.user_type[each.key].name
  scopes    = [for name in each.value : authscopes_server_scopes.shop.names[name]]
}

resource "authscopes_client_scopes" "web" {
  client_id = keycloak_openid_client.web.client_id
  optional  = values(authscopes_server_scopes.shop.names)
}

# A protocol mapper of the Keycloak provider, on a scope of this one.
resource "keycloak_openid_audience_protocol_mapper" "missions" {
  realm_id                 = keycloak_realm.shop.id
  client_scope_id          = authscopes_server_scopes.shop.ids["missions:read"]
  name                     = "missions-api"
  included_custom_audience = "https://missions.example.com"
}
