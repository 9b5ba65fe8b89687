import {
  to = authscopes_client_scopes.web

  identity = {
    client_id = "web-shop"
    # server_id = "shop" # if it is not the realm of the provider
  }
}
