# One team of several on one realm, with a state of its own. It manages what
# begins with catalog: and does not see the rest.

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

# The role is shared: each team says which of its own scopes the role gets.
resource "authscopes_user_type_scopes" "educator" {
  manage    = local.mine
  user_type = "educator"
  scopes    = [authscopes_server_scopes.catalog.names["catalog:read"]]
}
