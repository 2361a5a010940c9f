format = 1

<<<<<<< HEAD
chart "a/a" "~> 1" {
  version = "1.2.0"
  origin  = "https://charts.example/a-1.2.0.tgz"
  sha256  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  files   = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
}
=======
chart "a/a" "~> 1" {
  version = "1.3.0"
  origin  = "https://charts.example/a-1.3.0.tgz"
  sha256  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  files   = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
}
>>>>>>> next
