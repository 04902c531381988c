/*-------------------------------------------------------------------------
 *
 * poolers.c
 *		What poolers say.
 *
 * A pooler has few SQLSTATEs of its own and dresses everything in one or two
 * of them, a server's error included, so its errors are known by their text.
 * The first line that fits decides, before those of PostgreSQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "server/poolers.h"

#define HINT_PARAMETER \
	"Remove \"options\" and other settings from the connection string, " \
	"or list the parameter in PgBouncer's ignore_startup_parameters."
#define HINT_ROUTE "Check user and database name, and the pooler's configuration of them."
#define HINT_TLS_WANTED "Set sslmode=require, or a stricter one, in the connection string."

/* clang-format off */
const Rule	pooler_rules[] = {
	/* a fenced role, as PgBouncer hands it on */
	{ANY, "could not access file \"gw_bootstrap\"", STAYS, HINT_LIBRARY},

	/* RDS Proxy: its user guide, "Troubleshooting for RDS Proxy", PostgreSQL */
	{ANY, "because of too many competing requests", PASSES},
	{ANY, "number of client connections to the proxy exceeded", PASSES},
	{ANY, "rate of connection to proxy exceeded", PASSES},
	{ANY, "timed-out waiting to acquire database connection", PASSES},
	{ANY, "RDS proxy has no credentials for the role", STAYS, HINT_LOGIN},
	{ANY, "that was provided for the role", STAYS, HINT_LOGIN},
	{ANY, "RDS supports only IAM", STAYS, HINT_LOGIN},
	{ANY, "user name is missing", STAYS, HINT_LOGIN},
	{ANY, "RDS proxy currently doesn't support", STAYS, HINT_PARAMETER},
	{ANY, "RDS proxy supports only version", STAYS},
	{ANY, "allowed only with SSL connections", STAYS_IF_ALONE, HINT_TLS_WANTED},
	{ANY, "requires TLS connections", STAYS_IF_ALONE, HINT_TLS_WANTED},

	/* Supavisor: lib/supavisor/errors/, circuit_breaker.ex; 1.x in supavisor#134, #473 */
	{ANY, "EMAXCONN", PASSES},
	{ANY, "EMAXPOOLSREACHED", PASSES},
	{ANY, "max client connections reached", PASSES},
	{ANY, "MaxClientsInSessionMode", PASSES},
	{ANY, "max clients reached", PASSES},
	{ANY, "ECHECKOUT", PASSES},
	{ANY, "EPOOLCHECKOUT", PASSES},
	{ANY, "unable to check out", PASSES},
	{ANY, "failed to check out", PASSES},
	{ANY, "pool checkout failed", PASSES},
	{ANY, "temporarily blocked", PASSES},		/* ECIRCUITBREAKER */
	{ANY, "EDBHANDLEREXITED", PASSES},
	{ANY, "DbHandler exited", PASSES},
	{ANY, "EPROXYSTARTFAILED", PASSES},
	{ANY, "EPROXYSUPERVISORUNAVAILABLE", PASSES},
	{ANY, "ESUBSCRIBERETRIES", PASSES},
	{ANY, "EPOOLTERMINATING", PASSES},
	{ANY, "EPOOLRANCHNOTFOUND", PASSES},
	{ANY, "EWORKERNOTFOUND", PASSES},
	{ANY, "EJITREQUESTFAILED", PASSES},
	{ANY, "connection to database not available", PASSES},
	{ANY, "auth_query connection failed", PASSES},
	{ANY, "auth_query secret check timed out", PASSES},
	{ANY, "ESSLREQUIRED", STAYS_IF_ALONE, HINT_TLS_WANTED},
	{ANY, "SSL connection is required", STAYS_IF_ALONE, HINT_TLS_WANTED},
	{ANY, "startup packet too large", STAYS, HINT_PARAMETER},
	{ANY, "invalid startup message", STAYS, HINT_PARAMETER},
	{ANY, "protocol violation during authentication", STAYS, HINT_LOGIN},
	{ANY, "ENOTFOUND", STAYS, HINT_ROUTE},
	{ANY, "tenant or user not found", STAYS, HINT_ROUTE},

	/* Neon: proxy/src/control_plane/, auth/mod.rs, compute/mod.rs, pglb/mod.rs */
	{ANY, "too many connections", PASSES},
	{ANY, "too many database connection attempts", PASSES},
	{ANY, "control plane request failed: endpoint is disabled", STAYS, "Enable the endpoint."},
	{ANY, "control plane request failed: endpoint cannot be found", STAYS, HINT_ROUTE},
	{ANY, "control plane request failed", PASSES},
	{ANY, "couldn't connect to compute node", PASSES},
	{ANY, "authentication timed out", PASSES},
	{ANY, "connection is insecure", STAYS_IF_ALONE, HINT_TLS_WANTED},

	/* PgCat: src/client.rs, src/errors.rs; 58000 whatever it is */
	{ANY, "no pool configured for database", STAYS, HINT_ROUTE},
	{ANY, "pool down for database", PASSES},
	{ANY, "could not get connection from the pool", PASSES},
	{ANY, "checkout failure limit reached", PASSES},

	/* Odyssey: sources/frontend.c, sources/auth.c */
	{ANY, "failed to make auth query", PASSES},
	{ANY, "SSL is required", STAYS_IF_ALONE, HINT_TLS_WANTED},
	{ANY, "TLS connection required", STAYS_IF_ALONE, HINT_TLS_WANTED},
	{ANY, "bad password message", STAYS, HINT_LOGIN},
	{ANY, "insufficient access", STAYS, HINT_LOGIN},
	{ANY, "unexpected message type from client", STAYS},
	{ANY, "can't find suitable host", PASSES},

	/* Pgpool-II: src/protocol/child.c, pool_connection_pool.c, pool_process_query.c */
	{ANY, "failed to create a backend", PASSES},
	{ANY, "all backend nodes are down", PASSES},
	{ANY, "not accepting any new connections", PASSES},
	{ANY, "unable to read data", PASSES},
	{ANY, "unable to flush data", PASSES},
	{ANY, "unable to forward message", PASSES},
	{ANY, "unable to process parameter status", PASSES},
	{ANY, "unable to read from", PASSES},		/* its sockets */
	{ANY, "unable to read message", PASSES},
	{ANY, "failed to read kind from backend", PASSES},
	{ANY, "failed to accept user connection", PASSES},
	{ANY, "failed to connect to PostgreSQL server", PASSES},
	{ANY, "due to online recovery", PASSES},
	{ANY, "connection to postmaster on DB node", PASSES},

	/* pgagroal: src/libpgagroal/message.c, security.c; the second can also mean TLS or a ban */
	{ANY, "connection pool is full", PASSES},
	{"53300", "connection refused", PASSES, "If that lasts, see the log of pgagroal."},

	/* PgBouncer 1.15 to 1.26: src/client.c, src/objects.c, src/server.c, src/janitor.c */
	{ANY, "SSL required", STAYS_IF_ALONE, HINT_TLS_WANTED},
	{ANY, "statement pooling",
	STAYS, "Set pool_mode to transaction or session, or connect past the pooler."},
	{ANY, "unsupported startup parameter", STAYS, HINT_PARAMETER},
	{ANY, "unsupported options startup parameter", STAYS, HINT_PARAMETER},
	{ANY, "no such database", STAYS, "Check the database name and the pooler's [databases] section."},
	{ANY, "database does not allow connections", STAYS, "ENABLE the database in PgBouncer."},
	{ANY, "is disabled", STAYS, "ENABLE the database in PgBouncer."},
	{ANY, "no such user", STAYS, "Check the user name and the pooler's auth_file."},
	{ANY, "no username supplied", STAYS, HINT_LOGIN},
	{ANY, "login rejected", STAYS, "Check user, database and the pooler's auth_hba_file."},
	{ANY, "name too long", STAYS, HINT_LOGIN},
	{ANY, "password too long", STAYS, HINT_LOGIN},
	{ANY, "empty password returned", STAYS, HINT_LOGIN},
	{ANY, "bouncer config error", STAYS, "See the log of PgBouncer."},
	{ANY, "no authentication method is found", STAYS, "See the log of PgBouncer."},
	{ANY, "wrong password type", STAYS, HINT_LOGIN},
	{ANY, "invalid server signature", STAYS, HINT_LOGIN},
	{ANY, "server refused SSL", STAYS, "Check PgBouncer's server_tls_sslmode."},
	{ANY, "protocol not supported", STAYS},

	/* a server, as poolers hand it on */
	{ANY, "the database system is", PASSES},
	{ANY, "remaining connection slots", PASSES},
	{ANY, "too many clients already", PASSES},
	{ANY, "number of requested standby connections", PASSES},
	END_OF_RULES
};
/* clang-format on */
