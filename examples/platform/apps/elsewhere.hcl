# Charts that are somewhere else, one of each kind of source. What they are is in
# weir.lock.hcl; their files are in vendor/charts, so nobody is asked for them.

repository "charts" {
  url = "https://charts.platform.example"
}

repository "registry" {
  url = "oci://registry.platform.example/charts"
}

release "nodewatch" { # an HTTP repository; 2.2 is there, too
  environments = ["system"]
  chart        = "charts/nodewatch"
  version      = "~> 2.1.0"
  values       = { interval = "30s" }
}

release "cleaner" { # a registry
  environments = ["system"]
  chart        = "registry/cleaner"
  version      = "^0.4"

  cluster "staging" {
    values = { keep = 2 }
  }
}

release "cronguard" { # a branch, locked to its commit; a sub-chart of it comes from the repository
  environments = ["system"]
  chart        = "git::https://git.platform.example/ops/charts.git//charts/cronguard?ref=main"
  version      = "^1.3"
}

release "quotareport" { # a tag over SSH
  environments = ["system"]
  chart        = "git::ssh://git.platform.example/ops/charts.git//charts/quotareport?ref=v2026.1"
  values       = { to = ["ops@platform.example"] }
}

release "timesync" { # where Git's url.<base>.insteadOf leads: in the tests, a directory
  environments = ["system"]
  chart        = "git::https://mirror.platform.example/time.git//timesync"
}
