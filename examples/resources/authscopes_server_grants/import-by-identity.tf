import {
  to = authscopes_server_grants.shop

  identity = {
    server_id = "shop"
  }
}
