# dev and staging share a cluster and differ by namespace; production runs on
# two clusters. base and live are never targeted, only extended.

environment "base" {
  abstract     = true
  values_files = ["environments/base.yaml"]
  values       = { replicas = 1, autoscaling = false, log_level = "info" }
}

environment "live" {
  abstract = true
  extends  = ["base"]
  values   = { replicas = 2, autoscaling = true }
}

environment "dev" {
  extends   = ["base"]
  clusters  = ["nonprod"]
  namespace = "shop-dev"
  values    = { host = "dev.${local.domain}", log_level = "debug" }
}

environment "staging" {
  extends   = ["live"]
  clusters  = ["nonprod"]
  namespace = "shop-staging"
  values    = { host = "staging.${local.domain}" }
}

environment "production" {
  extends   = ["live"]
  clusters  = ["prod-*"]
  namespace = "shop"
  values    = { host = "www.${local.domain}", replicas = 3 }
}

# What create_namespace writes, beside the name.
namespace "shop-dev" {
  labels = { "pod-security.kubernetes.io/enforce" = "baseline" }
}

namespace "shop-staging" {
  labels = { "pod-security.kubernetes.io/enforce" = "restricted" }
}

namespace "shop" {
  labels      = { "pod-security.kubernetes.io/enforce" = "restricted" }
  annotations = { "shop.example/on-call" = "shop-primary" }
}
