# The way in. A chart with sub-charts: a library, one in charts/ behind a
# condition, and one `file://` dependency twice under two aliases.

release "gateway" {
  environments = ["system"]
  profiles     = ["global"]
  chart        = "../charts/gateway"
  needs        = ["storage"]
  labels       = { tier = "edge" }

  values = {
    replicas       = tonumber(cluster.labels.zones)
    defaultBackend = { enabled = true }
    sessions       = { enabled = true, memory = "256Mi" }
    ratelimits     = { enabled = cluster.labels.tier == "live" }
  }

  kustomize {
    directory  = "../kustomize/gateway" # adds a PodDisruptionBudget and a ConfigMap
    components = ["../kustomize/components/hardened"]

    annotations = { "platform.example/runbook" = "https://runbooks.platform.example/gateway" }

    image "nginx" {
      new_name = "${var.registry}/mirror/nginx"
    }
  }

  cluster "live" {
    kustomize {
      patch {
        target = { kind = "Service", name = "gateway" }
        patch  = <<-YAML
          - op: add
            path: /spec/loadBalancerClass
            value: platform.example/anycast
        YAML
      }
    }
  }
}
