# One team of several on one realm, with a state of its own. It manages the scopes that begin
# with catalog:, and excludes all others.

terraform {
  required_providers {
    authscopes = {
      source = "authscopes/authscopes"
    }
  }
}

provider "authscopes" {
  keycloak = {}
}

locals {
  mine = ["catalog:*"]
}

resource "authscopes_server_scopes" "catalog" {
  manage = local.mine
  scopes = {
    "catalog:read"  = "Read the catalog"
    "catalog:write" = "Change the catalog"
  }
}

# Both teams share the role. Each team manages the scopes with its own prefix.
resource "authscopes_user_type_scopes" "educator" {
  manage    = local.mine
  user_type = "educator"
  scopes    = [authscopes_server_scopes.catalog.names["catalog:read"]]
}
