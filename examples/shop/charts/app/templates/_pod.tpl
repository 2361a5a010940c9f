{{/*
What all containers of a release share: image, environment, mounts, limits.
Deployment, migration and CronJobs differ in command and probes only.
*/}}
{{- define "app.container" -}}
image: {{ include "app.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
{{- with .Values.env }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if or .Values.config .Values.envFrom }}
envFrom:
  {{- if .Values.config }}
  - configMapRef:
      name: {{ include "app.fullname" . }}
  {{- end }}
  {{- with .Values.envFrom }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- if .Values.files }}
  - name: files
    mountPath: /etc/app
    readOnly: true
  {{- end }}
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* What all pods of a release share. */}}
{{- define "app.podSpec" -}}
serviceAccountName: {{ include "app.serviceAccountName" . }}
automountServiceAccountToken: {{ .Values.serviceAccount.automountToken }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {}
  {{- if .Values.files }}
  - name: files
    configMap:
      name: {{ include "app.fullname" . }}-files
  {{- end }}
  {{- with .Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* The handler of a probe: HTTP on the port `http`, or a command. */}}
{{- define "app.probe" -}}
{{- if .Values.probes.exec -}}
exec:
  command:
    {{- toYaml .Values.probes.exec | nindent 4 }}
{{- else -}}
httpGet:
  path: {{ .Values.probes.path }}
  port: http
{{- end }}
{{- end }}
