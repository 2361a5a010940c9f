# What many clusters run, from the charts that everybody uses. Nothing of them is
# in this directory: `weir lock` finds out which versions the constraints mean.

project "real-world" {
  requires = ">= 0.1.0"
}

repository "argo" { url = "https://argoproj.github.io/argo-helm" }
repository "external-dns" { url = "https://kubernetes-sigs.github.io/external-dns" }
repository "external-secrets" { url = "https://charts.external-secrets.io" }
repository "fluent" { url = "https://fluent.github.io/helm-charts" }
repository "ingress-nginx" { url = "https://kubernetes.github.io/ingress-nginx" }
repository "sealed-secrets" { url = "https://bitnami-labs.github.io/sealed-secrets" }
repository "stakater" { url = "https://stakater.github.io/stakater-charts" }

repository "jetstack" { url = "oci://quay.io/jetstack/charts" }
repository "prometheus" { url = "oci://ghcr.io/prometheus-community/charts" }

variable "domain" {
  type    = string
  default = "acme.example"
}

cluster "staging" {
  kubernetes   = "1.34"
  api_versions = ["monitoring.coreos.com/v1"] # of kube-prometheus-stack, so that charts make ServiceMonitors
  labels       = { tier = "staging" }
}

cluster "live" {
  kubernetes   = "1.33"
  api_versions = ["monitoring.coreos.com/v1"]
  labels       = { tier = "live" }
}

environment "staging" {
  clusters = ["staging"]
  values   = { replicas = 1, domain = "staging.${var.domain}", retention = "2d", storage = "20Gi" }
}

environment "live" {
  clusters = ["live"]
  values   = { replicas = 3, domain = var.domain, retention = "30d", storage = "500Gi" }
}

defaults {
  create_namespace = true
}

# Certificates. Its versions begin with a v; a constraint need not.
release "cert-manager" {
  chart     = "jetstack/cert-manager"
  version   = "~> 1.18"
  namespace = "cert-manager"
  values = {
    crds         = { enabled = true }
    replicaCount = env.values.replicas
    prometheus   = { servicemonitor = { enabled = true } }
  }
}

# Each minor of the chart is for some minors of Kubernetes: moved by hand.
release "ingress-nginx" {
  chart     = "ingress-nginx/ingress-nginx"
  version   = "~> 4.13.0"
  namespace = "ingress-nginx"
  needs     = ["cert-manager"]
  values = {
    controller = {
      replicaCount      = env.values.replicas
      admissionWebhooks = { certManager = { enabled = true }, patch = { enabled = false } } # no job that makes keys in the cluster
      metrics           = { enabled = true, serviceMonitor = { enabled = true } }
    }
  }
}

release "external-dns" {
  chart     = "external-dns/external-dns"
  version   = "^1.18"
  namespace = "external-dns"
  values = {
    provider      = { name = "aws" }
    policy        = "sync"
    domainFilters = [env.values.domain]
    txtOwnerId    = cluster.name
  }
}

release "external-secrets" {
  chart     = "external-secrets/external-secrets"
  version   = ">= 0.18, < 1"
  namespace = "external-secrets"
  values = {
    installCRDs    = true
    replicaCount   = env.values.replicas
    serviceMonitor = { enabled = true }
  }
}

release "sealed-secrets" {
  chart     = "sealed-secrets/sealed-secrets"
  version   = "2.x"
  namespace = "kube-system"
  values    = { fullnameOverride = "sealed-secrets-controller" } # where kubeseal looks
}

release "monitoring" {
  chart     = "prometheus/kube-prometheus-stack"
  version   = "^77"
  namespace = "monitoring"
  needs     = ["cert-manager"]
  secrets   = "omit" # Grafana's password and the like are put there by external-secrets
  values = {
    prometheusOperator = { admissionWebhooks = { certManager = { enabled = true }, patch = { enabled = false } } }
    prometheus = {
      prometheusSpec = {
        replicas  = env.values.replicas
        retention = env.values.retention
        storageSpec = {
          volumeClaimTemplate = {
            spec = { accessModes = ["ReadWriteOnce"], resources = { requests = { storage = env.values.storage } } }
          }
        }
        serviceMonitorSelectorNilUsesHelmValues = false # those of all charts
      }
    }
    grafana = { ingress = { enabled = true, ingressClassName = "nginx", hosts = ["grafana.${env.values.domain}"] } }
  }
}

# Live waits for what staging has seen: another version per environment.
release "argo-cd" {
  chart     = "argo/argo-cd"
  version   = "~> 8.5"
  namespace = "argocd"
  needs     = ["ingress-nginx"]
  secrets   = "omit"
  values = {
    global = { domain = "argocd.${env.values.domain}" }
    server = { replicas = env.values.replicas, ingress = { enabled = true, ingressClassName = "nginx" } }
    repoServer = {
      replicas = env.values.replicas
    }
  }

  environment "live" {
    version = "~> 8.3.0"
  }
}

release "reloader" {
  chart     = "stakater/reloader"
  version   = "^2.1"
  namespace = "reloader"
  values    = { reloader = { watchGlobally = true, enableHA = env.values.replicas > 1, deployment = { replicas = env.values.replicas } } }
}

release "fluent-bit" {
  chart     = "fluent/fluent-bit"
  version   = "~> 0.50"
  namespace = "fluent-bit"
  values = {
    serviceMonitor = { enabled = true }
    tolerations    = [{ operator = "Exists" }]
  }
}
