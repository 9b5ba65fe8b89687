data "authscopes_definitions" "api" {
  files = [for f in fileset(path.module, "api/*.yaml") : "${path.module}/${f}"]
}

output "declared" {
  value = data.authscopes_definitions.api.places # name => document:line
}

output "used_but_never_declared" {
  value = data.authscopes_definitions.api.undeclared
}
