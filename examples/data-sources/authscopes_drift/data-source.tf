# Definitions from OpenAPI documents, compared with the server.
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
  ignore_user_types = ["client/legacy-app/*"] # roles of another team

  # Use a root without resources: beside resources, a failed postcondition stops the apply that
  # removes the drift.
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
