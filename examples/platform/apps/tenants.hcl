# One release per tenant: tenant-atlas, tenant-borealis. Taking a tenant out of
# tenants.yaml removes its release, and the run says so.

release "tenant" {
  environments = ["tenants"]
  for_each     = local.tenants
  chart        = "../charts/tenant"
  namespace    = "tenant-${each.key}"
  needs        = ["system/gateway", "brokers"]

  values = {
    owner = each.value.owner
    quota = { cpu = each.value.cpu, memory = each.value.memory }
  }

  cluster "staging" {
    values = { quota = { cpu = "4", memory = "8Gi" } }
  }
}
