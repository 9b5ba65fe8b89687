import {
  to = authscopes_server_scope.invoices_read

  identity = {
    name = "invoices:read"
    # server_id = "shop" # where it is not the provider's own
  }
}
