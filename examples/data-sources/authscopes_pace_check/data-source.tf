# Scope definitions from OpenAPI documents, compared by PACE with its own scopes.
data "authscopes_definitions" "user" {
  files = [for f in fileset(path.module, "api/*.yaml") : "${path.module}/${f}"]
}

data "authscopes_pace_check" "user" {
  scopes         = data.authscopes_definitions.user.scopes
  sources        = data.authscopes_definitions.user.places
  response_lists = "missing" # PACE does not publish the meaning of the names that it returns.

  # in_sync is null if the meaning of the response is unknown.
  lifecycle {
    postcondition {
      condition     = self.in_sync == true
      error_message = self.report
    }
  }
}

output "report" {
  value = data.authscopes_pace_check.user.report
}
