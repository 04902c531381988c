/*-------------------------------------------------------------------------
 *
 * transient.c
 *		Which errors pass by themselves, and what mends the others.
 *
 * One table, of which the first line that fits decides.  PostgreSQL is judged
 * by its SQLSTATEs.  A pooler has few of its own and dresses everything in
 * one or two of them, a server's error included, so those are judged by their
 * text.  What libpq says without an SQLSTATE passes only if it is listed here
 * or is an error of a socket: all the rest is for somebody to mend.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/text.h"
#include "server/transient.h"

#define HINT_CONNECT "GRANT CONNECT ON DATABASE to the role."
#define HINT_CONNINFO "Check the connection string and libpq's environment variables."
#define HINT_DATABASE "Create the database, or correct its name."
#define HINT_HBA "Check user, database and sslmode, and the server's pg_hba.conf."
#define HINT_LIBRARY \
	"The role preloads a library that this server lacks: install the extension's package there, " \
	"or take session_preload_libraries from the role."
#define HINT_LOGIN "Check user and password."
#define HINT_PARAMETER \
	"Remove \"options\" and other settings from the connection string, " \
	"or list the parameter in PgBouncer's ignore_startup_parameters."
#define HINT_NO_SERVER "Check host, port and sslmode: that is no server of PostgreSQL."
#define HINT_SELECT \
	"GRANT SELECT on the head table to the role, USAGE on its schema and on that of the extension, " \
	"and EXECUTE on the functions of the extension."
/* The static client has a libpq without LDAP, which takes "ldap://..." for a setting. */
#ifdef USE_LDAP
#define HINT_SERVICE "Correct the service file."
#else
#define HINT_SERVICE \
	"Correct the service file. This client is built without LDAP look-up, " \
	"so none of its lines may begin with \"ldap\"."
#endif
#define HINT_USER "Name the user in the connection string or in PGUSER."
#define HINT_ROUTE "Check user and database name, and the pooler's configuration of them."
#define HINT_TLS "Check sslmode and the files of certificates and keys."
#define HINT_TLS_WANTED "Set sslmode=require, or a stricter one, in the connection string."

typedef struct Rule
{
	const char *sqlstate;		/* or a class of them; "" is none at all */
	const char *text;			/* part of the message in any case, or NULL */
	Prospect	prospect;
	const char *hint;			/* or NULL */
	const char *option;			/* for %s, or NULL */
} Rule;

/* For the SQLSTATEs in which poolers dress whatever they have to say. */
#define ANY NULL

static const char *const dresses[] = {"08", "28000", "53300", "57000", "58000", "XX000", NULL};

/* clang-format off */
static const Rule rules[] = {
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

	/* PostgreSQL: src/backend/utils/init/postinit.c, libpq/auth.c, in another's dress */
	{ANY, "the database system is", PASSES},
	{ANY, "remaining connection slots", PASSES},
	{ANY, "too many clients already", PASSES},
	{ANY, "number of requested standby connections", PASSES},
	{ANY, "does not exist", STAYS, "Create it, or correct its name."},
	{ANY, "is not permitted to log in", STAYS, "Check the user name."},
	{ANY, "permission denied for database", STAYS, HINT_CONNECT},
	{ANY, "not currently accepting connections", STAYS, "ALTER DATABASE ... ALLOW_CONNECTIONS true."},
	{ANY, ", no encryption", STAYS_IF_ALONE, HINT_HBA},
	{ANY, ", SSL encryption", STAYS_IF_ALONE, HINT_HBA},
	{ANY, ", GSS encryption", STAYS_IF_ALONE, HINT_HBA},
	{ANY, ", SSL off", STAYS_IF_ALONE, HINT_HBA},	/* until 13 */
	{ANY, ", SSL on", STAYS_IF_ALONE, HINT_HBA},
	{ANY, "no pg_hba.conf entry", STAYS, HINT_HBA},
	{ANY, "pg_hba.conf rejects", STAYS, HINT_HBA},
	{ANY, "authentication failed", STAYS, HINT_LOGIN},
	{ANY, "SASL", STAYS, HINT_LOGIN},
	{ANY, "does not support SSL", STAYS, "Check sslmode."},
	{ANY, "certificate", STAYS, HINT_TLS},

	/* PostgreSQL: appendix "PostgreSQL Error Codes" */
	{"08", NULL, PASSES},						/* connection exception */
	{"25006", NULL, PASSES},		/* a standby, during a failover */
	{"28", NULL, STAYS, "Check user and password, and pg_hba.conf."},
	{"0A000", "cross-database references", STAYS, "Check %s.", "--head-table"},
	{"22P02", "neither true nor false", STAYS, "Check %s.", "--head-condition"},
	{"3D000", NULL, STAYS, HINT_DATABASE},
	{"40", NULL, PASSES},						/* serialization failure, deadlock */
	{"42501", "permission denied for database", STAYS, HINT_CONNECT},
	{"42501", "permission denied for", STAYS, HINT_SELECT},
	{"42501", "could not ", STAYS,
	"The server itself may not use that file: see its log, and owner and mode of the file."},
	{"42601", "improper ", STAYS, "Check %s.", "--head-table"},	/* name */
	{"42602", NULL, STAYS, "Check %s.", "--head-table"},
	{"42703", NULL, STAYS, "Check %s, and the names in --head-condition.", "--head-column"},
	{"42809", NULL, STAYS, "Check %s.", "--head-table"},
	{"53", NULL, PASSES},						/* connections, memory, disk used up */
	{"54000", "has more than", STAYS, "Check %s.", "--head-table"},
	{"55P03", NULL, PASSES},					/* lock_timeout */
	{"57", NULL, PASSES},						/* shutdown, starting up, statement_timeout */
	{"58P01", "could not access file \"gw_bootstrap\"", STAYS, HINT_LIBRARY},
	{"58P01", NULL, STAYS, "The server lacks that file: see its log."},
	{"58", NULL, PASSES},						/* I/O error */

	/* libpq: fe-connect.c; first, since the name may have any word in it */
	{"", "could not translate host name", PASSES},

	/* libpq: fe-protocol3.c, from 18 on: a message of a length beyond all bounds */
	{"", "cannot allocate memory for input buffer", PASSES},

	/* the system: a socket, or a file that libpq reads */
	{"", "Too many open files in system", PASSES, "See fs.file-max."},
	{"", "Too many open files", STAYS, "See the limit on open files: ulimit -n."},
	{"", "No file descriptors available", STAYS, "See the limit on open files: ulimit -n."},	/* musl */

	/* libpq: fe-connect.c, of its parameters */
	{"", "received invalid response", STAYS, HINT_NO_SERVER},
	{"", "expected authentication request", STAYS, HINT_NO_SERVER},
	{"", "GSSAPI support is not compiled in", STAYS, "Check gssencmode."},
	{"", "invalid ", STAYS, HINT_CONNINFO},
	{"", "syntax error in service file", STAYS, HINT_SERVICE},
	{"", "service", STAYS, HINT_CONNINFO},
	{"", "missing ", STAYS, HINT_CONNINFO},
	{"", "could not match", STAYS, HINT_CONNINFO},
	{"", "URI", STAYS, HINT_CONNINFO},

	/* libpq: fe-connect.c, fe-misc.c, fe-secure.c, fe-secure-openssl.c */
	{"", "could not connect to server", PASSES},	/* until 13 */
	{"", "server closed the connection unexpectedly", PASSES},
	{"", "SSL connection has been closed", PASSES},
	{"", "SSL SYSCALL error", PASSES},
	{"", "unexpected eof while reading", PASSES},
	{"", "timeout expired", PASSES},
	{"", "could not receive data from server", PASSES},
	{"", "could not send", PASSES},				/* data, a packet */
	{"", "could not get socket error status", PASSES},
	{"", "connection not open", PASSES},
	{"", "no connection to the server", PASSES},
	{"", "error response during SSL exchange", PASSES},		/* it could not fork */
	{"", "could not fork new process", PASSES},
	{"", "session is read-only", PASSES},
	{"", "session is not read-only", PASSES},
	{"", "server is in hot standby mode", PASSES},
	{"", "server is not in hot standby mode", PASSES},
	{"", "could not make a writable connection", PASSES},	/* until 13 */
	{"", "channel binding", STAYS,
	"Check channel_binding: a pooler may not offer it, and it needs TLS."},
	{"", "GSS", STAYS_IF_ALONE, "Check gssencmode."},
	{"", "private key", STAYS_IF_ALONE, "Check sslkey, its owner and its mode."},
	{"", "certificate", STAYS_IF_ALONE, HINT_TLS},
	{"", "SSL", STAYS_IF_ALONE, HINT_TLS},
	{"", "local user with ID", STAYS, HINT_USER},
	{"", "could not look up local user ID", STAYS, HINT_USER},
	{"", "no password supplied",
	STAYS, "Put the password into the connection string, PGPASSWORD or ~/.pgpass."},
	{"", "SCRAM", STAYS, HINT_LOGIN},
	{"", "authentication", STAYS, HINT_LOGIN},
	{"", "permission denied", STAYS, "Check the permissions of the socket's directory."},
};
/* clang-format on */

/*
 * Errors of sockets that pass, in whatever words this system has for them.  A
 * Unix socket is missing until its server has started.
 */
static const int socket_errors[] = {
	ECONNREFUSED, ECONNRESET, ECONNABORTED, EPIPE, ETIMEDOUT, ENOENT, EAGAIN,
	EHOSTUNREACH, EHOSTDOWN, ENETUNREACH, ENETDOWN, ENETRESET, EADDRNOTAVAIL, ENOBUFS};

/*
 * Why connect() failed is all there is to the text.
 */
static bool
is_socket_error(const char *text)
{
	for (int i = 0; i < lengthof(socket_errors); i++)
	{
		if (has_prefix(text, strerror(socket_errors[i])))
			return true;
	}
	return false;
}

static bool
fits(const Rule *rule, const char *sqlstate, const char *text)
{
	if (rule->sqlstate == ANY		? !has_any_prefix(sqlstate, dresses) :
			*rule->sqlstate == '\0' ? *sqlstate != '\0' :
									  !has_prefix(sqlstate, rule->sqlstate))
		return false;
	return rule->text == NULL || strcasestr(text, rule->text) != NULL;
}

/*
 * Judge an error by its SQLSTATE, which may be empty, and its message.
 */
Judgement
judge_error(const char *sqlstate, const char *text)
{
	/* a connection that is gone without a word */
	if (*sqlstate == '\0' && (*text == '\0' || is_socket_error(text)))
		return (Judgement) {PASSES};
	for (int i = 0; i < lengthof(rules); i++)
	{
		if (fits(&rules[i], sqlstate, text))
			return (Judgement) {rules[i].prospect, rules[i].hint, rules[i].option};
	}
	return (Judgement) {STAYS};
}
