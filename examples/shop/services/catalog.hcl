# The product catalogue: an API inside the cluster.

release "catalog" {
  profiles = ["http"]
  chart    = "../charts/app"
  labels   = { tier = "api" }

  values_files = ["values/catalog.yaml"]
  values = {
    image    = { repository = "${local.registry}/catalog", tag = var.image_tag }
    replicas = env.values.replicas
    config   = { CACHE_TTL = env.values.catalog.cacheTTL }
    networkPolicy = {
      from = [for name in ["storefront", "orders"] : { podSelector = { matchLabels = { (local.selector) = name } } }]
    }
  }

  environment "production" {
    values = {
      podDisruptionBudget = { enabled = true }
      resources           = { requests = { memory = "512Mi" }, limits = { memory = "512Mi" } }
    }

    kustomize {
      image "registry.shop.example/catalog" { # production runs the bytes that staging has proven
        digest = "sha256:5f1e3b0d9c3e64a7a1f0d0d3f8b6f7d1f3a6a0f2c9a0b5a8e3c2d1b4a5968778"
      }
    }
  }
}
