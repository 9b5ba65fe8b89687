resource "authscopes_server_scope" "invoices_read" {
  name        = "invoices:read"
  description = "Read invoices"

  settings = {
    consent_screen_text = "See your invoices"
    assigned_type       = "optional" # for clients that are created later
  }
}
