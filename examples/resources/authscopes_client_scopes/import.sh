# The ID is the client ID, never a UUID.
terraform import authscopes_client_scopes.web web-shop

# On OneLogin: the ID of the authorization server, then the ID of the app.
terraform import authscopes_client_scopes.web 77/1234
