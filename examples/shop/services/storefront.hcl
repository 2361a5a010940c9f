# The web shop: the only service that the world can reach.

release "storefront" {
  profiles = ["http"]
  chart    = "../charts/app"
  needs    = ["catalog", "orders"]
  labels   = { tier = "web" }

  values_files = concat(["values/storefront.yaml"], optional("values/storefront.${env.name}.yaml"))
  values = {
    image    = { repository = "${local.registry}/storefront", tag = var.image_tag }
    replicas = env.values.replicas
    ingress = {
      enabled = true
      hosts   = [{ host = env.values.host, paths = ["/"] }]
    }
    config = {
      PUBLIC_URL  = "https://${env.values.host}"
      CATALOG_URL = "http://catalog.${release.namespace}.svc"
    }
  }

  environment "dev" {
    values = { ingress = { tls = { enabled = false } } }
  }

  environment "production" {
    values = { podDisruptionBudget = { enabled = true, minAvailable = 2 } }

    kustomize {
      patch { # for what the chart has no value for
        target = { kind = "Deployment", name = "storefront" }
        file   = "patches/spread-over-zones.yaml"
      }
    }
  }

  cluster "prod-us" { # after the environment overlays
    values = {
      ingress = { hosts = [{ host = "us.${local.domain}", paths = ["/"] }] }
      config  = { PUBLIC_URL = "https://us.${local.domain}", CURRENCY = "USD" }
    }
  }
}
