data "authscopes_user_type_scopes" "educator" {
  user_type = "educator"
}

output "educators_may" {
  value = data.authscopes_user_type_scopes.educator.scopes
}
