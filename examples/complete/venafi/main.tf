# The OAuth rule of a group for an application of Trust Protection Foundation (Venafi TPP).
# `make demo BACKEND=venafi` applies this on a stand-in for Venafi.

terraform {
  required_providers {
    authscopes = {
      source = "authscopes/authscopes"
    }
  }
}

variable "application_id" {
  description = "Application ID (the client ID of the API integration)."
  type        = string
}

variable "group" {
  description = "Identity or group, such as local:{5e2f…}."
  type        = string
}

provider "authscopes" {
  venafi = {} # AUTHSCOPES_VENAFI_URL and one way to log in
}

# Scopes are read-only on this server.
data "authscopes_server_scopes" "known" {}

resource "authscopes_user_type_scopes" "operators" {
  server_id = var.application_id
  user_type = var.group
  scopes    = ["certificate:manage", "certificate:revoke", "ssh"]
}

output "known_scopes" {
  value = { for name, scope in data.authscopes_server_scopes.known.scopes : name => scope.restrictions }
}
