# The scopes of all users of a type in ocariot (account service 2.4.0 to 2.6.1).
# `make demo BACKEND=ocariot` applies this on a stand-in for ocariot.

terraform {
  required_providers {
    authscopes = {
      source = "authscopes/authscopes"
    }
  }
}

provider "authscopes" {
  ocariot = {
    readback = "filter" # required for drift
  }
}

resource "authscopes_user_type_scopes" "child" {
  user_type = "child"
  scopes    = ["children:read", "missions:read", "sleep:read"]
}
