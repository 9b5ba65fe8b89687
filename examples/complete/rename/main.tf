resource "authscopes_server_scopes" "shop" {
  scopes = {
    "missions:read"  = "Read missions"
    "missions:write" = "Create and change missions" # was missions:create
  }

  # New name => old name. The scope keeps its ID and everything that refers to the ID.
  previous_names = {
    "missions:write" = "missions:create"
  }
}

resource "authscopes_user_type_scopes" "educator" {
  user_type = "educator"
  scopes    = values(authscopes_server_scopes.shop.names)
}
