# The two identities of CI, with exactly the least privileges. create.sh does the same without
# Terraform.

terraform {
  required_providers {
    keycloak = {
      source  = "keycloak/keycloak"
      version = "~> 5.0"
    }
  }
}

variable "realm" {
  type    = string
  default = "shop"
}

variable "issuer" {
  description = "Issuer of the tokens of the CI system."
  type        = string
  default     = "https://token.actions.githubusercontent.com"
}

variable "key_set" {
  description = "Address of the keys of the issuer."
  type        = string
  default     = "https://token.actions.githubusercontent.com/.well-known/jwks"
}

variable "subjects" {
  description = "Subject of the job that logs in as each client."
  type        = map(string)
  default = {
    terraform-plan  = "repo:example/shop:pull_request"
    terraform-apply = "repo:example/shop:ref:refs/heads/main"
  }
}

variable "token_per_job" {
  description = "Whether the CI system issues one token per job, as GitLab and HCP Terraform do. GitHub Actions issues one per request."
  type        = bool
  default     = false
}

locals {
  roles = {
    terraform-plan  = ["view-clients", "view-realm"]
    terraform-apply = ["manage-clients", "manage-realm"]
  }
  grants = merge([for client, roles in local.roles : { for role in roles : "${client}/${role}" => { client = client, role = role } }]...)
}

resource "keycloak_oidc_identity_provider" "ci" {
  realm              = var.realm
  alias              = "ci"
  hide_on_login_page = true
  issuer             = var.issuer
  jwks_url           = var.key_set
  validate_signature = true

  # Required by the resource, but not used, because no user logs in through it.
  authorization_url = var.issuer
  token_url         = var.issuer
  client_id         = "unused"
  client_secret     = "unused"

  extra_config = {
    supportsClientAssertions     = "true"
    supportsClientAssertionReuse = tostring(var.token_per_job)
    fedClientAssertionMaxExp     = var.token_per_job ? "3600" : "300"
  }
}

resource "keycloak_openid_client" "ci" {
  for_each                  = local.roles
  realm_id                  = var.realm
  client_id                 = each.key
  access_type               = "CONFIDENTIAL"
  service_accounts_enabled  = true
  client_authenticator_type = "federated-jwt"

  extra_config = {
    "jwt.credential.issuer" = keycloak_oidc_identity_provider.ci.alias
    "jwt.credential.sub"    = var.subjects[each.key]
  }
}

data "keycloak_openid_client" "realm_management" {
  realm_id  = var.realm
  client_id = "realm-management"
}

resource "keycloak_openid_client_service_account_role" "ci" {
  for_each                = local.grants
  realm_id                = var.realm
  service_account_user_id = keycloak_openid_client.ci[each.value.client].service_account_user_id
  client_id               = data.keycloak_openid_client.realm_management.id
  role                    = each.value.role
}
