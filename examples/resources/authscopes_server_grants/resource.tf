resource "authscopes_server_scopes" "shop" {
  scopes = {
    "children:read"   = "Read children"
    "missions:read"   = "Read missions"
    "missions:create" = "Create missions"
  }
}

# All user types of the realm. The apply revokes these scopes from every other role.
resource "authscopes_server_grants" "shop" {
  user_types = {
    educator = values(authscopes_server_scopes.shop.names)
    child    = [authscopes_server_scopes.shop.names["missions:read"]]
    family   = [] # the same as no entry
  }

  # Roles of clients, by client ID.
  client_roles = {
    web-shop = {
      editor = [authscopes_server_scopes.shop.names["missions:create"]]
    }
  }

  # Excluded: roles of another team keep their scopes.
  ignore_user_types = ["billing-*", "client/billing/*"]

  # A plan that revokes more than 10 grants is an error.
  max_revocations = 10
}
