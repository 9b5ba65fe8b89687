resource "authscopes_server_scopes" "shop" {
  scopes = {
    "children:read"   = "Read children"
    "missions:read"   = "Read missions"
    "missions:create" = "Create missions"
    "status:read"     = null # no description
  }

  # Settings of all of them, and of the exceptions.
  settings = {
    display_on_consent_screen = true
  }
  overrides = {
    "status:read"     = { access = "everyone" }
    "missions:create" = { included_audiences = ["missions-api"] } # the aud claim of its tokens
  }

  # Another team's scopes: neither changed nor deleted.
  ignore = ["legacy:*"]
}
