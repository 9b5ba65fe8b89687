# All scopes of the realms that begin with shop-.
list "authscopes_server_scopes" "shops" {
  provider = authscopes

  config {
    include = ["shop-*"]
  }
}
