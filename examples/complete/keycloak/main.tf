# The scopes of a realm and of its user types. The OpenAPI documents in api/ define the scopes.
# `make demo` applies this configuration on a real Keycloak. The function needs Terraform 1.8 or
# later: before that, use the data source authscopes_definitions. In CI, add a backend.

terraform {
  required_providers {
    authscopes = {
      source = "authscopes/authscopes"
    }
  }
}

provider "authscopes" {
  keycloak = {} # url, realm and credentials come from the environment
}

resource "authscopes_server_scopes" "shop" {
  scopes = provider::authscopes::openapi_scopes({
    for f in fileset(path.module, "api/*.yaml") : f => file("${path.module}/${f}")
  })
}

resource "authscopes_user_type_scopes" "of" {
  for_each  = yamldecode(file("${path.module}/user_types.yaml"))
  user_type = each.key
  scopes    = [for name in each.value : authscopes_server_scopes.shop.names[name]] # a misspelled name is an error of the plan
}
