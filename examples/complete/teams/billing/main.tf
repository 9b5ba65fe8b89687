# Another team on the same realm; see ../catalog.

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
  mine = ["billing:*"]
}

resource "authscopes_server_scopes" "billing" {
  manage = local.mine
  scopes = {
    "billing:read"   = "Read invoices"
    "billing:refund" = "Refund invoices"
  }
}

resource "authscopes_user_type_scopes" "educator" {
  manage    = local.mine
  user_type = "educator"
  scopes    = [authscopes_server_scopes.billing.names["billing:read"]]
}
