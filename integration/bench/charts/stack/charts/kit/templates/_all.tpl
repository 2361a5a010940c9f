{{/* A value that may hold templates: text or YAML, rendered where it has any. */}}
{{- define "kit.render" -}}
{{- $text := .value -}}
{{- if not (kindIs "string" $text) }}{{ $text = toYaml $text }}{{ end -}}
{{- if contains "{{" $text }}{{ $text = tpl $text .root }}{{ end -}}
{{- $text -}}
{{- end -}}

{{/* Several maps as one, the first wins; each may hold templates. */}}
{{- define "kit.overlay" -}}
{{- $all := dict -}}
{{- range .maps }}{{ $all = merge $all (include "kit.render" (dict "value" . "root" $.root) | fromYaml) }}{{ end -}}
{{- toYaml $all -}}
{{- end -}}

{{- define "kit.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "kit.fullname" -}}
{{- $name := include "kit.name" . -}}
{{- $release := regexReplaceAll "[^a-z0-9-]+" (lower .Release.Name) "-" -}}
{{- if .Values.fullnameOverride }}{{ $release = .Values.fullnameOverride }}
{{- else if not (contains $name $release) }}{{ $release = printf "%s-%s" $release $name }}{{ end -}}
{{- $release | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "kit.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end -}}

{{- define "kit.matchLabels" -}}
app.kubernetes.io/name: {{ include "kit.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{- define "kit.labels" -}}
{{- $own := include "kit.matchLabels" . | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_") -}}
{{- with .root.Chart.AppVersion }}{{ $_ := set $own "app.kubernetes.io/version" . }}{{ end -}}
{{- include "kit.overlay" (dict "maps" (list (.labels | default dict) $own) "root" .root) -}}
{{- end -}}

{{- define "kit.image" -}}
{{- $registry := dig "imageRegistry" "" (.root.Values.global | default dict) | default .image.registry -}}
{{- $reference := list $registry .image.repository | compact | join "/" -}}
{{- if .image.digest }}{{ $reference }}@{{ .image.digest }}{{ else }}{{ $reference }}:{{ .image.tag }}{{ end -}}
{{- end -}}

{{- define "kit.spread" -}}
preferredDuringSchedulingIgnoredDuringExecution:
  - weight: 1
    podAffinityTerm:
      topologyKey: {{ .topologyKey | default "kubernetes.io/hostname" }}
      labelSelector:
        matchLabels: {{- include "kit.matchLabels" . | nindent 10 }}
          app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Requests and limits of a size. */}}
{{- define "kit.resources" -}}
{{- $sizes := dict "nano" (list "100m" "128Mi" "192Mi") "small" (list "500m" "512Mi" "768Mi") "large" (list "1" "2Gi" "3Gi") -}}
{{- if not (hasKey $sizes .size) }}{{ fail (printf "size %q is none of %s" .size (keys $sizes | sortAlpha | join ", ")) }}{{ end -}}
{{- $size := index $sizes .size -}}
requests: { cpu: {{ index $size 0 }}, memory: {{ index $size 1 }} }
limits: { memory: {{ index $size 2 }} }
{{- end -}}

{{- define "kit.securityContext" -}}
{{- $context := omit .context "enabled" -}}
{{- if dig "compatibility" "openshift" false (.root.Values.global | default dict) }}{{ $context = omit $context "fsGroup" "runAsUser" "runAsGroup" }}{{ end -}}
{{- toYaml $context -}}
{{- end -}}
