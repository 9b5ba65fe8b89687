# The scopes of a realm, and which user types get them. The OpenAPI documents in
# api/ are the single source of the scopes. `make demo` applies this on a real
# Keycloak. It needs Terraform 1.8 or newer; before that, the data source
# authscopes_definitions does what the function does. In CI (see ci/), add the
# backend that keeps your state.

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
  scopes    = [for name in each.value : authscopes_server_scopes.shop.names[name]] # a misspelt name is an error of the plan
}
