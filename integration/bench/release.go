package bench

import (
	"fmt"
	"strings"
)

// release is one of the N: what it deploys follows from its number, in the
// proportions of a large installation.
type release struct {
	number int
	chart  string // app, stack, monitoring, operator-<n>
	crds   bool   // whether it brings the CRDs of its chart
}

func newRelease(number int) release {
	r := release{number: number, chart: "app"}
	switch position := number % 20; {
	case position >= 13 && position < 16:
		r.chart = "stack"
	case position >= 16 && position < 19:
		r.chart = "monitoring"
	case position == 19:
		r.chart = fmt.Sprintf("operator-%d", number/20%operators)
		r.crds = number/20 < operators
	}
	return r
}

func (r release) name() string      { return fmt.Sprintf("r%04d", r.number) }
func (r release) namespace() string { return fmt.Sprintf("team-%02d", r.number%25) }

// files are the release's values files in one environment. One release in ten
// has a file for each environment.
func (r release) files(environment string) []string {
	files := []string{"values/" + r.name() + ".yaml"}
	if r.chart == "app" {
		files = append(files, "environments/"+environment+".yaml")
	}
	if r.number%10 == 0 {
		files = append(files, "values/"+r.name()+"."+environment+".yaml")
	}
	return files
}

// job is the release for the baseline. Its values are those of write's HCL.
func (r release) job(env string, environments int) Job {
	j := Job{
		Chart:       "charts/" + r.chart,
		Name:        r.name(),
		Namespace:   r.namespace(),
		Environment: env,
		Files:       r.files(env),
		SkipCRDs:    !r.crds,
		Kubernetes:  kubernetes,
		APIVersions: []string{monitoring},
	}
	replicas := 1
	for e := range environments {
		if env == environment(e) {
			replicas = e + 1
		}
	}
	switch r.chart {
	case "app":
		j.Values = map[string]any{
			"image":    map[string]any{"repository": "registry.bench.example/" + r.name(), "tag": "1.0.0"},
			"replicas": replicas,
			"ingress":  map[string]any{"enabled": true, "hosts": []any{map[string]any{"host": r.name() + ".bench.example", "paths": []any{"/"}}}},
		}
	case "stack":
		j.Values = map[string]any{"replicaCount": replicas, "cache": map[string]any{"enabled": r.number%2 == 0}}
	case "monitoring":
		j.Values = map[string]any{"rules": map[string]any{"extraLabels": map[string]any{"environment": env}}}
	default:
		j.Values = map[string]any{"replicas": replicas, "crds": map[string]any{"enabled": r.crds}}
	}
	return j
}

func (r release) write(out *writer, shape Shape) {
	var hcl strings.Builder
	fmt.Fprintf(&hcl, "release %q {\n  chart     = \"../charts/%s\"\n  namespace = %q\n  labels    = { kind = %q }\n", r.name(), r.chart, r.namespace(), r.chart)
	if !r.crds {
		hcl.WriteString("  crds      = \"skip\"\n")
	}
	if r.chart == "app" && r.number >= 20 {
		fmt.Fprintf(&hcl, "  needs     = [%q]\n", release{number: r.number - r.number%20 - 1}.name())
	}
	fmt.Fprintf(&hcl, "\n  values_files = [%s]\n", strings.Join(r.hclFiles(), ", "))
	switch r.chart {
	case "app":
		fmt.Fprintf(&hcl, `  values = {
    image    = { repository = "registry.${env.values.domain}/${release.name}", tag = var.tag }
    replicas = env.values.replicas
    ingress  = { enabled = true, hosts = [{ host = "${release.name}.${env.values.domain}", paths = ["/"] }] }
  }
`)
	case "stack":
		fmt.Fprintf(&hcl, "  values = { replicaCount = env.values.replicas, cache = { enabled = %t } }\n", r.number%2 == 0)
	case "monitoring":
		hcl.WriteString("  values = { rules = { extraLabels = { environment = env.name } } }\n")
	default:
		fmt.Fprintf(&hcl, "  values = { replicas = env.values.replicas, crds = { enabled = %t } }\n", r.crds)
	}
	if shape.Kustomize {
		r.writeKustomize(&hcl)
	}
	hcl.WriteString("}\n")
	out.write("releases/"+r.name()+".hcl", hcl.String())

	out.write("values/"+r.name()+".yaml", r.values())
	if r.number%10 == 0 {
		for e := range shape.Environments {
			out.write("values/"+r.name()+"."+environment(e)+".yaml", "terminationGracePeriodSeconds: 45\n")
		}
	}
}

func (r release) hclFiles() []string {
	var files []string
	for _, file := range r.files("${env.name}") {
		files = append(files, `"../`+file+`"`)
	}
	return files
}

func (r release) writeKustomize(hcl *strings.Builder) {
	if r.chart != "app" {
		return
	}
	hcl.WriteString("\n  kustomize {\n")
	if r.number%20 == 0 {
		hcl.WriteString("    components = [\"../kustomize/hardened\"]\n\n")
	}
	fmt.Fprintf(hcl, "    image \"registry.bench.example/%s\" {\n      new_name = \"mirror.bench.example/%s\"\n    }\n", r.name(), r.name())
	fmt.Fprintf(hcl, "\n    patch {\n      patch = <<-YAML\n        apiVersion: apps/v1\n        kind: Deployment\n        metadata: {name: %s}\n        spec:\n          minReadySeconds: 5\n      YAML\n    }\n  }\n", r.name())
}

// values is the release's own values file, as people write them: some of what the chart offers.
func (r release) values() string {
	switch r.chart {
	case "app":
		return fmt.Sprintf(`ports: { http: 8080, admin: 9090 }
service: { enabled: true }
metrics: { enabled: true }
autoscaling: { enabled: %t, minReplicas: 2, maxReplicas: 6 }
podDisruptionBudget: { enabled: true }
config:
  SERVICE_NAME: '{{ .Release.Name }}'
  PEERS: 'http://{{ include "app.fullname" . }}.{{ .Release.Namespace }}.svc'
  WORKERS: %d
files:
  features.yaml: |
    release: {{ .Release.Name }}
    checkout: {enabled: true, limit: %d}
cronJobs:
  cleanup: { schedule: "%d 3 * * *", args: [cleanup] }
resources:
  requests: { cpu: %dm, memory: 128Mi }
  limits: { memory: 256Mi }
`, r.number%2 == 0, r.number%8+1, r.number, r.number%60, r.number%10*50+50)
	case "stack":
		return fmt.Sprintf(`settings:
  peer: 'http://{{ include "kit.fullname" . }}:{{ .Values.service.ports.http }}'
  shard: %d
extraEnvVars:
  - name: DATABASE
    value: '{{ .Release.Name }}-database.{{ include "kit.namespace" . }}.svc'
database:
  commonLabels: { example.com/shard: "%d" }
  extraConfiguration:
    tuning.conf: 'shared_buffers = {{ mul 128 %d }}MB'
`, r.number, r.number, r.number%4+1)
	case "monitoring":
		return fmt.Sprintf(`rules:
  runbookUrl: 'https://runbooks.bench.example/%d/{{ .Release.Namespace }}'
  disabled: { RulesGroup01Alert2: true }
  overrides: { RulesGroup02Alert1: { for: 20m, severity: info } }
dashboards: { refresh: %ds }
`, r.number, r.number%50+10)
	default:
		return fmt.Sprintf("image: quay.io/example/operator:1.14.%d\n", r.number)
	}
}
