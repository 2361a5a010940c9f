project "bad" {}

cluster "one" {
  kubernetes = "1.34"
}

environment "production" {
  clusters = ["one"]
}

release "web" {
  chart = "./charts/app"

  kustomize {
    directory = "kustomize/a"
  }

  environment "production" {
    kustomize {
      directory = "kustomize/b"
    }
  }
}
