# The definitions out of OpenAPI documents, held against the live server.
data "authscopes_definitions" "api" {
  files = [for f in fileset(path.module, "api/*.yaml") : "${path.module}/${f}"]
}

data "authscopes_drift" "shop" {
  scopes  = data.authscopes_definitions.api.scopes
  sources = data.authscopes_definitions.api.places
  ignore  = ["legacy:*"]

  overrides = {
    "missions:read" = { include_in_token_scope = false }
  }

  user_types = {
    educator = ["children:read", "missions:create", "missions:read"]
    child    = ["missions:read"]
  }
  ignore_user_types = ["client/legacy-app/*"] # roles that another team owns

  # In a configuration of its own, without resources: beside them it would stop
  # the apply that puts the drift right.
  lifecycle {
    postcondition {
      condition     = self.in_sync
      error_message = self.report
    }
  }
}

output "report" {
  value = data.authscopes_drift.shop.report
}
