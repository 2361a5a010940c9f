# Written by `weir lock` and `weir update`; commit it.
format = 1

chart "git::https://git.example/acme/charts.git//charts/web?ref=main" "" {
  version = "0.1.0+$${x}"
  origin  = "git::https://git.example/acme/charts.git//charts/web?ref=4b825dc642cb6eb9a060e54bf8d69288fbee4904"
  sha256  = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
}

chart "podinfo/podinfo" "6.5.0" {
  version    = "6.5.0"
  repository = "https://charts.example/podinfo"
  origin     = "https://charts.example/podinfo/podinfo-6.5.0.tgz"
  sha256     = "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
  files      = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
}

chart "podinfo/podinfo" "~> 6.7" {
  version    = "6.7.1"
  repository = "https://charts.example/podinfo"
  origin     = "https://charts.example/podinfo/podinfo-6.7.1.tgz"
  sha256     = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  files      = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
}
