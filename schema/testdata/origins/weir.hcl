project "origins" {
  include = ["apps/*.hcl"]
}

variable "tag" {
  type    = string
  default = "1.0"
}

variable "port" {
  type    = number
  default = 80
}

variable "given" {
  type = string
}

variable "passed" {
  type = string
}

variable "token" {
  type      = string
  default   = "hunter2"
  sensitive = true
}

locals {
  name    = "shop"
  domain  = "${local.name}.example"
  hosts   = { www = 8080, api = 9090 }
  common  = { team = "a", tier = "web" }
  choose  = cluster.labels.region == "eu" ? { size = 3, kind = "big" } : {}
  decoded = yamldecode(file("values/extra.yaml"))
}

cluster "eu-1" {
  kubernetes = "1.34"
  labels     = { region = "eu" }
}

environment "base" {
  abstract     = true
  values_files = ["environments/base.yaml"]
  values       = { log = "info", replicas = 1 }
}

environment "production" {
  extends  = ["base"]
  clusters = ["eu-*"]
  values   = { replicas = 4 }
}

defaults {
  values = { fromDefaults = true }
}

profile "web" {
  values = { security = { nonRoot = true } }
}
