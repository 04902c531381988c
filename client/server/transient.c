/*-------------------------------------------------------------------------
 *
 * transient.c
 *		Which errors pass by themselves, and what mends the others.
 *
 * Tables, of which the first line that fits decides.  PostgreSQL is judged by its
 * SQLSTATEs, where these tell enough.  What libpq says without an SQLSTATE passes
 * only if it is listed here or is an error of a socket: all the rest is for
 * somebody to mend.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/text.h"
#include "server/poolers.h"
#include "server/transient.h"

#define HINT_CONNECT "GRANT CONNECT ON DATABASE to the role."
#define HINT_CONNINFO "Check the connection string and libpq's environment variables."
#define HINT_DATABASE "Create the database, or correct its name."
#define HINT_HBA "Check user, database and sslmode, and the server's pg_hba.conf."
#define HINT_METHOD \
	"Have the server's pg_hba.conf ask for another method of authentication: this client's libpq " \
	"lacks that one."
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
#define HINT_TLS "Check sslmode and the files of certificates and keys."

static const char *const dresses[] = {"08", "28000", "53300", "57000", "58000", "XX000", NULL};

/* clang-format off */
static const Rule rules[] = {
	/* PostgreSQL: src/backend/utils/init/postinit.c, libpq/auth.c, also in a pooler's dress */
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
	{"", "in hot standby mode", PASSES},		/* or not */
	{"", "could not make a writable connection", PASSES},	/* until 13 */
	{"", "channel binding", STAYS,
	"Check channel_binding: a pooler may not offer it, and it needs TLS."},
	{"", "authentication method requirement", STAYS, "Check require_auth."},
	{"", "no OAuth flows are available", STAYS, HINT_METHOD},
	{"", "mechanisms are supported", STAYS, HINT_METHOD},
	{"", "authentication method", STAYS, HINT_METHOD},
	{"", "authentication not supported", STAYS, HINT_METHOD},
	{"", "OAuth", STAYS, HINT_CONNINFO},
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
	END_OF_RULES
};
/* clang-format on */

static const Rule *const tables[] = {
	pooler_rules,
	rules,
	NULL};

static const Rule gone = {"", NULL, PASSES};
static const Rule unknown = {ANY, NULL, STAYS};

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
 * The rule for an error, by its SQLSTATE, which may be empty, and its message.
 */
const Rule *
judge_error(const char *sqlstate, const char *text)
{
	/* a connection that is gone without a word */
	if (*sqlstate == '\0' && (*text == '\0' || is_socket_error(text)))
		return &gone;
	for (const Rule *const *table = tables; *table; table++)
	{
		for (const Rule *rule = *table; rule->sqlstate != NULL || rule->text != NULL; rule++)
		{
			if (fits(rule, sqlstate, text))
				return rule;
		}
	}
	return &unknown;
}
