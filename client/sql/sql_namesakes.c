/*-------------------------------------------------------------------------
 *
 * sql_namesakes.c
 *		The statement that looks for other tables of the head table's name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "pqexpbuffer.h"
#include "sql/sql_namesakes.h"

/*
 * Schemas with another table of the head table's name: quoted, in one line, or
 * NULL; and the role.
 */
Query
sql_namesakes(PGconn *conn, const Target *target)
{
	PQExpBufferData sql;
	char	   *name = PQescapeLiteral(conn, target->head_table, strlen(target->head_table));

	initPQExpBuffer(&sql);
	appendPQExpBuffer(&sql,
					  "SELECT pg_catalog.string_agg(pg_catalog.quote_ident(n.nspname), ', '"
					  " ORDER BY n.nspname), current_user"
					  " FROM (SELECT pg_catalog.parse_ident(%s::pg_catalog.text) AS parts) i"
					  " JOIN pg_catalog.pg_class c ON c.relname OPERATOR(pg_catalog.=)"
					  " i.parts[pg_catalog.array_upper(i.parts, 1)]"
					  " JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=)"
					  " c.relnamespace"
					  " WHERE c.relkind OPERATOR(pg_catalog.=) 'r' AND c.relpersistence"
					  " OPERATOR(pg_catalog.<>) 't'"
					  " AND (pg_catalog.to_regclass(%s::pg_catalog.text) IS NULL"
					  " OR c.oid OPERATOR(pg_catalog.<>)"
					  " pg_catalog.to_regclass(%s::pg_catalog.text)::pg_catalog.oid)",
					  name, name, name);
	PQfreemem(name);

	return (Query) {sql.data, ONE_ROW, "Tt"};
}
