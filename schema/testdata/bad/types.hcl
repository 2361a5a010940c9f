project "bad" {}

cluster "one" {
  kubernetes = 1.30
}

environment "production" {
  clusters = "one"
}

environment "dev" {
  clusters = [{ label = { a = "b" } }, 3]
}

environment "test" {
  clusters = ["one"]
  values   = ["no"]
}

variable "count" {
  type    = number
  default = "many"
}

variable "shape" {
  type = strin
}

variable "small" {
  type    = number
  default = 12

  validation {
    condition     = var.small < 10
    error_message = "It has to be below 10."
  }
}

release "web" {
  chart            = "./charts/app"
  version          = 1
  create_namespace = "yes"
  hooks            = "kepp"
  labels           = { tier = 1 }
  needs            = "db"
  values           = "text"

  kustomize {
    replicas = { web = "3" }

    image "nginx" {}

    patch {}

    patch {
      target = { kin = "Deployment" }
      patch  = "a: 1"
    }
  }

  sync {
    timeout = "5"

    ignore {
      kind   = "Deployment"
      fields = ["spec.replicas"]
    }
  }
}

variable "token" {
  default   = "hunter2"
  sensitive = true
}

release "secret" {
  chart     = "./charts/app"
  namespace = var.token
  labels    = { a = "x-${var.token}" }
  for_each  = toset([var.token])
}

release "secret-too" {
  chart            = "./charts/app"
  namespace        = var.token
  labels           = { a = "x-${var.token}" }
  create_namespace = var.token
}

variable "pin" {
  type      = number
  default   = "hunter2"
  sensitive = true
}
