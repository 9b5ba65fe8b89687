# PACE's own comparison of declared scopes with its Keycloak. It changes nothing.

terraform {
  required_providers {
    authscopes = {
      source = "authscopes/authscopes"
    }
  }
}

provider "authscopes" {
  pace = {
    url            = "https://api.pace.cloud"
    response_lists = "missing" # your word for what the answer lists; it is not published
  }
}

data "authscopes_drift" "user" {
  scopes = {
    "user:callbacks:password-reset" = "Password reset callbacks"
  }
}

output "missing" {
  value = data.authscopes_drift.user.missing
}
