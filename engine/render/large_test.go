package render_test

import (
	"fmt"
	"strings"
	"testing/fstest"
)

// large is a chart of real size: many templates, deep includes, texts for tpl,
// big CRDs.
func large() fstest.MapFS {
	fsys := fstest.MapFS{}
	write := func(name, text string) { fsys["large/"+name] = &fstest.MapFile{Data: []byte(text)} }
	write("Chart.yaml", "apiVersion: v2\nname: large\nversion: 1.0.0\nappVersion: \"2.0\"\n")
	write("values.yaml", `services: 3
image: {registry: registry.example, repository: shop/web, tag: ""}
labels: {team: shop, tier: web}
annotations: {note: "{{ .Release.Name }} in {{ .Release.Namespace }}"}
env: {A: "1", B: "{{ .Values.image.repository }}", C: three}
resources: {limits: {cpu: 500m, memory: 128Mi}, requests: {cpu: 100m, memory: 64Mi}}
`)
	write("templates/_helpers.tpl", `
{{- define "large.name" -}}{{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}{{- end }}
{{- define "large.fullname" -}}{{ printf "%s-%s" .Release.Name (include "large.name" .) | trunc 63 | trimSuffix "-" }}{{- end }}
{{- define "large.selector" -}}
app.kubernetes.io/name: {{ include "large.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "large.labels" -}}
{{ include "large.selector" . }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- range $k, $v := .Values.labels }}
{{ $k }}: {{ tpl (toString $v) $ | quote }}
{{- end }}
{{- end }}
{{- define "large.render" -}}
{{- if typeIs "string" .value }}{{ tpl .value .context }}{{ else }}{{ tpl (.value | toYaml) .context }}{{ end }}
{{- end }}
{{- define "large.image" -}}{{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{- end }}
`)
	for i := range 60 {
		write(fmt.Sprintf("templates/deployment-%02d.yaml", i), strings.ReplaceAll(`{{- range $i := until (int (div .Values.services 40 | add1)) }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "large.fullname" $ }}-NN-{{ $i }}
  labels: {{- include "large.labels" $ | nindent 4 }}
  annotations: {{- include "large.render" (dict "value" $.Values.annotations "context" $) | nindent 4 }}
spec:
  replicas: {{ add 1 $i }}
  selector:
    matchLabels: {{- include "large.selector" $ | nindent 6 }}
  template:
    metadata:
      labels: {{- include "large.labels" $ | nindent 8 }}
    spec:
      containers:
        - name: web
          image: {{ include "large.image" $ }}
          env:
          {{- range $k, $v := $.Values.env }}
            - name: {{ $k }}
              value: {{ include "large.render" (dict "value" $v "context" $) | quote }}
          {{- end }}
          {{- with $.Values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "large.fullname" $ }}-NN-{{ $i }}
  labels: {{- include "large.labels" $ | nindent 4 }}
spec:
  ports: [{port: 80, name: http}]
  selector: {{- include "large.selector" $ | nindent 4 }}
---
{{- end }}
`, "NN", fmt.Sprintf("%02d", i)))
	}
	var properties strings.Builder
	for i := range 400 {
		fmt.Fprintf(&properties, "                field%03d:\n                  description: %s\n                  type: string\n", i, strings.Repeat("A sentence about the field. ", 20))
	}
	for i := range 4 {
		write(fmt.Sprintf("crds/crd-%d.yaml", i), fmt.Sprintf(`apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets%[1]d.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget%[1]d, plural: widgets%[1]d}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
%[2]s`, i, properties.String()))
	}
	return fsys
}
