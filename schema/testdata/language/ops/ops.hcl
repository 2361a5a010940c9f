cluster "prod-us" {
  kubernetes = "1.33"
  labels     = { region = "us" }
}

environment "ops" {
  clusters = [{ labels = { region = "eu" } }]
}

release "ingress" {
  environments = ["ops"]
  manifests    = ["ingress/*.yaml"]
  namespace    = "ingress"
}
