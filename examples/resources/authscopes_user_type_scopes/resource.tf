resource "authscopes_server_scopes" "shop" {
  scopes = {
    "children:read" = "Read children"
    "missions:read" = "Read missions"
  }
}

# References to names create the scopes first, and make a misspelled name an error of the plan.
resource "authscopes_user_type_scopes" "educator" {
  user_type = "educator" # on Keycloak an existing realm role
  scopes = [
    authscopes_server_scopes.shop.names["children:read"],
    authscopes_server_scopes.shop.names["missions:read"],
  ]
}

# A role of a client.
resource "authscopes_user_type_scopes" "editor" {
  client_id = "web-shop"
  user_type = "editor"
  scopes    = [authscopes_server_scopes.shop.names["missions:read"]]
}
