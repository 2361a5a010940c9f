# Unknown attributes, blocks, references and functions, all at once.
project "bad" {
  require = ">= 0.1.0"
}

locals {
  domain = "shop.example"
}

variable "image_tag" {
  type    = string
  default = "1.0"
}

cluster "one" {
  kubernetes  = "1.34"
  api_version = ["v1"]
}

environment "production" {
  clusters = ["one"]
  vales    = {}
}

profil "web" {}

release "web" {
  chart     = "./charts/app"
  namespcae = "web"
  values = {
    a = locals.domain
    b = local.domian
    c = var.image_tga
    d = uper("x")
    e = timestamp()
    f = domain
    g = env.nam
    h = plain
    i = each.key
    j = cluster.label
  }

  kustomise {}

  sync = { wait = true }

  values {}

  ready {}
}

policies {}

policy "p" {}

accept {}
