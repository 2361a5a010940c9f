# `kubernetes` and `api_versions` are what charts see as .Capabilities: written
# down here, so that rendering needs no cluster and is the same everywhere.

cluster "nonprod" {
  kubernetes = "1.34"
  labels     = { region = "eu", tier = "nonprod" }
  context    = "nonprod"
}

cluster "prod-eu" {
  kubernetes   = "1.33"
  api_versions = ["monitoring.coreos.com/v1"] # the Prometheus operator is installed here
  labels       = { region = "eu", tier = "prod" }
  context      = "prod-eu"
}

cluster "prod-us" {
  kubernetes   = "1.33"
  api_versions = ["monitoring.coreos.com/v1"]
  labels       = { region = "us", tier = "prod" }
  context      = "prod-us"
}
