# Who gets the scopes of missions, now and once the sets below are applied.
data "authscopes_access_matrix" "missions" {
  filter = ["missions:*"]

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
