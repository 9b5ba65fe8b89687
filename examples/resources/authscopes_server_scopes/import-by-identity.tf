import {
  to = authscopes_server_scopes.shop

  identity = {
    server_id = "shop"
  }
}
