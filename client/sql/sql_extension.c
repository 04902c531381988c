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
 * Our operator returns cstring, and textin() and json_in() take that and no
 * other type, since nothing is ever cast to a pseudo-type.  Unless it fits, parse
 * analysis fails, and nothing is planned or run.
 *
 * A function that returns cstring is in C or internal, which takes a superuser:
 * the validators of SQL and of the trusted procedural languages refuse that
 * type.  PostgreSQL's own that do, the output functions of types, have one argument,
 * and an operator between two operands needs a function of two.  A polymorphic
 * one returns the type of an operand, none of which is cstring.  With the function
 * itself that would not do: one of more parameters would fit as well, and the default of
 * such a parameter makes the type, and is run.  Operators have no defaults.
 * What then runs is the very function that was found, by its OID, which nobody but
 * its owner can give another body.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "sql/sql.h"

#define TEXTS "::pg_catalog.text[]"

/* Questions, called as the functions that answer the same. */
#define AT_HEAD "gw_bootstrap_at_head"
#define TRY "gw_bootstrap_try"

/*
 * Where the extension lives; no row if it isn't installed.
 */
Query
sql_find_extension(void)
{
	return FIXED_QUERY("SELECT n.nspname, e.extversion"
					   " FROM pg_catalog.pg_extension e"
					   " JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=)"
					   " e.extnamespace"
					   " WHERE e.extname OPERATOR(pg_catalog.=) 'gw_bootstrap'",
					   MAYBE_ROW, "tv");
}

/*
 * A value as an element of an array, with the comma after it.
 */
static void
append_element(PQExpBuffer sql, PGconn *conn, const char *value)
{
	if (value)
		append_literal(sql, conn, value);
	else
		appendPQExpBufferStr(sql, "NULL");
	appendPQExpBufferStr(sql, ", ");
}

static void
append_elements(PQExpBuffer sql, PGconn *conn, const SimpleStringListCell *first)
{
	for (const SimpleStringListCell *cell = first; cell; cell = cell->next)
		append_element(sql, conn, cell->val);
}

/*
 * Make an array of the elements that end here.
 */
static void
end_array(PQExpBuffer sql)
{
	sql->len -= strlen(", ");
	sql->data[sql->len] = '\0';
	appendPQExpBufferStr(sql, "]" TEXTS);
}

/*
 * Ask a question, and make these columns, of the table t (a), of the answer.
 */
static void
append_question(PQExpBuffer sql, PGconn *conn, const char *schema, const Target *target,
				const char *question, const char *input, const char *columns)
{
	bool		use_known = strcmp(question, AT_HEAD) != 0;

	/* whether rows are the heads can be told without, and faster */
	if (strcmp(target->head_rule, "equal") != 0 || target->head_condition != NULL)
		use_known = true;

	appendPQExpBuffer(sql, "SELECT %s FROM pg_catalog.%s(ARRAY[", columns, input);
	append_element(sql, conn, question);
	append_element(sql, conn, target->head_table);
	append_element(sql, conn, target->head_column);
	append_element(sql, conn, target->head_rule);
	append_element(sql, conn, target->head_order);
	append_element(sql, conn, target->head_condition);
	appendPQExpBuffer(sql, "'" INT64_FORMAT "', ", target->lock_key);
	if (use_known)
		append_elements(sql, conn, target->known_heads.head);
	end_array(sql);
	appendPQExpBufferStr(sql, " OPERATOR(");
	append_identifier(sql, conn, schema);
	appendPQExpBufferStr(sql, ".<?>) ");
	if (target->expected_heads.head == NULL)
		appendPQExpBufferStr(sql, "NULL" TEXTS);
	else
	{
		appendPQExpBufferStr(sql, "ARRAY[");
		append_elements(sql, conn, target->expected_heads.head);
		end_array(sql);
	}
	appendPQExpBufferStr(sql, ") t(a)");
}

Query
ask_extension(PGconn *conn, const char *schema, const Target *target,
			  const char *question, const char *columns, const char *answer)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_question(&sql, conn, schema, target, question, "json_in", columns);

	return (Query) {sql.data, ONE_ROW, answer};
}

/*
 * The fast path: "t" or "f", and the version of the library.
 */
Query
sql_at_head(PGconn *conn, const char *schema, const Target *target)
{
	PQExpBufferData sql;

	initPQExpBuffer(&sql);
	append_question(&sql, conn, schema, target, AT_HEAD, "textin", "t.a");

	return (Query) {sql.data, ONE_ROW, "h"};
}

/* Outcome, heads, pid and state of the holder, and the rows that say failed. */
#define TRY_COLUMNS SQL_ITEM(0) ", " SQL_ITEM(1) ", " SQL_ITEM(2) ", " SQL_ITEM(3) ", " SQL_ITEM(4)

/*
 * In a transaction that is the guard, or is begun to be it.
 */
Query
sql_try(PGconn *conn, const char *schema, const Target *target, bool in_guard)
{
	PQExpBufferData sql;

	if (in_guard)
		initPQExpBuffer(&sql);
	else
		begin_guard(&sql, conn);
	append_question(&sql, conn, schema, target, TRY, "json_in", TRY_COLUMNS);

	return (Query) {sql.data, ONE_ROW, "tTITT", in_guard ? TX_STAYS : TX_BEGINS};
}

/* What there is, what that means, and the rows that say failed. */
Query
sql_heads(PGconn *conn, const char *schema, const Target *target)
{
	return ask_extension(conn, schema, target, SQL_STATUS,
						 SQL_ITEM(0) ", " SQL_ITEM(8) ", " SQL_ITEM(9), "TTT");
}
