resource "authscopes_server_scopes" "shop" {
  scopes = {
    "children:read"   = "Read children"
    "missions:read"   = "Read missions"
    "missions:create" = "Create missions"
    "status:read"     = null # no description
  }

  # Settings of all scopes, and of single scopes.
  settings = {
    display_on_consent_screen = true
  }
  overrides = {
    "status:read"     = { access = "everyone" }
    "missions:create" = { included_audiences = ["missions-api"] } # claim aud of its tokens
  }

  # Excluded: scopes of another team are neither changed nor deleted.
  ignore = ["legacy:*"]
}
