# The id is the server id: on Keycloak the realm.
terraform import authscopes_server_scopes.shop shop
