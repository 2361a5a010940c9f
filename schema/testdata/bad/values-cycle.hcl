project "bad" {}

cluster "one" {
  kubernetes = "1.34"
}

locals {
  host = "www.${env.values.domain}"
}

environment "production" {
  clusters = ["one"]
  values = {
    domain = "shop.example"
    url    = "https://${local.host}"
    direct = env.values.domain
  }
}
