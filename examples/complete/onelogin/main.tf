# Scopes of a OneLogin authorization server, and the scopes that an OIDC app can request.
# `make demo BACKEND=onelogin` applies this on a stand-in for OneLogin.

terraform {
  required_providers {
    authscopes = {
      source = "authscopes/authscopes"
    }
  }
}

variable "server_id" {
  description = "ID of the authorization server (Developers > API Authorization)."
  type        = string
}

variable "app_id" {
  description = "ID of the OIDC app."
  type        = string
}

provider "authscopes" {
  onelogin = {} # ONELOGIN_API_URL, ONELOGIN_CLIENT_ID, ONELOGIN_CLIENT_SECRET
}

resource "authscopes_server_scopes" "api" {
  server_id = var.server_id
  scopes = { # OneLogin requires a description
    "invoices:read"  = "Read invoices"
    "invoices:write" = "Create and change invoices"
  }
}

resource "authscopes_client_scopes" "app" {
  server_id = var.server_id
  client_id = var.app_id
  optional  = [authscopes_server_scopes.api.names["invoices:read"]]
}
