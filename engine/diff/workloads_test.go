package diff

import (
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/manifest"
)

// workloads are objects as charts write them.
const workloads = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  labels: {app.kubernetes.io/name: api, helm.sh/chart: api-1.0.0, app.kubernetes.io/version: 1.0.0}
  finalizers: [a.example.com/x, b.example.com/y]
spec:
  replicas: 2
  selector: {matchLabels: {app.kubernetes.io/name: api}}
  template:
    metadata:
      annotations: {checksum/config: 0a1b}
      labels: {app.kubernetes.io/name: api}
    spec:
      initContainers:
      - {name: migrate, image: registry.example.com/api:1.0.0, args: [migrate]}
      - {name: warm, image: registry.example.com/api:1.0.0}
      containers:
      - name: api
        image: registry.example.com/api:1.0.0
        args: [--listen=:8080, --log=info, serve, --verbose]
        env:
        - {name: A, value: "1"}
        - {name: B, value: $(A)/x}
        - {name: C, valueFrom: {secretKeyRef: {name: api, key: c}}}
        envFrom:
        - configMapRef: {name: one}
        - configMapRef: {name: two}
        ports:
        - {containerPort: 8080, name: http}
        - {containerPort: 8080, protocol: UDP, name: quic}
        - {containerPort: 9090, protocol: TCP, name: metrics}
        resources: {limits: {memory: 1Gi}, requests: {cpu: 100m, memory: 512Mi}}
        volumeMounts:
        - {name: data, mountPath: /data}
        - {name: config, mountPath: /etc/api}
      - {name: proxy, image: "envoy:v1"}
      tolerations:
      - {key: a, operator: Exists}
      - {key: b, operator: Equal, value: x}
      volumes:
      - {name: data, emptyDir: {}}
      - {name: config, configMap: {name: api}}
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec:
  ports:
  - {port: 80, targetPort: http, name: http}
  - {port: 443, targetPort: https, name: https, protocol: TCP}
  - {port: 443, targetPort: quic, name: quic, protocol: UDP}
  selector: {app.kubernetes.io/name: api}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: api}
data:
  log: info
  app.yaml: |
    server: {port: 8080}
    routes:
    - name: a
      path: /a
    - name: b
      path: /b
  app.json: '{"a": {"b": [1, 2, 3]}}'
  script.sh: |
    #!/bin/sh
    set -e
    echo one
    echo two
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api}
spec:
  rules:
  - host: a.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {name: http}}}}, {path: /x, pathType: Exact, backend: {service: {name: x, port: {number: 80}}}}]}
  - host: b.example.com
  tls: [{hosts: [a.example.com, b.example.com], secretName: tls}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: api}
rules:
- {apiGroups: [""], resources: [pods, services], verbs: [get, list, watch]}
- {apiGroups: [apps], resources: [deployments], verbs: [get]}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: webs.example.com}
spec:
  group: example.com
  names: {kind: Web, plural: webs, shortNames: [w, ws]}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        description: A web.
        properties:
          spec:
            type: object
            properties:
              description: {type: string, description: What it is., default: none}
              routes:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [host, port]
                items:
                  type: object
                  properties: {host: {type: string}, port: {type: integer, default: 80}, paths: {type: array, items: {type: string}}}
              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              steps: {type: array, x-kubernetes-list-type: atomic, items: {type: object, x-kubernetes-preserve-unknown-fields: true}}
              backends: {type: array, items: {type: object, properties: {name: {type: string}}}}
  - {name: v1beta1, served: true, storage: false}
---
apiVersion: example.com/v1
kind: Web
metadata: {name: web}
spec:
  routes:
  - {host: a, paths: [/, /x]}
  - {host: a, port: 443}
  - {host: b, port: 80}
  tags: [x, y, z]
  steps: [{name: one}, {name: two}]
  backends: [{name: one, weight: 1}, {name: two, weight: 2}]
---
apiVersion: unheard.of/v1
kind: Thing
metadata: {name: thing}
spec:
  list: [{name: a, v: 1}, {name: b, v: 2}]
  anonymous: [{v: 1}, {v: 2}, [1, 2], 3]
`

func documents(t testing.TB, text string) []map[string]any {
	t.Helper()
	read, failed := manifest.Read([]byte(text))
	if len(failed) > 0 {
		t.Fatal(failed[0])
	}
	var trees []map[string]any
	for _, d := range read {
		trees = append(trees, d.Tree.(map[string]any))
	}
	return trees
}

func object(t testing.TB, tree map[string]any) manifest.Object {
	t.Helper()
	o, err := manifest.New(tree, manifest.Source{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func setOf(t testing.TB, text string) manifest.Set {
	t.Helper()
	var objects []manifest.Object
	for _, tree := range documents(t, text) {
		objects = append(objects, object(t, tree))
	}
	set, duplicates := manifest.NewSet(objects)
	if len(duplicates) > 0 {
		t.Fatalf("twice: %v", duplicates[0].Second.ID)
	}
	return set
}

// show writes fields a line each.
func show(fields []Field) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(string(f.Status) + " " + string(f.Class) + " " + f.Path.String())
		if f.Order {
			b.WriteString(" (order)")
		}
		b.WriteString(": " + text(f.Before) + " -> " + text(f.After) + "\n")
		if f.Inner != nil {
			for line := range strings.Lines("[" + f.Inner.Format + "]\n" + show(f.Inner.Fields) + f.Inner.Text) {
				b.WriteString("  " + line)
			}
		}
	}
	return b.String()
}

func text(v any) string {
	if v == nil {
		return "-"
	}
	if m, ok := v.(Masked); ok {
		return "<" + string(m) + ">"
	}
	return strings.ReplaceAll(strings.TrimSuffix(token(v), "\n"), "\n", "; ")
}
