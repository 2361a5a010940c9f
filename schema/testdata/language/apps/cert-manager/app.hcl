release "cert-manager" {
  chart = "../../charts/tenant"
}
