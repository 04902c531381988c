/*-------------------------------------------------------------------------
 *
 * sql_extension.c
 *		Calls of the extension.
 *
 * Whoever may create functions in a schema must not have theirs called, and
 * planning a call can be enough for that.  The owner of a database can drop the
 * extension, or rename its schema, and put something else in its place at any
 * moment: also between a look at the function and the call, which find it by
 * its name one after the other, were they in one statement.  So the name is
 * found once, and the rest of the same expression fits nothing but ours.
 * gw_bootstrap_ask() returns cstring, and textin() and json_in() take that and no
 * other type, since nothing is ever cast to a pseudo-type.  Unless it fits, parse
 * analysis fails, and nothing is planned or run.
 *
 * A function that returns cstring is in C or internal, which takes a superuser:
 * the validators of SQL and of the trusted procedural languages refuse that
 * type.  A polymorphic one returns the type of an argument, none of which is
 * cstring.  An aggregate can, if its final function does; but aggregates cannot
 * be called in FROM.  What then runs is the very function that was found, by its
 * OID, which nobody but its owner can give another body.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "sql/sql.h"

#define TEXT "pg_catalog.text"
#define TEXTS "pg_catalog.text[]"

/*
 * A value as an argument, with the comma after it.
 */
static void
append_text(PQExpBuffer sql, PGconn *conn, const char *value)
{
	if (value)
		append_literal(sql, conn, value);
	else
		appendPQExpBufferStr(sql, "NULL");
	appendPQExpBufferStr(sql, "::" TEXT ", ");
}

/*
 * Likewise; an empty list is one that is not known.
 */
static void
append_texts(PQExpBuffer sql, PGconn *conn, const SimpleStringListCell *first)
{
	if (first == NULL)
		appendPQExpBufferStr(sql, "NULL");
	for (const SimpleStringListCell *cell = first; cell; cell = cell->next)
	{
		appendPQExpBufferStr(sql, cell == first ? "ARRAY[" : ", ");
		append_literal(sql, conn, cell->val);
	}
	appendPQExpBufferStr(sql, first ? "]::" TEXTS ", " : "::" TEXTS ", ");
}

/*
 * Ask a question, and make these columns, of the table t (a), of the answer.
 */
static void
append_question(PQExpBuffer sql, PGconn *conn, const char *schema, const Options *options,
				const char *question, const char *input, const char *columns)
{
	bool		use_known = strcmp(question, "at_head") != 0;

	/* whether rows are the heads can be told without, and faster */
	if (strcmp(options->head_rule, "equal") != 0 || options->head_condition != NULL)
		use_known = true;

	appendPQExpBuffer(sql, "SELECT %s FROM pg_catalog.%s(", columns, input);
	append_identifier(sql, conn, schema);
	appendPQExpBufferStr(sql, ".gw_bootstrap_ask(");
	append_text(sql, conn, question);
	append_texts(sql, conn, options->expected_heads.head);
	append_texts(sql, conn, use_known ? options->known_heads.head : NULL);
	append_text(sql, conn, options->head_table);
	append_text(sql, conn, options->head_column);
	append_text(sql, conn, options->head_rule);
	append_text(sql, conn, options->head_order);
	append_text(sql, conn, options->head_condition);
	appendPQExpBuffer(sql, "'" INT64_FORMAT "'::pg_catalog.int8)) t(a)", options->lock_key);
}

#define COLUMN(number) "t.a OPERATOR(pg_catalog.->>) " #number

static Query
ask(PGconn *conn, const char *schema, const Options *options,
	const char *question, const char *columns, const char *answer)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_question(&sql, conn, schema, options, question, "json_in", columns);

	return (Query) {sql.data, ONE_ROW, answer};
}

/*
 * The fast path: "t" or "f", and the version of the library.
 */
Query
sql_at_head(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_question(&sql, conn, schema, options, "at_head", "textin", "t.a");

	return (Query) {sql.data, ONE_ROW, "h"};
}

/* Outcome, heads, pid and state of the holder, and the rows that say failed. */
#define TRY_COLUMNS COLUMN(0) ", " COLUMN(1) ", " COLUMN(2) ", " COLUMN(3) ", " COLUMN(4)

Query
sql_try(PGconn *conn, const char *schema, const Options *options)
{
	return ask(conn, schema, options, "try", TRY_COLUMNS, "tTITT");
}

Query
sql_begin_and_try(PGconn *conn, const char *schema, const Options *options)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_begin_guard(&sql, conn);
	append_question(&sql, conn, schema, options, "try", "json_in", TRY_COLUMNS);

	return (Query) {sql.data, ONE_ROW, "tTITT"};
}

/* The columns of gw_bootstrap_status(), times in UTC. */
#define HOLDER COLUMN(2) " AS holder_pid, " COLUMN(3)
#define HOLDER_SINCE SQL_UTC("(" COLUMN(4) ")::pg_catalog.timestamptz")
#define HOLDER_ADDRESS "pg_catalog.host((" COLUMN(6) ")::pg_catalog.inet)"
#define ACTIVITY HOLDER_SINCE ", " COLUMN(5) ", " HOLDER_ADDRESS
#define OUTCOME COLUMN(7) ", " COLUMN(8) ", " COLUMN(9)
#define STATUS_COLUMNS COLUMN(0) ", " COLUMN(1) ", " HOLDER ", " ACTIVITY ", " OUTCOME

Query
sql_status(PGconn *conn, const char *schema, const Options *options)
{
	return ask(conn, schema, options, "status", STATUS_COLUMNS, "TiITTTTbTT");
}

Query
sql_break_orphan(PGconn *conn, const char *schema, const Options *options)
{
	return ask(conn, schema, options, "break_orphan", COLUMN(0), "I");
}

/*
 * A statement that loads the library, and runs nothing of it.  The validator of
 * the language does that for a function in C, and fails for any other.
 */
void
append_load_library(PQExpBuffer sql, PGconn *conn, const char *schema)
{
	PQExpBufferData name;

	initPQExpBuffer(&name);
	append_identifier(&name, conn, schema);
	appendPQExpBufferStr(&name, ".gw_bootstrap_token(pg_catalog.int8)");
	appendPQExpBufferStr(sql, "SELECT pg_catalog.fmgr_c_validator(");
	append_literal(sql, conn, name.data);
	appendPQExpBufferStr(sql, "::pg_catalog.regprocedure); ");
	termPQExpBuffer(&name);
}
