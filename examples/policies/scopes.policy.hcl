# The same rules as scopes.rego, for Terraform Policy (Terraform 1.17):
#
#   terraform plan -policies=examples/policies
#
# Each rule sees one resource, so the bounds on deletions and revocations are per resource. In
# scopes.rego they are for the whole plan. A scope that changed globs exclude counts as deleted
# here, but not in scopes.rego. The name of a client role is client/CLIENT/ROLE, as in plans.

policy {
  required_providers {
    authscopes = {
      source = "authscopes/authscopes"
    }
  }
}

input "writers" {
  type    = list(string)
  default = ["admin", "educator"]
}

input "open_scopes" {
  type    = list(string)
  default = []
}

input "max_deletions" {
  type    = number
  default = 3
}

input "max_revocations" {
  type    = number
  default = 5
}

resource_policy "authscopes_server_scopes" "access" {
  operations = ["create", "update"]

  locals {
    settings_raw  = core::try(attrs.settings, null)
    common_raw    = local.settings_raw == null ? null : core::try(attrs.settings.access, null)
    common        = local.common_raw == null ? "user_types" : local.common_raw
    overrides_raw = core::try(attrs.overrides, null)
    overrides     = local.overrides_raw == null ? {} : local.overrides_raw
    opened        = [for name, o in local.overrides : name if core::try(o.access, "") == "everyone" && !core::contains(input.open_scopes, name)]
    unguarded     = [for name, o in local.overrides : name if core::try(o.access, "") == "unguarded"]
  }

  enforce {
    condition     = local.common == "user_types"
    error_message = "settings.access must be \"user_types\". List scopes that everyone may get in open_scopes and in overrides."
  }

  enforce {
    condition     = core::length(local.opened) == 0
    error_message = "Scopes are opened to everyone: ${core::join(", ", local.opened)}."
  }

  enforce {
    condition     = core::length(local.unguarded) == 0
    error_message = "Scopes are unguarded: ${core::join(", ", local.unguarded)}."
  }
}

resource_policy "authscopes_server_scopes" "deletions" {
  operations = ["update"]

  locals {
    renamed = core::try([for name, old in attrs.previous_names : old], [])
    deleted = [for name, text in prior_attrs.scopes : name if !core::contains(core::keys(attrs.scopes), name) && !core::contains(local.renamed, name)]
  }

  enforce {
    condition     = core::length(local.deleted) <= input.max_deletions
    error_message = "Too many scopes are deleted: ${core::join(", ", local.deleted)}."
  }
}

resource_policy "authscopes_server_scopes" "destroy" {
  operations = ["delete"]

  enforce {
    condition     = core::try(prior_attrs.on_destroy, null) == "keep" || core::length(prior_attrs.scopes) <= input.max_deletions
    error_message = "The destroy deletes more than ${input.max_deletions} scopes. To keep them, apply on_destroy = \"keep\" first."
  }
}

resource_policy "authscopes_server_scope" "access" {
  operations = ["create", "update"]

  locals {
    settings_raw = core::try(attrs.settings, null)
    access_raw   = local.settings_raw == null ? null : core::try(attrs.settings.access, null)
    access       = local.access_raw == null ? "user_types" : local.access_raw
  }

  enforce {
    condition     = local.access == "user_types" || local.access == "everyone" && core::contains(input.open_scopes, attrs.name)
    error_message = "Scope ${attrs.name} must have access = \"user_types\", or be in open_scopes."
  }
}

resource_policy "authscopes_user_type_scopes" "writers" {
  operations = ["create", "update"]

  locals {
    client    = core::try(attrs.client_id, null)
    user_type = local.client == null ? attrs.user_type : "client/${local.client}/${attrs.user_type}"
    writes    = [for name in attrs.scopes : name if core::endswith(name, ":write")]
  }

  enforce {
    condition     = core::length(local.writes) == 0 || core::contains(input.writers, local.user_type)
    error_message = "User type ${local.user_type} must not get ${core::join(", ", local.writes)}."
  }
}

resource_policy "authscopes_user_type_scopes" "revocations" {
  operations = ["update"]

  locals {
    planned = [for name in attrs.scopes : name]
    revoked = [for name in prior_attrs.scopes : name if !core::contains(local.planned, name)]
  }

  enforce {
    condition     = core::length(local.revoked) <= input.max_revocations
    error_message = "Too many grants are revoked from ${prior_attrs.user_type}: ${core::join(", ", local.revoked)}."
  }
}

resource_policy "authscopes_user_type_scopes" "destroy" {
  operations = ["delete"]

  enforce {
    condition     = core::try(prior_attrs.on_destroy, null) == "keep" || core::length(prior_attrs.scopes) <= input.max_revocations
    error_message = "The destroy revokes more than ${input.max_revocations} grants from ${prior_attrs.user_type}. To keep them, apply on_destroy = \"keep\" first."
  }
}

resource_policy "authscopes_server_grants" "writers" {
  operations = ["create", "update"]

  locals {
    realm  = core::try([for role, scopes in attrs.user_types : [for name in scopes : { user_type = role, name = name }]], [])
    client = core::try([for id, roles in attrs.client_roles : [for role, scopes in roles : [for name in scopes : { user_type = "client/${id}/${role}", name = name }]]], [])
    writes = [for g in core::flatten([local.realm, local.client]) : "${g.name} to ${g.user_type}" if core::endswith(g.name, ":write") && !core::contains(input.writers, g.user_type)]
  }

  enforce {
    condition     = core::length(local.writes) == 0
    error_message = "These grants are not allowed: ${core::join(", ", local.writes)}."
  }
}

resource_policy "authscopes_server_grants" "revocations" {
  operations = ["update"]

  locals {
    realm        = core::try([for role, scopes in attrs.user_types : [for name in scopes : "${name} from ${role}"]], [])
    client       = core::try([for id, roles in attrs.client_roles : [for role, scopes in roles : [for name in scopes : "${name} from client/${id}/${role}"]]], [])
    planned      = core::flatten([local.realm, local.client])
    prior_realm  = core::try([for role, scopes in prior_attrs.user_types : [for name in scopes : "${name} from ${role}"]], [])
    prior_client = core::try([for id, roles in prior_attrs.client_roles : [for role, scopes in roles : [for name in scopes : "${name} from client/${id}/${role}"]]], [])
    revoked      = [for grant in core::flatten([local.prior_realm, local.prior_client]) : grant if !core::contains(local.planned, grant)]
  }

  enforce {
    condition     = core::length(local.revoked) <= input.max_revocations
    error_message = "Too many grants are revoked: ${core::join(", ", local.revoked)}."
  }
}

resource_policy "authscopes_server_grants" "destroy" {
  operations = ["delete"]

  locals {
    prior_realm  = core::try([for role, scopes in prior_attrs.user_types : [for name in scopes : name]], [])
    prior_client = core::try([for id, roles in prior_attrs.client_roles : [for role, scopes in roles : [for name in scopes : name]]], [])
    revoked      = core::flatten([local.prior_realm, local.prior_client])
  }

  enforce {
    condition     = core::try(prior_attrs.on_destroy, null) == "keep" || core::length(local.revoked) <= input.max_revocations
    error_message = "The destroy revokes ${core::length(local.revoked)} grants, more than ${input.max_revocations}. To keep them, apply on_destroy = \"keep\" first."
  }
}
