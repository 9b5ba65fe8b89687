# The OpenAPI documents define the scopes.
resource "authscopes_server_scopes" "shop" {
  scopes = provider::authscopes::openapi_scopes({
    for f in fileset(path.module, "api/*.yaml") : f => file("${path.module}/${f}")
  })
}
