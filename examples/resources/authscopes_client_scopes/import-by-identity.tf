import {
  to = authscopes_client_scopes.web

  identity = {
    client_id = "web-shop"
    # server_id = "shop" # where it is not the provider's own
  }
}
