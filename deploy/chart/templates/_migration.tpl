{{/* The pod of the Job that owns migrations. */}}
{{- define "gateway.migration.pod" -}}
{{- with .Values.migration.serviceAccountName }}
serviceAccountName: {{ . | quote }}
{{- end }}
# Every attempt is a pod of its own, with its log, and its exit code is seen.
restartPolicy: Never
{{ include "gateway.pod" . }}
{{- with .Values.extraInitContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: migrate
    command: [gw_bootstrap, run]
    {{- include "gateway.container" (dict "scope" . "role" "job") | nindent 4 }}
    resources:
      {{- toYaml .Values.migration.resources | nindent 6 }}
{{- end }}

{{/*
Seconds for all attempts.  gw_bootstrap's own deadline comes first, since it says what
it waited for; each attempt may take that, the time to stop, and two minutes to start.
*/}}
{{- define "gateway.migration.seconds" -}}
{{- with .Values.migration }}
{{- mul (add1 .backoffLimit) (add .timeout $.Values.terminationGracePeriodSeconds 120) }}
{{- end }}
{{- end }}
