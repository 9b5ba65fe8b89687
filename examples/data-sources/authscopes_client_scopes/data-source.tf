data "authscopes_client_scopes" "web" {
  client_id = "web-shop"
}

output "web_shop_scopes" {
  value = setunion(data.authscopes_client_scopes.web.default, data.authscopes_client_scopes.web.optional)
}
