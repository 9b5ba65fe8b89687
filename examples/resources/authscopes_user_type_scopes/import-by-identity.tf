import {
  to = authscopes_user_type_scopes.educator

  identity = {
    user_type = "educator"
    # server_id = "shop" # if it is not the realm of the provider
  }
}
