{{- define "monitoring.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "monitoring.fullname" -}}
{{- $name := include "monitoring.name" . -}}
{{- if contains $name .Release.Name }}{{ .Release.Name | trunc 26 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name $name | trunc 26 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "monitoring.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end }}

{{- define "monitoring.chartref" -}}
{{- replace "+" "_" .Chart.Version | printf "%s-%s" .Chart.Name -}}
{{- end }}

{{- define "monitoring.labels" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.Version | quote }}
app.kubernetes.io/part-of: {{ template "monitoring.name" . }}
chart: {{ template "monitoring.chartref" . }}
{{- with .Values.commonLabels }}
{{ tpl (toYaml .) $ }}
{{- end }}
{{- end }}

{{- define "monitoring.component.fullname" -}}
{{- printf "%s-%s" (include "monitoring.fullname" .root) .component -}}
{{- end }}

{{- define "monitoring.component.selectorLabels" }}
app.kubernetes.io/name: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "monitoring.component.labels" }}
{{- include "monitoring.component.selectorLabels" . }}
{{- include "monitoring.labels" .root | replace (printf "app.kubernetes.io/instance: %s\n" .root.Release.Name) "" }}
{{- end }}

{{- define "monitoring.component.image" -}}
{{- $registry := .root.Values.global.imageRegistry | default .values.image.registry -}}
{{- printf "%s/%s:%s" $registry .values.image.repository (tpl .values.image.tag .root) -}}
{{- end }}

{{/* One alert's severity, duration and labels: overrides by name, then the defaults. */}}
{{- define "monitoring.alert.for" -}}
{{- dig .alert "for" .default (.root.Values.rules.overrides | default dict) -}}
{{- end }}

{{- define "monitoring.alert.labels" }}
severity: {{ dig .alert "severity" (.severity | default .root.Values.rules.severity) (.root.Values.rules.overrides | default dict) }}
{{- with .root.Values.rules.extraLabels }}
{{ tpl (toYaml .) $.root }}
{{- end }}
{{- end }}
