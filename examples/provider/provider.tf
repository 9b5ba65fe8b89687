terraform {
  required_providers {
    authscopes = {
      source = "authscopes/authscopes"
    }
  }
}

variable "client_secret" {
  type      = string
  sensitive = true
}

provider "authscopes" {
  keycloak = {
    url           = "https://sso.example.com"
    realm         = "shop"
    client_id     = "terraform"
    client_secret = var.client_secret
  }
}
