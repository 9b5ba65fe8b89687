# The id is the client's own id, never a UUID.
terraform import authscopes_client_scopes.web web-shop

# Where a server id is required (OneLogin), it comes first: authorization server, then app.
terraform import authscopes_client_scopes.web 77/1234
