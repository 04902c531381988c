{{/*
What would undo the contract, or leave it to chance: refused before anything is
rendered.  The schema says most of it earlier, but helm can be told to ignore that.
*/}}
{{- define "gateway.refuse" -}}
{{- if not (kindIs "bool" .Values.migration.enabled) }}
{{- fail "migration.enabled must be true or false, not a string or null" }}
{{- end }}
{{- $enabled := "migration.enabled alone decides who migrates" }}
{{- $by := dict
  "GW_BOOTSTRAP_SKIP_MIGRATIONS" $enabled
  "MCPGATEWAY_SKIP_MIGRATIONS" $enabled
  "DATABASE_URL" "set by database"
  "GW_BOOTSTRAP_DATABASE_URL" "set by database"
  "GW_BOOTSTRAP_DATABASE_URL_FILE" "set by database"
  "POSTGRES_HOST" "set by database.hostKey"
  "POSTGRES_PORT" "set by database.portKey"
  "POSTGRES_USER" "set by database.userKey"
  "POSTGRES_PASSWORD" "set by database.passwordKey"
  "POSTGRES_DB" "set by database.nameKey"
  "MIGRATION_DATABASE_URL" "set by migration.urlKey"
  "GW_BOOTSTRAP_MIGRATION_URL" "set by migration.urlKey"
  "GW_BOOTSTRAP_MIGRATION_URL_FILE" "set by migration.urlKey"
  "GW_BOOTSTRAP_REQUIRE_FENCE" "set by migration.requireFence"
  "MIGRATION_HOST" "set by migration.hostKey"
  "MIGRATION_PORT" "set by migration.portKey"
  "GW_BOOTSTRAP_ALEMBIC" "set by bootstrap.alembic"
  "GW_BOOTSTRAP_MIGRATIONS" "set by bootstrap.alembic"
  "GW_BOOTSTRAP_EXPECT_HEADS_FROM" "set by bootstrap.expectHeads"
  "GW_BOOTSTRAP_EXPECT_HEAD" "set by bootstrap.expectHeads"
  "GW_BOOTSTRAP_MIGRATE" "set by bootstrap.migrate"
  "GW_BOOTSTRAP_POST" "set by bootstrap.post"
  "GW_BOOTSTRAP_TIMEOUT" "set by bootstrap.timeout and migration.timeout"
  "GW_BOOTSTRAP_ALLOW_AHEAD" "set by bootstrap.allowAhead"
  "GW_BOOTSTRAP_LOG_FORMAT" "set by bootstrap.logFormat"
}}
{{- range .Values.extraEnv }}
{{- $name := .name }}
{{- /* The gateway takes its variables in any case. */}}
{{- with get $by .name | default (get $by (upper .name)) }}
{{- fail (printf "extraEnv must not set %s: %s" $name .) }}
{{- end }}
{{- $_ := set $by .name "it stands there twice" }}
{{- end }}
{{- /* As a variable, in a command, or as the option itself, which may be shortened down to --s. */}}
{{- $skips := "(?i)SKIP_MIGRATIONS|--skip-m|--s(k(i(p-?)?)?)?([=\\s\"']|$)" }}
{{- range $where := list "command" "args" "extraContainers" "extraInitContainers" "livenessProbe" "readinessProbe" "bootstrap" }}
{{- if regexMatch $skips (toYaml (get $.Values $where)) }}
{{- fail (printf "%s must not skip migrations, nor refuse to: %s" $where $enabled) }}
{{- end }}
{{- end }}
{{- if not (or .Values.bootstrap.alembic .Values.bootstrap.expectHeads) }}
{{- fail "bootstrap.alembic or bootstrap.expectHeads is required: they say which heads this release needs" }}
{{- end }}
{{- end }}
