project "bad" {}

cluster "one" {
  kubernetes = "1.34"
}

environment "production" {
  clusters = ["one"]
  values   = { replicas = 1, nested = { domain = "a" } }
}

release "web" {
  chart = "./charts/app"
  values = {
    a = env.values.replica
    b = env.values.nested.domian
    c = env.values.replicas.x
    d = 1 + "x"
    e = upper(1, 2)
    f = upper([])
    g = null ? 1 : 2
    h = "text" ? 1 : 2
    i = [for x in 3 : x]
    j = "${[1]}"
    k = { for x in ["a", "a"] : x => 1 }
    l = 99999999999999999999
    m = { (null) = 1 }
    n = [1][2]
    o = 1 / 0
    p = lookup({ a = 1 }, "b")
    q = regex("(", "x")
  }
}

release "when" {
  chart = "./charts/app"
  when  = release.name == "x"
}

release "need" {
  chart = "./charts/app"
  needs = ["a/b/c", ""]
}

variable "required" {
  type = string
}

release "variable" {
  chart  = "./charts/app"
  values = { a = var.required }
}
