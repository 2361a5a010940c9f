project "bad" {}

release "web" {
  chart = 
  values = { a = "x }
}
