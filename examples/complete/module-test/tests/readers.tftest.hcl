# A mock generates computed attributes. Without this default, names would be empty, and
# names["missions:read"] would fail. Each name maps to itself.
mock_provider "authscopes" {
  override_during = plan

  mock_resource "authscopes_server_scopes" {
    defaults = {
      names = {
        "missions:read"  = "missions:read"
        "missions:write" = "missions:write"
      }
    }
  }
}

variables {
  scopes = {
    "missions:read"  = "Read missions"
    "missions:write" = "Write missions"
  }
  readers = ["child"]
}

run "readers_get_what_can_be_read" {
  command = plan

  assert {
    condition     = output.readable["child"] == toset(["missions:read"])
    error_message = "A reader must get only missions:read."
  }
}
