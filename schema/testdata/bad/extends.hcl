project "bad" {}

cluster "one" {
  kubernetes = "1.34"
}

environment "a" {
  clusters = ["one"]
  extends  = ["b"]
}

environment "b" {
  abstract = true
  extends  = ["c"]
}

environment "c" {
  abstract = true
  extends  = ["a", "basee"]
}
