# The drift report, in a root of its own: beside resources, a failed postcondition would stop
# the apply that removes the drift. An identity with view-clients and view-realm is enough.

terraform {
  required_providers {
    authscopes = {
      source = "authscopes/authscopes"
    }
  }
}

variable "fail_on_drift" {
  description = "Whether drift is an error, as in a nightly check. Set it to false on a pull request."
  type        = bool
  default     = true
}

variable "baseline_dir" {
  description = "Folder with the documents before this change, so that the report separates the change from the drift."
  type        = string
  default     = null
}

variable "baseline_user_types" {
  description = "Path of user_types.yaml before this change, so that the report separates the change from the drift."
  type        = string
  default     = null
}

provider "authscopes" {
  keycloak  = {}
  read_only = true
}

data "authscopes_definitions" "api" {
  documents = { for f in fileset("${path.module}/../api", "*.yaml") : "api/${f}" => file("${path.module}/../api/${f}") }
}

data "authscopes_definitions" "baseline" {
  count     = var.baseline_dir == null ? 0 : 1
  documents = { for f in fileset(var.baseline_dir, "*.yaml") : "api/${f}" => file("${var.baseline_dir}/${f}") }
}

data "authscopes_drift" "shop" {
  scopes     = data.authscopes_definitions.api.scopes
  sources    = data.authscopes_definitions.api.places
  baseline   = one(data.authscopes_definitions.baseline[*].scopes)
  user_types = yamldecode(file("${path.module}/../user_types.yaml"))

  baseline_user_types = var.baseline_user_types == null ? null : yamldecode(file(var.baseline_user_types))

  lifecycle {
    postcondition {
      condition     = self.in_sync || !var.fail_on_drift
      error_message = self.report
    }
  }
}

# The scopes of each user type now, and after an apply of user_types.yaml.
data "authscopes_access_matrix" "shop" {
  planned = merge(
    { for name in var.baseline_user_types == null ? [] : keys(yamldecode(file(var.baseline_user_types))) : name => [] },
    yamldecode(file("${path.module}/../user_types.yaml")),
  )
}

output "report" {
  value = data.authscopes_drift.shop.report
}

output "in_sync" {
  value = data.authscopes_drift.shop.in_sync
}

output "who_gets_what" {
  value = data.authscopes_access_matrix.shop.markdown
}

output "who_gets_what_csv" {
  value = data.authscopes_access_matrix.shop.csv
}
