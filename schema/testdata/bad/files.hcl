project "bad" {
  include = ["app/*.hcl", "weird.hcl", "../out.hcl"]
}

cluster "one" {
  kubernetes = "1.34"
}

environment "production" {
  clusters     = ["one"]
}

release "missing" {
  chart        = "./charts/ap"
  values_files = ["values/okk.yaml", "../outside.yaml", "/etc/passwd", "link.yaml", "values"]
  manifests    = ["manifests/*.yaml"]
  values       = { a = file("values/okk.yaml"), b = file("../x"), c = yamldecode(file("values/broken.yaml")), d = templatefile("t.tpl", { a = 1 }), e = yamldecode("a: 1\n---\nb: 2") }

  kustomize {
    directory  = "charts/app"
    components = ["https://example.com/c", "nowhere"]

    patch {
      file = "patches/none.yaml"
    }
  }
}

release "broken" {
  chart        = "charts/app"
  values_files = ["values/broken.yaml"]
}

release "repository" {
  chart = "pod/podinfo"
}

release "plain" {
  chart = "app"
}

release "none" {}

release "version" {
  chart   = "oci://registry.example/x"
  version = "latest!"
}

repository "podd" {
  url = "podinfo"
}
