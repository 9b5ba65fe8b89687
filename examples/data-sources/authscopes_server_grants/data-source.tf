data "authscopes_server_grants" "shop" {}

# Which user types can create missions?
output "mission_creators" {
  value = sort([for user_type, scopes in data.authscopes_server_grants.shop.user_types : user_type if contains(scopes, "missions:create")])
}
