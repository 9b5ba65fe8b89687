resource "authscopes_server_scopes" "shop" {
  scopes = {
    "children:read" = "Read children"
    "missions:read" = "Read missions"
  }
}

# The scopes that the client can request. Its users get the scopes of their user types.
# Built-in scopes of the client, such as profile and email, stay.
resource "authscopes_client_scopes" "web" {
  client_id = "web-shop" # ID of an existing client

  # In every token. OneLogin supports optional only, and client_id is the ID of the app.
  default = [
    authscopes_server_scopes.shop.names["children:read"],
  ]

  # In tokens that request it.
  optional = [
    authscopes_server_scopes.shop.names["missions:read"],
  ]
}
