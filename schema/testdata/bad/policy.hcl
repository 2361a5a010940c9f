project "bad" {}

cluster "one" {
  kubernetes = "1.34"
}

environment "prod" {
  clusters = ["one"]
}

variable "token" {
  default   = "hunter2"
  sensitive = true
}

policy {
  levels = {
    "rbac/wildcard" = "blok"
    "image/["       = "info"
    "crd/*"         = 3
  }
}

accept "rbac/wildcard" {
}

accept "rbac/wildcard" {
  release      = "["
  environments = ["prd", "prod-*"]
  clusters     = ["two"]
  object       = "web/api"
  path         = "spec"
  reason       = ""
  until        = "31.12.2026"
}

accept "rbac/wildcard" {
  path   = "spec"
  reason = " "
  until  = "2026-02-30"
}

accept "rbac/wildcard" {
  path   = "spec"
  reason = "fine"
  until  = "2026-02-28"
}

accept "rbac/wildcard" {
  reason = " "
  until  = "2026-02-28"
}

accept "rbac/wildcard" {
  object = "Deployment web/[a"
  reason = var.token
  until  = null
}

accept "rbac/wildcard" {
  object = "Deployment a b"
  reason = cluster.name
  until  = 2026
}

accept "rbac/wildcard" {
  object = "Deployment web/"
  reason = "fine"
  until  = null
}

accept "rbac/wildcard" {
  reason = "fine"
  until  = null
}

accept "rbac/wildcard" {
  reason = "fine"
  until  = "tomorrow"
}
