# The id is the name of the user type: on Keycloak of the realm role.
terraform import authscopes_user_type_scopes.educator educator
