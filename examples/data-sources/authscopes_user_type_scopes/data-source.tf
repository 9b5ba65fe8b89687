data "authscopes_user_type_scopes" "educator" {
  user_type = "educator"
}

output "educator_scopes" {
  value = data.authscopes_user_type_scopes.educator.scopes
}
