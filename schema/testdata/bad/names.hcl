project "bad" {}

cluster "Prod_EU" {
  kubernetes = "latest"
}

environment "Production" {
  abstract = true
}

release "Web" {
  chart = "./charts/app"
}

release {
  chart = "./charts/app"
}

release "a" "b" {
  chart = "./charts/app"
}

moved "x" {
  from = "a"
}

moved {
  from = "a"
  to   = "a"
}

cluster "later" {
  kubernetes = "1.34"
  signers    = []

  agent {}
}
