data "authscopes_server_scopes" "missions" {
  filter = ["missions:*"]
}

output "who_gets_what" {
  value = { for name, scope in data.authscopes_server_scopes.missions.scopes : name => scope.user_types }
}
