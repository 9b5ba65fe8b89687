# The realms of all shops, with all their scopes.
list "authscopes_server_scopes" "shops" {
  provider = authscopes

  config {
    include = ["shop-*"]
  }
}
