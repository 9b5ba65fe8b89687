resource "authscopes_server_scopes" "shop" {
  scopes = {
    "children:read" = "Read children"
    "missions:read" = "Read missions"
  }
}

# The application may ask for these; its users get what their user types get.
# Its built-in scopes (profile, email and so on) stay as they are.
resource "authscopes_client_scopes" "web" {
  client_id = "web-shop" # the client's own id; it exists

  # In every token. On OneLogin everything is optional, and client_id is the app's id.
  default = [
    authscopes_server_scopes.shop.names["children:read"],
  ]

  # In tokens that ask for it.
  optional = [
    authscopes_server_scopes.shop.names["missions:read"],
  ]
}
