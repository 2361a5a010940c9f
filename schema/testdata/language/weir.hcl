project "shop" {
  requires = ">= 0.1.0"
  include  = ["ops/*.hcl", "apps/**/*.hcl"]
}

locals {
  domain = "shop.example"
}

variable "image_tag" {                        # --var image_tag=…, WEIR_VAR_image_tag, variable files; typed, defaulted, validated
  type    = string
  default = "1.4.2"
}

repository "podinfo" {                        # an HTTP(S) chart repository or an OCI registry prefix; credentials never live here
  url = "oci://registry.example/charts"
}

cluster "prod-eu" {
  kubernetes   = "1.34"                       # capabilities used when rendering: offline, explicit, the same everywhere
  api_versions = ["monitoring.coreos.com/v1"] # added to Helm's built-in set
  labels       = { region = "eu" }
  context      = "prod-eu"                    # kubeconfig context for sync, drift, bootstrap
  state {                                     # the dedicated canonical-state repository of this one cluster
    repository = "git@git.example:acme/cluster-prod-eu.git"
    branch     = "main"
  }                                           # no state block: the embedded default, a local Git repository in state/<cluster>
}

environment "base" {
  abstract     = true                         # can be extended, never targeted
  values       = { replicas = 1 }
  values_files = ["environments/base.yaml"]
}

environment "production" {
  extends  = ["base"]                         # deep-merged in order, later wins
  clusters = ["prod-*"]                       # names, globs, or { labels = { region = "eu" } }; a target is one (environment, cluster) pair
  values   = { replicas = 4, domain = "www.${local.domain}" }
}

defaults {                                    # applies to every release
  labels = { team = "shop" }
}

profile "web" {                               # a named fragment of a release
  values = { podSecurityContext = { runAsNonRoot = true } }
}

release "podinfo" {
  profiles  = ["web"]
  chart     = "podinfo/podinfo"               # <repository>/<chart>
# chart     = "./charts/podinfo"              # a directory or a .tgz
# chart     = "oci://registry.example/charts/podinfo"
# chart     = "git::https://git.example/acme/charts.git//charts/podinfo?ref=v6.7.1"
  version   = "~> 6.7"                        # remote charts: resolved once into weir.lock.hcl, exact version and sha256
  manifests = ["manifests/podinfo/*.yaml"]    # plain manifests beside the chart, or instead of one
  name      = "podinfo"                       # Helm's release name; the block's label by default
  namespace = "web"
  needs     = ["cert-manager", "ops/ingress"] # same target, or <environment>/<release> of another environment on the same cluster
  labels    = { tier = "web" }                # what --selector sees; never put on objects
  when      = env.name != "dev"

  values_files = concat(["values/podinfo.yaml"], optional("values/podinfo.${env.name}.yaml"))
  values = {
    replicaCount = env.values.replicas
    image        = { tag = var.image_tag }
    ingress      = { hosts = [{ host = "podinfo.${env.values.domain}" }] }
  }

  environment "production" {                  # environment overlay; the label is a name or a glob
    version = "6.7.1"
    values  = { hpa = { enabled = true, maxReplicas = 10 } }
  }

  cluster "prod-us" {                         # cluster overlay, after the environment overlays; a name, a glob, or match = { labels = {…} }
    values = { nodeSelector = { zone = "us-1" } }
  }

  kustomize {                                 # post-processing, in this order
    directory   = "kustomize/podinfo"         # a kustomization; the rendered objects are added to its resources
    components  = ["kustomize/components/hardened"]
    labels      = { team = "shop" }           # on objects, never in selectors
    annotations = { "example.com/owner" = "shop" }
    replicas    = { podinfo = 3 }

    image "ghcr.io/stefanprodan/podinfo" {
      new_name = "registry.example/podinfo"
      digest   = "sha256:2f7d6b7a8e1c0f4c9a3a5f2c6a1e9d8b7c6f5e4d3c2b1a09f8e7d6c5b4a39281"
    }

    patch {                                   # strategic merge or JSON 6902, told apart by its content; file, or patch = <<-YAML
      target = { kind = "Deployment", name = "podinfo" }
      file   = "patches/podinfo-affinity.yaml"
    }
  }

  sync {
    wait    = true
    timeout = "5m"
    ignore {
      kind   = "Deployment"
      fields = ["/spec/replicas"]
    }
  }
}

release "tenant" {                            # one release per element: tenant-a, tenant-b; needs = ["tenant"] means all of them
  for_each  = { a = "alpha", b = "beta" }
  chart     = "./charts/tenant"
  namespace = "tenant-${each.key}"
  values    = { title = each.value }
}

namespace "web" {                             # what create_namespace writes for this namespace; a Namespace that a chart renders wins
  labels = { "pod-security.kubernetes.io/enforce" = "restricted" }
}

removed "old-release" {                       # see "What disappears"
  environments = ["*"]
  reason       = "replaced by podinfo"
}

moved {
  from = "web"
  to   = "podinfo"
}

policy {                                      # how bad the findings of `weir diff` are here
  levels = {
    "rbac/wildcard" = "block"
    "image/*"       = "info"
  }
}

accept "immutable/statefulset" {              # waives one finding until a day
  release      = "podinfo"
  environments = ["production"]
  object       = "StatefulSet web/podinfo-cache"
  path         = "spec.volumeClaimTemplates"
  reason       = "recreated by hand with --cascade=orphan"
  until        = "2026-12-31"
}
