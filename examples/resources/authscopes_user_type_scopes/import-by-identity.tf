import {
  to = authscopes_user_type_scopes.educator

  identity = {
    user_type = "educator"
    # server_id = "shop" # where it is not the provider's own
  }
}
