# What runs on every node, and what every cluster has: plain manifests.

release "node-agent" {
  environments = ["system"]
  profiles     = ["global"]
  chart        = "../charts/node-agent"
  namespace    = "node-agent"
  secrets      = "omit" # the chart's Secret stays out of Git; the secret store makes it in the cluster

  restart_on_config_change = true

  values = {
    outputs = {
      archive = { type = "s3", bucket = "platform-logs-${cluster.name}" }
    }
    token = "made by the secret store"
  }

  cluster "live" {
    values = {
      outputs = {
        search = { type = "http", url = "https://logs.${cluster.name}.platform.example/bulk" }
      }
    }
  }
}

release "storage" { # no chart at all
  environments = ["system"]
  manifests    = ["../manifests/storage/*.yaml"]

  sync {
    prune = false # a StorageClass outlives its declaration
  }
}

release "alerts" {
  environments = ["system"]
  chart        = "../charts/alerts"
  secrets      = "allow" # a Secret by the operator's convention; routes, no credentials
  hooks        = "drop"  # the chart would announce itself in a chat

  values = {
    receivers = ["platform-pager", "platform-mail"]
    routes    = { for name, tenant in local.tenants : name => tenant.owner }
  }
}
