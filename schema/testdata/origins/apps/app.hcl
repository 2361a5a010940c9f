release "app" {
  profiles     = ["web"]
  chart        = "../charts/app"
  values_files = ["../values/app.yaml"]
  values = {
    literal    = 1
    variable   = var.tag
    number     = var.port
    given      = var.given
    passed     = var.passed
    secret     = var.token
    local      = local.name
    computed   = local.domain
    template   = "www.${local.name}"
    sum        = var.port + 1
    upper      = upper(local.name)
    joined     = join("-", [local.name, var.tag])
    json       = jsonencode({ a = local.name })
    merged     = merge(local.common, { tier = "db" })
    deep       = deepmerge({ a = { x = 1, y = 2 } }, { a = { y = 3 } })
    env        = env.values.replicas
    log        = env.values.log
    envMap     = env.values.resources
    anchored   = env.values.sidecar.resources
    mergeKey   = env.values.job
    hosts      = [for name, port in local.hosts : { host = name, port = port }]
    ports      = { for name, port in local.hosts : name => port if port > 9000 }
    choice     = local.choose
    decoded    = local.decoded.a.b
    decodedAll = local.decoded.list
    first      = try(local.hosts.nope, local.name)
    found      = lookup(local.common, "team", "none")
    index      = local.hosts["api"]
    splat      = [{ p = var.port }][*].p
    empty      = {}
    cleared    = null
    cluster    = cluster.name
    envName    = env.name
    release    = release.namespace
    overridden = "release"
  }

  environment "production" {
    values = { overridden = "environment", hpa = true }
  }

  cluster "eu-*" {
    values = { overridden = "cluster" }
  }
}
