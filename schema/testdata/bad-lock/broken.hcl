format = 1

chart "a/a" "1" {
  version = "1
