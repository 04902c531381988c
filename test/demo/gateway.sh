# Whose migrations are run: those of the gateway in the virtual environment
# $GATEWAY, or if that is empty the bundled ones.  Sourced after stage.sh.

gateway_heads()
{
	if [ -n "$GATEWAY" ]; then
		"$GATEWAY/bin/alembic" -c "$(gateway_ini)" heads | sed -n 's/ (head).*//p'
	else
		"$demo/apply" heads
	fi
}

gateway_ini()
{
	echo "$GATEWAY"/lib/python3*/site-packages/mcpgateway/alembic.ini
}

gateway_url()
{
	if [ -n "$GATEWAY" ]; then
		echo "$pooled" | sed 's/^postgresql:/postgresql+psycopg:/'
	else
		echo "$pooled"
	fi
}

gateway_migrate()
{
	if [ -n "$GATEWAY" ]; then
		echo "'$GATEWAY/bin/alembic' -c '$(gateway_ini)' upgrade head"
	else
		echo "'$demo/apply' upgrade"
	fi
}

# Its own start-up program, without its own migrations and lock.
gateway_post()
{
	if [ -n "$GATEWAY" ]; then
		echo "MCPGATEWAY_SKIP_MIGRATIONS=true '$GATEWAY/bin/python' -m mcpgateway.bootstrap_db"
	else
		echo "psql -Xq1 -v ON_ERROR_STOP=1 -f '$demo/post.sql' \"\$DATABASE_URL\""
	fi
}
