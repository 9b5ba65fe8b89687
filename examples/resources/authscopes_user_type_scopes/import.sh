# The ID is the name of the user type: on Keycloak of the realm role.
terraform import authscopes_user_type_scopes.educator educator

# A role of a client, with %2F for a slash of the client ID.
terraform import authscopes_user_type_scopes.editor client/web-shop/editor

# A realm role whose name begins with client/.
terraform import authscopes_user_type_scopes.other realm/client/web-shop/editor
