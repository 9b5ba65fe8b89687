data "authscopes_server_scope" "missions_read" {
  name = "missions:read"
}

output "access" {
  value = data.authscopes_server_scope.missions_read.settings.access
}
