/*-------------------------------------------------------------------------
 *
 * sql_extension.c
 *		Calls of the extension's functions.
 *
 * Whoever may create functions in a schema must not have theirs called, and
 * planning a call can be enough for that; and the owner of an extension can
 * drop it at any time and put something else in its place.  So each call is one
 * message of two statements.  The first fails, before the second is even
 * parsed, unless the function is there, is written in C, which only a
 * superuser can create, and has its library, which it loads: that is what the
 * validator of the language checks.  Asking pg_extension instead would cost a
 * new backend as much as all the rest.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "sql/sql.h"

#define TEXT "pg_catalog.text"
#define TEXTS "pg_catalog.text[]"
#define BIGINT "pg_catalog.int8"
#define SETTINGS TEXT ", " TEXT ", " TEXT

/* The functions, as regprocedure takes them. */
#define AT_HEAD "gw_bootstrap_at_head(" TEXTS ", " TEXT ", " TEXT ")"
#define AT_HEAD_BY_RULE "gw_bootstrap_at_head(" TEXTS ", " TEXTS ", " TEXT ", " TEXT ", " SETTINGS ")"
#define TRY "gw_bootstrap_try(" TEXTS ", " TEXT ", " TEXT ", " BIGINT ")"
#define TRY_BY_RULE "gw_bootstrap_try(" TEXTS ", " TEXTS ", " TEXT ", " BIGINT ", " TEXT ", " SETTINGS ")"
#define STATUS "gw_bootstrap_status(" TEXT ", " TEXT ", " BIGINT ", " TEXTS ", " TEXTS ", " SETTINGS ")"
#define BREAK_ORPHAN "gw_bootstrap_break_orphan(" BIGINT ", pg_catalog.interval)"

/* A function, or the beginning of a call of it. */
static void
append_function(PQExpBuffer sql, PGconn *conn, const char *schema, const char *function)
{
	append_identifier(sql, conn, schema);
	appendPQExpBuffer(sql, ".%s", function);
}

static void
append_check(PQExpBuffer sql, PGconn *conn, const char *schema, const char *function)
{
	PQExpBufferData name;

	initPQExpBuffer(&name);
	append_function(&name, conn, schema, function);
	appendPQExpBufferStr(sql, "SELECT pg_catalog.fmgr_c_validator(");
	append_literal(sql, conn, name.data);
	appendPQExpBufferStr(sql, "::pg_catalog.regprocedure); ");
	termPQExpBuffer(&name);
}

/*
 * A statement that loads the library.
 */
void
append_check_library(PQExpBuffer sql, PGconn *conn, const char *schema)
{
	append_check(sql, conn, schema, AT_HEAD);
}

/* The kinds of arguments, each with a comma before it unless it is the first. */

static void
begin_argument(PQExpBuffer sql)
{
	if (sql->data[sql->len - 1] != '(')
		appendPQExpBufferStr(sql, ", ");
}

static void
append_text(PQExpBuffer sql, PGconn *conn, const char *value)
{
	begin_argument(sql);
	if (value)
		append_literal(sql, conn, value);
	else
		appendPQExpBufferStr(sql, "NULL");
	appendPQExpBufferStr(sql, "::" TEXT);
}

/*
 * An empty list is one that is not known.
 */
static void
append_texts(PQExpBuffer sql, PGconn *conn, const SimpleStringList *values)
{
	begin_argument(sql);
	if (values->head == NULL)
		appendPQExpBufferStr(sql, "NULL");
	for (SimpleStringListCell *cell = values->head; cell; cell = cell->next)
	{
		appendPQExpBufferStr(sql, cell == values->head ? "ARRAY[" : ", ");
		append_literal(sql, conn, cell->val);
	}
	appendPQExpBufferStr(sql, values->head ? "]::" TEXTS : "::" TEXTS);
}

static void
append_key(PQExpBuffer sql, const Options *options)
{
	begin_argument(sql);
	appendPQExpBuffer(sql, "'" INT64_FORMAT "'::" BIGINT, options->lock_key);
}

static void
append_settings(PQExpBuffer sql, PGconn *conn, const Options *options)
{
	append_text(sql, conn, options->head_rule);
	append_text(sql, conn, options->head_order);
	append_text(sql, conn, options->head_condition);
}

/*
 * Whether being at head means more than that the rows are the heads.
 */
static bool
has_rule(const Options *options)
{
	return strcmp(options->head_rule, "equal") != 0 || options->head_condition != NULL;
}

/*
 * The fast path.  It tells the version of the library, too.
 */
Query
sql_at_head(PGconn *conn, const char *schema, const Options *options)
{
	bool		by_rule = has_rule(options);
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_check(&sql, conn, schema, by_rule ? AT_HEAD_BY_RULE : AT_HEAD);
	appendPQExpBufferStr(&sql, "SELECT ");
	append_function(&sql, conn, schema, "gw_bootstrap_at_head(");
	append_texts(&sql, conn, &options->expected_heads);
	if (by_rule)
		append_texts(&sql, conn, &options->known_heads);
	append_text(&sql, conn, options->head_table);
	append_text(&sql, conn, options->head_column);
	if (by_rule)
		append_settings(&sql, conn, options);
	appendPQExpBufferStr(&sql, "), pg_catalog.current_setting('gw_bootstrap.version'::pg_catalog.text, true)");

	return (Query) {sql.data, ONE_ROW, "bV"};
}

/*
 * Outcome, heads, pid and state of the holder, and the rows that say failed.
 */
static void
append_try(PQExpBuffer sql, PGconn *conn, const char *schema, const Options *options)
{
	bool		by_rule = has_rule(options) || options->known_heads.head != NULL;

	append_check(sql, conn, schema, by_rule ? TRY_BY_RULE : TRY);
	appendPQExpBuffer(sql, "SELECT t.outcome, t.current_heads, t.holder_pid, t.holder_state, %s",
					  by_rule ? "t.failed_heads FROM " : "NULL FROM ");
	append_function(sql, conn, schema, "gw_bootstrap_try(");
	append_texts(sql, conn, &options->expected_heads);
	if (by_rule)
	{
		append_texts(sql, conn, &options->known_heads);
		append_text(sql, conn, options->head_table);
		append_key(sql, options);
		append_text(sql, conn, options->head_column);
		append_settings(sql, conn, options);
	}
	else
	{
		append_text(sql, conn, options->head_table);
		append_text(sql, conn, options->head_column);
		append_key(sql, options);
	}
	appendPQExpBufferStr(sql, ") t");
}

Query
sql_try(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_try(&sql, conn, schema, options);

	return (Query) {sql.data, ONE_ROW, "tTITT"};
}

Query
sql_begin_and_try(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_begin_guard(&sql, conn);
	append_try(&sql, conn, schema, options);

	return (Query) {sql.data, ONE_ROW, "tTITT"};
}

/*
 * The columns of gw_bootstrap_status(), times in UTC.
 */
Query
sql_status(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_check(&sql, conn, schema, STATUS);
	appendPQExpBufferStr(&sql, "SELECT current_heads, lock_key, holder_pid, holder_state, ");
	appendPQExpBufferStr(&sql, SQL_UTC("holder_since") ", holder_application_name,");
	appendPQExpBufferStr(&sql, " pg_catalog.host(holder_client_addr), in_recovery, outcome,");
	appendPQExpBufferStr(&sql, " failed_heads FROM ");
	append_function(&sql, conn, schema, "gw_bootstrap_status(");
	append_text(&sql, conn, options->head_table);
	append_text(&sql, conn, options->head_column);
	append_key(&sql, options);
	append_texts(&sql, conn, &options->expected_heads);
	append_texts(&sql, conn, &options->known_heads);
	append_settings(&sql, conn, options);
	appendPQExpBufferChar(&sql, ')');

	return (Query) {sql.data, ONE_ROW, "TiITTTTbTT"};
}

Query
sql_break_orphan(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_check(&sql, conn, schema, BREAK_ORPHAN);
	appendPQExpBufferStr(&sql, "SELECT ");
	append_function(&sql, conn, schema, "gw_bootstrap_break_orphan(");
	append_key(&sql, options);
	appendPQExpBufferStr(&sql, ", '10 seconds'::pg_catalog.interval)");

	return (Query) {sql.data, ONE_ROW, "I"};
}
