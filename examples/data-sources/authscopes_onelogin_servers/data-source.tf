# All authorization servers of the account. The keys are the values of server_id.
data "authscopes_onelogin_servers" "all" {}

output "server_ids" {
  value = { for id, server in data.authscopes_onelogin_servers.all.servers : server.name => id }
}
