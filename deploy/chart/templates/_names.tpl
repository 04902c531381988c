{{/* What objects are called, and how they are labelled. */}}

{{- define "gateway.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Short enough for "-migrate-" and the hash of a Job, whose pods get five more. */}}
{{- define "gateway.fullname" -}}
{{- $name := include "gateway.name" . }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $full .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "gateway.serviceAccount" -}}
{{- default (ternary (include "gateway.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{/* Argument: the chart's scope and a component. */}}
{{- define "gateway.selector" -}}
app.kubernetes.io/name: {{ include "gateway.name" .scope | quote }}
app.kubernetes.io/instance: {{ .scope.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "gateway.labels" -}}
{{ include "gateway.selector" . }}
app.kubernetes.io/version: {{ .scope.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .scope.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .scope.Chart.Name .scope.Chart.Version | replace "+" "_" }}
{{- end }}
