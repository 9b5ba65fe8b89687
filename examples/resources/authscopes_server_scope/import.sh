# The ID is the name of the scope.
terraform import authscopes_server_scope.invoices_read invoices:read
