project "p" {}

cluster "c" {
  kubernetes = "1.34"
}

environment "dev" {
  clusters = ["c"]
}

repository "user" {
  url = "https://ann:secret@charts.example/stable"
}

repository "broken" {
  url = "https://ann:sec ret@charts.example"
}

repository "ftp" {
  url = "ftp://charts.example"
}

repository "query" {
  url = "https://charts.example?token=x"
}

repository "hostless" {
  url = "oci:///charts"
}

repository "files" {
  url         = "https://charts.example"
  ca_file     = "../outside.yaml"
  certificate = "~/client.pem"
  key         = 7
  plain_http  = "yes"
}

release "url" {
  chart = "https://ann:secret@charts.example/app-1.0.0.tgz"
}

release "oci" {
  chart = "oci://ann@registry.example/app"
}

release "token" {
  chart = "https://charts.example/app-1.0.0.tgz?x=1&X-Sig=secret"
}

release "git" {
  chart = "git::https://ann:secret@git.example/charts.git//app"
}

release "oci-query" {
  chart = "oci://registry.example/app?token=secret"
}

release "git-query" {
  chart = "git::https://git.example/charts.git//app?token=secret"
}

release "git-typo" {
  chart = "git::https://git.example/charts.git//app?reff=main"
}

release "no-url" {
  chart = "https://ann:sec/ret@charts.example/app-1.0.0.tgz"
}

repository "scheme-query" {
  url = "ftp://charts.example/?token=secret"
}
