# Takes orders off the queue: no port, a schema migration before each upgrade,
# and a nightly job.

release "orders" {
  profiles = ["reads-config-once"]
  chart    = "../charts/app"
  labels   = { tier = "worker" }

  values_files = ["values/orders.yaml"]
  values = {
    image    = { repository = "${local.registry}/orders", tag = var.image_tag }
    replicas = env.values.replicas
    config = {
      QUEUE_URL      = env.values.queue.url
      QUEUE_PREFETCH = tostring(env.values.queue.prefetch)
      CATALOG_URL    = "http://catalog.${release.namespace}.svc"
    }
    networkPolicy = { from = [] }
  }

  environment "dev" {
    values = {
      migration = { enabled = false } # dev starts with an empty database
      cronJobs  = { invoices = { suspend = true } }
      resources = { limits = null } # null takes a key away, the chart's default too
    }
  }
}
