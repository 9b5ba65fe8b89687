# PACE compares the defined scopes with its own scopes. Nothing is changed.
# `make demo BACKEND=pace` runs this on a stand-in for PACE.

terraform {
  required_providers {
    authscopes = {
      source = "authscopes/authscopes"
    }
  }
}

provider "authscopes" {
  pace = {
    url = "https://api.pace.cloud"
  }
}

data "authscopes_pace_check" "user" {
  response_lists = "missing" # PACE does not publish the meaning of the names that it returns.

  scopes = {
    "user:callbacks:password-reset" = "Password reset callbacks"
  }
}

output "missing" {
  value = data.authscopes_pace_check.user.missing
}
