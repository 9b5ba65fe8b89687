import {
  to = authscopes_server_scope.invoices_read

  identity = {
    name = "invoices:read"
    # server_id = "shop" # if it is not the realm of the provider
  }
}
