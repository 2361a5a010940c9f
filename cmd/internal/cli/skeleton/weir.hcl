project "hello" {}

cluster "local" {
  kubernetes = "1.34" # what charts are rendered for
}

environment "dev" {
  clusters = ["local"]
  values   = { replicas = 1 }
}

release "hello" {
  chart            = "./charts/hello"
  namespace        = "hello"
  create_namespace = true
  values_files     = ["values/hello.yaml"]
  values           = { replicas = env.values.replicas }

  kustomize {
    labels = { "app.kubernetes.io/part-of" = project.name }
  }
}
