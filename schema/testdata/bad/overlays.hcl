project "bad" {}

cluster "prod-eu" {
  kubernetes = "1.34"
  labels     = { region = "eu" }
}

environment "base" {
  abstract = true
}

environment "production" {
  clusters = ["prod-*"]
}

environment "nowhere" {}

environment "typo" {
  clusters = ["prod-eux", "dev-*"]
}

release "web" {
  profiles     = ["wbe"]
  environments = ["prodution", "x-*"]
  chart        = "./charts/app"

  environment "prodution" {}

  environment "base" {}

  environment "dev-*" {}

  cluster "prod-us" {}

  cluster {}

  cluster "prod-eu" {
    match = { labels = {} }
  }

  environment "production" {
    needs = ["x"]
  }
}

profile "web" {}
