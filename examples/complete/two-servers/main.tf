# The same scopes on two servers: one provider configuration for each, with an alias for the
# second one, and one definition for both.

terraform {
  required_providers {
    authscopes = {
      source = "authscopes/authscopes"
    }
  }
}

variable "onelogin_server_id" {
  type = string
}

provider "authscopes" {
  keycloak = {}
}

provider "authscopes" {
  alias    = "partners"
  onelogin = {}
}

locals {
  scopes = {
    "invoices:read"  = "Read invoices"
    "invoices:write" = "Create and change invoices"
  }
}

resource "authscopes_server_scopes" "staff" {
  scopes = local.scopes
}

resource "authscopes_server_scopes" "partners" {
  provider  = authscopes.partners
  server_id = var.onelogin_server_id
  scopes    = local.scopes
}
