# Written by `weir lock` and `weir update`; commit it.
format = 1

chart "charts/nodewatch" "~> 2.1.0" {
  version    = "2.1.3"
  repository = "https://charts.platform.example"
  origin     = "https://charts.platform.example/nodewatch-2.1.3.tgz"
  sha256     = "1dccfd5ea52dfc21890251cc518053c22fe1022aa3a25b404edecc09d4e72c77"
  files      = "6bdbeafc08b8636e454d9ed43c843fe31197b50cd4f4c83938efef4b4f8b33d8"
}

chart "git::https://git.platform.example/ops/charts.git//charts/cronguard?ref=main" "^1.3" {
  version = "1.3.0"
  origin  = "git::https://git.platform.example/ops/charts.git//charts/cronguard?ref=8e8abc35f541e93512750e2905824e17af5aa265"
  sha256  = "5994a6cea1846db34357aa72b53f343c5bb353995e0bf2c2784dc9a8c661917a"
}

chart "git::https://mirror.platform.example/time.git//timesync" "" {
  version = "3.0.0"
  origin  = "git::https://mirror.platform.example/time.git//timesync?ref=249cad91c153f9f25fc89a28d211d9138c6806c6"
  sha256  = "d5a1961740f120553f9fc5830a182a06ea16fb7f44f95b7e222cb91ce55845bd"
}

chart "git::ssh://git.platform.example/ops/charts.git//charts/quotareport?ref=v2026.1" "" {
  version = "0.9.1"
  origin  = "git::ssh://git.platform.example/ops/charts.git//charts/quotareport?ref=8e8abc35f541e93512750e2905824e17af5aa265"
  sha256  = "07f937316b14be26bcceb3bce318949314a80462cd42b742ffd62646216f55cd"
}

chart "https://charts.platform.example/exporter" "1.x" {
  version = "1.0.4"
  origin  = "https://charts.platform.example/exporter-1.0.4.tgz"
  sha256  = "0a9f36731ca94b6da97cb39ecc93de11db0b7c441a31e55b4c57071fa6b5e498"
  files   = "319365b74bddc9e39eff70ba9fcdd2e6a91150c75188f0f36f3f2dd88433bc7f"
}

chart "registry/cleaner" "^0.4" {
  version    = "0.4.2"
  repository = "oci://registry.platform.example/charts"
  origin     = "oci://registry.platform.example/charts/cleaner@sha256:168353cb9bb55d177834b69d6a62d1fe4506f6197e4df97efdf0cd5b0681cbac"
  sha256     = "9cdbc31dd4b34764b06c002560f6632b782192ec6c4ca887174959d34d250e1f"
  files      = "51a86505abc881160555745a0df5e0c4eba2ba86909b5fa174186d15f03d3d5f"
}
