# An ops set: what a platform team runs under other people's applications, on
# each of its clusters. Two environments share every cluster: `system` is the
# team's own, `tenants` is what it hands out.

project "platform" {
  requires = ">= 0.1.0"
  include  = ["apps/*.hcl"]
}

variable "registry" {
  type    = string
  default = "registry.platform.example"
}

locals {
  tenants    = yamldecode(file("tenants.yaml"))
  webhook_ca = file("certs/webhook-ca.pem") # public half only; the key pair is made where the webhooks run
}

cluster "staging" {
  kubernetes = "1.34"
  labels     = { tier = "staging", zones = "1" }
  context    = "ops-staging"
}

cluster "live" {
  kubernetes   = "1.33"
  api_versions = ["monitoring.coreos.com/v1"]
  labels       = { tier = "live", zones = "3" }
  context      = "ops-live"
}

environment "base" {
  abstract = true
  values   = { log_level = "info" }
}

environment "system" {
  extends   = ["base"]
  clusters  = ["*"]
  namespace = "platform-system"
}

environment "tenants" {
  extends  = ["base"]
  clusters = ["*"]
}

defaults {
  create_namespace = true
  labels           = { team = "platform" }
}

profile "global" { # for charts on the library charts/common
  values = { global = { registry = var.registry, logLevel = env.values.log_level } }
}

namespace "platform-system" {
  labels = { "pod-security.kubernetes.io/enforce" = "restricted" }
}

namespace "node-agent" { # reads the node's log files
  labels = { "pod-security.kubernetes.io/enforce" = "privileged" }
}

moved { # its files and its history go on under the new name
  from = "log-shipper"
  to   = "node-agent"
}

removed "dashboard" {
  environments = ["system"]
  reason       = "nobody used it; kubectl and Grafana do"
}
