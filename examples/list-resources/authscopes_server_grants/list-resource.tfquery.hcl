# The grants of all realms of the shops.
list "authscopes_server_grants" "shops" {
  provider = authscopes

  config {
    include = ["shop-*"]
  }
}
