{{/* Name of an object: the release's, with what the caller adds. (list . "suffix") */}}
{{- define "common.name" -}}
{{- $root := index . 0 -}}
{{- $suffix := index . 1 -}}
{{- if $suffix }}{{ printf "%s-%s" $root.Release.Name $suffix | trunc 63 | trimSuffix "-" }}{{ else }}{{ $root.Release.Name | trunc 63 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "common.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "common.labels" -}}
{{ include "common.selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: platform
{{- end }}

{{/* An image of the platform's registry: (dict "root" $ "image" .Values.image) */}}
{{- define "common.image" -}}
{{- $registry := dig "registry" "" (.root.Values.global | default dict) -}}
{{- $name := required "an image needs a name" .image.name -}}
{{- if $registry }}{{ $registry }}/{{ end }}{{ $name }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/* The restricted pod security standard. */}}
{{- define "common.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "common.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
