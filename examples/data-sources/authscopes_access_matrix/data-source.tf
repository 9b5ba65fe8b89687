# Who gets the scopes of missions, now and once the sets below are applied.
data "authscopes_access_matrix" "missions" {
  filter = ["missions:*"]

  include_clients          = true # which client hands out the scopes
  include_groups           = true # which groups have the user types
  include_service_accounts = true # and which service accounts

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

# Which user types lose something, as data: user type => scopes.
output "lost" {
  value = data.authscopes_access_matrix.missions.lost
}
