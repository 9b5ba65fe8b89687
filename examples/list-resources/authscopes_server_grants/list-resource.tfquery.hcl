# The grants of all realms that begin with shop-.
list "authscopes_server_grants" "shops" {
  provider = authscopes

  config {
    include = ["shop-*"]
  }
}
