project "bad" {
  include = ["more/*.hcl"]
}

locals {
  domain = "a"
}

release "web" {
  chart = "./charts/app"

  sync {}

  sync {}
}

release "web" {
  chart = "./charts/app"
}

defaults {}

defaults {}

release "tenant-a" {
  chart = "./charts/app"
}

release "tenant" {
  for_each = { a = 1, B = 2 }
  chart    = "./charts/app"
}

release "list" {
  for_each = ["a"]
  chart    = "./charts/app"
}

release "keys" {
  chart  = "./charts/app"
  values = { a = 1, "a" = 2 }
}

cluster "one" {
  kubernetes = "1.34"
}

environment "production" {
  clusters = ["one"]
}
