# A module with a test that needs no server: run terraform test.

terraform {
  required_providers {
    authscopes = {
      source = "authscopes/authscopes"
    }
  }
}

variable "scopes" {
  type = map(string)
}

variable "readers" {
  description = "User types that get every scope that ends with :read."
  type        = set(string)
}

resource "authscopes_server_scopes" "all" {
  scopes = var.scopes
}

resource "authscopes_user_type_scopes" "reader" {
  for_each  = var.readers
  user_type = each.key
  scopes    = [for name in keys(var.scopes) : authscopes_server_scopes.all.names[name] if endswith(name, ":read")]
}

output "readable" {
  value = { for name, reader in authscopes_user_type_scopes.reader : name => reader.scopes }
}
