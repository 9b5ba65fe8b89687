# terraform query -generate-config-out=generated.tf
list "authscopes_server_scope" "missions" {
  provider = authscopes

  config {
    include = ["missions:*"]
    exclude = ["*:admin"]
  }
}
