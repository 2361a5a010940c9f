# The shop: three services on one chart. Read this file, then clusters.hcl and
# environments.hcl (where things run), then one file per service in services/.

project "shop" {
  requires = ">= 0.1.0"
  include  = ["services/*.hcl"]
}

# The release train: all services carry one tag. weir hydrate --var image_tag=1.9.0
variable "image_tag" {
  type    = string
  default = "1.8.2"

  validation {
    condition     = length(regexall("^[0-9]+\\.[0-9]+\\.[0-9]+(-rc\\.[0-9]+)?$", var.image_tag)) > 0
    error_message = "image_tag is a release of the shop, such as 1.8.2 or 1.9.0-rc.1; \"latest\" and branches are not."
  }
}

locals {
  domain   = "shop.example"
  registry = "registry.shop.example"
  selector = "app.kubernetes.io/instance"
}

# Every release, unless it says otherwise.
defaults {
  create_namespace = true
  labels           = { team = "shop" } # for --selector; never put on objects
  values           = { config = { LOG_LEVEL = env.values.log_level } }

  kustomize {
    labels = { "shop.example/environment" = env.name } # on every object, never in a selector
  }

  sync {
    timeout = "10m"
    ignore {
      kind   = "Deployment"
      fields = ["/spec/replicas"] # the HorizontalPodAutoscaler's business
    }
  }
}

# A service that others call: what its chart values need in common.
profile "http" {
  labels = { protocol = "http" }
  values = {
    service = { enabled = true, port = 80 }
    metrics = { enabled = true }
    autoscaling = {
      enabled     = env.values.autoscaling
      minReplicas = env.values.replicas
      maxReplicas = env.values.replicas * 4
    }
  }
}

# A restart is the only way that the process learns of new configuration.
profile "reads-config-once" {
  restart_on_config_change = true
}
