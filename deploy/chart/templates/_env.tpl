{{/*
The environment of a container: what the chart sets, what the user adds, and last
who migrates.  Arguments: the chart's scope, and the role of the container: "job",
"init" or "gateway".

migration.enabled alone decides about the last two variables.  A list with a name
twice would leave it to order who wins, so the user's entry is refused instead.
What comes from envFrom loses against env, says Kubernetes.  So what the client would
prefer to a variable of the chart's stands here as well, empty, which it takes as unset.
*/}}
{{- define "gateway.env" -}}
{{- $values := .scope.Values }}
{{- include "gateway.refuse" .scope }}
{{- $owned := $values.migration.enabled }}
{{- $migrates := ternary (eq .role "job") (eq .role "init") $owned }}
{{- range list "DATABASE_URL" "DATABASE_URL_FILE" "MIGRATION_URL" "MIGRATION_URL_FILE" "EXPECT_HEADS_FROM" "MIGRATIONS" }}
- name: GW_BOOTSTRAP_{{ . }}
  value: ""
{{- end }}
{{- include "gateway.env.database" .scope }}
{{- if $migrates }}
{{- include "gateway.env.direct" .scope }}
{{- if $values.migration.requireFence }}
- name: GW_BOOTSTRAP_REQUIRE_FENCE
  value: "true"
{{- end }}
- name: GW_BOOTSTRAP_MIGRATE
  value: {{ required "bootstrap.migrate is required: somebody has to migrate" $values.bootstrap.migrate | quote }}
{{- end }}
{{- with $values.bootstrap.alembic }}
- name: GW_BOOTSTRAP_ALEMBIC
  value: {{ . | quote }}
{{- end }}
- name: GW_BOOTSTRAP_EXPECT_HEAD
  value: {{ join "," $values.bootstrap.expectHeads | quote }}
{{- if and $values.bootstrap.post (eq .role "init") }}
- name: GW_BOOTSTRAP_POST
  value: {{ $values.bootstrap.post | quote }}
{{- end }}
{{- if ne .role "gateway" }}
- name: GW_BOOTSTRAP_TIMEOUT
  value: {{ ternary $values.migration.timeout $values.bootstrap.timeout (eq .role "job") | int | quote }}
{{- end }}
- name: GW_BOOTSTRAP_ALLOW_AHEAD
  value: {{ $values.bootstrap.allowAhead | quote }}
- name: GW_BOOTSTRAP_LOG_FORMAT
  value: {{ $values.bootstrap.logFormat | quote }}
{{- with $values.extraEnv }}
{{ toYaml . }}
{{- end }}
- name: GW_BOOTSTRAP_SKIP_MIGRATIONS
  value: {{ and $owned (ne .role "job") | quote }}
- name: MCPGATEWAY_SKIP_MIGRATIONS
  value: {{ and $owned (ne .role "job") | quote }}
{{- end }}

{{/* A reference to a key of the database's Secret.  Arguments: name, scope, key. */}}
{{- define "gateway.env.secret" }}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ required "database.existingSecret is required: the chart holds no password" .scope.Values.database.existingSecret | quote }}
      key: {{ .key | quote }}
{{- end }}

{{- define "gateway.env.database" }}
{{- with .Values.database }}
{{- if .urlKey }}
{{- include "gateway.env.secret" (dict "scope" $ "name" "DATABASE_URL" "key" .urlKey) }}
{{- else }}
{{- include "gateway.env.secret" (dict "scope" $ "name" "POSTGRES_HOST" "key" .hostKey) }}
{{- include "gateway.env.secret" (dict "scope" $ "name" "POSTGRES_PORT" "key" .portKey) }}
{{- include "gateway.env.secret" (dict "scope" $ "name" "POSTGRES_USER" "key" .userKey) }}
{{- include "gateway.env.secret" (dict "scope" $ "name" "POSTGRES_PASSWORD" "key" .passwordKey) }}
{{- include "gateway.env.secret" (dict "scope" $ "name" "POSTGRES_DB" "key" .nameKey) }}
- name: DATABASE_URL
  value: {{ include "gateway.url" (dict "scope" $ "host" "POSTGRES_HOST" "port" "POSTGRES_PORT") }}
{{- end }}
{{- end }}
{{- end }}

{{/* The way past the pooler, for the one that migrates.  Its lock stays on the pooler. */}}
{{- define "gateway.env.direct" }}
{{- with .Values.migration }}
{{- if .urlKey }}
{{- include "gateway.env.secret" (dict "scope" $ "name" "MIGRATION_DATABASE_URL" "key" .urlKey) }}
{{- else if or .hostKey .portKey }}
{{- if $.Values.database.urlKey }}
{{- fail "migration.hostKey and migration.portKey cannot change database.urlKey: use migration.urlKey" }}
{{- end }}
{{- with .hostKey }}
{{- include "gateway.env.secret" (dict "scope" $ "name" "MIGRATION_HOST" "key" .) }}
{{- end }}
{{- with .portKey }}
{{- include "gateway.env.secret" (dict "scope" $ "name" "MIGRATION_PORT" "key" .) }}
{{- end }}
- name: MIGRATION_DATABASE_URL
  value: {{ include "gateway.url" (dict "scope" $
    "host" (ternary "MIGRATION_HOST" "POSTGRES_HOST" (ne .hostKey ""))
    "port" (ternary "MIGRATION_PORT" "POSTGRES_PORT" (ne .portKey ""))) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Kubernetes puts in what $(NAME) stands for.  Arguments: scope, host, port. */}}
{{- define "gateway.url" -}}
{{- $url := printf "postgresql+psycopg://$(POSTGRES_USER):$(POSTGRES_PASSWORD)@$(%s):$(%s)/$(POSTGRES_DB)" .host .port }}
{{- with .scope.Values.database.parameters }}
{{- $url = printf "%s?%s" $url . }}
{{- end }}
{{- $url | quote }}
{{- end }}
