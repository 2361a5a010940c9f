project "bad" {}

locals {
  a    = local.b
  b    = [local.c]
  c    = { x = local.a }
  self = "${local.self}!"
}
