{{/* The proxy's configuration: upstreams of the sub-charts that are on. */}}
{{- define "gateway.config" -}}
worker_processes auto;
events { worker_connections 8192; }
http {
  log_format json escape=json '{"time":"$time_iso8601","status":"$status","host":"$host"}';
  error_log /dev/stderr {{ dig "logLevel" "warn" .Values.global }};
  {{- range $name := list "sessions" "ratelimits" }}
  {{- $cache := index $.Values $name }}
  {{- if $cache.enabled }}
  upstream {{ $name }} { server {{ $.Release.Name }}-{{ $name }}:{{ $cache.port }}; }
  {{- end }}
  {{- end }}
  {{- if .Values.defaultBackend.enabled }}
  upstream fallback { server {{ .Release.Name }}-default-backend:{{ .Values.backendPort }}; }
  {{- end }}
  {{ tpl .Values.extraConfig . | nindent 2 | trim }}
}
{{- end }}
