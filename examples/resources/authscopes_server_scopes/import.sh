# The ID is the server ID: on Keycloak the realm.
terraform import authscopes_server_scopes.shop shop
