release "web" {
  chart = "./charts/app"
}
