# Make the role of fence.yaml; without a first line, so that it is read where nothing may be executed.
psql -X -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v service="$POSTGRES_USER" \
	-v password="$(cat /run/secrets/migrations_password)" -f /fence-role.sql
