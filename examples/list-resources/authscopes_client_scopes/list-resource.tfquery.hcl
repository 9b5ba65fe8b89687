list "authscopes_client_scopes" "web" {
  provider = authscopes

  config {
    include       = ["web-*"]
    include_empty = true
  }
}
