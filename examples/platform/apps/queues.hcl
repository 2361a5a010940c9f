# An operator, and what it operates: CRDs first, then the operator that serves
# their webhooks, then custom resources in another environment of the cluster.

release "queue-crds" {
  environments = ["system"]
  profiles     = ["global"]
  chart        = "../charts/queue-operator"
  crds         = "only"
  hooks        = "drop"

  values = { webhook = { ca = local.webhook_ca } } # templates are rendered, then only the CRDs are kept
}

release "queue-operator" {
  environments = ["system"]
  profiles     = ["global"]
  chart        = "../charts/queue-operator"
  crds         = "skip"
  needs        = ["queue-crds"]

  values = {
    replicas = cluster.labels.tier == "live" ? 2 : 1
    webhook  = { ca = local.webhook_ca } # with selfSigned = true the chart would make a new CA at each rendering
  }

  sync {
    ignore {
      group  = "admissionregistration.k8s.io"
      kind   = "MutatingWebhookConfiguration"
      fields = ["/webhooks/0/failurePolicy"] # the operator relaxes it while it restarts
    }
  }
}

release "brokers" {
  environments = ["tenants"]
  chart        = "../charts/brokers"
  namespace    = "messaging"
  needs        = ["system/queue-operator"] # another environment, the same cluster

  values = {
    broker = { size = "small" }
    queues = { for name, tenant in local.tenants : name => tenant.queues }
  }

  cluster "live" {
    values = { broker = { size = "large", replicas = 3 } }
  }
}
