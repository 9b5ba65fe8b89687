list "authscopes_user_type_scopes" "all" {
  provider         = authscopes
  include_resource = true # show the scopes too
  limit            = 500

  config {
    exclude = ["test-*"]
  }
}
