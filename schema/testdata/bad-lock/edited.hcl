format = 1
color  = "red"

chart "a/a" {
  version = "1.2.0"
}

chart "b/b" "1" {
  version = "1.2.0"
  origin  = "https://charts.example/b-1.2.0.tgz"
  sha256  = "ABC"
}

chart "c/c" "1" {
  version = 1.2
  sha265  = "x"
}

chart "d/d" "1" {
  version = file("x")
  origin  = null
  pin {}
}
