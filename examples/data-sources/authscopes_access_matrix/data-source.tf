# The user types that get the scopes of missions, now and after an apply of the planned sets.
data "authscopes_access_matrix" "missions" {
  filter = ["missions:*"]

  include_clients          = true # the clients that have the scopes
  include_groups           = true # the groups that have the user types
  include_service_accounts = true # the service accounts that have them

  planned = {
    child    = ["missions:read"]
    educator = ["missions:create", "missions:read"]
  }

  lifecycle {
    postcondition {
      condition     = length(self.everyone) == 0
      error_message = "Everyone gets ${join(", ", self.everyone)}."
    }
  }
}

output "who_gets_what" {
  value = data.authscopes_access_matrix.missions.markdown
}

# Map of user type to the scopes that it loses.
output "lost" {
  value = data.authscopes_access_matrix.missions.lost
}
