-- What is compared: Alembic's own table, and the same logic in PL/pgSQL.
CREATE EXTENSION gw_bootstrap;

CREATE TABLE alembic_version (
    version_num varchar(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version VALUES ('1975ea83b712');
VACUUM ANALYZE alembic_version;

CREATE FUNCTION plpgsql_heads(head_table text, head_column text)
RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    heads text[];
BEGIN
    IF to_regclass(head_table) IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT array_agg(DISTINCT %I::text ORDER BY %1$I::text) FROM %s',
                   head_column, to_regclass(head_table)) INTO heads;
    RETURN coalesce(heads, '{}');
END $$;

CREATE FUNCTION plpgsql_at_head(
    expected_heads text[],
    head_table text DEFAULT 'alembic_version',
    head_column text DEFAULT 'version_num')
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN plpgsql_heads(head_table, head_column) IS NOT DISTINCT FROM
        (SELECT array_agg(DISTINCT h ORDER BY h) FROM unnest(expected_heads) h);
END $$;

CREATE FUNCTION plpgsql_try(
    expected_heads text[],
    head_table text DEFAULT 'alembic_version',
    head_column text DEFAULT 'version_num',
    lock_key bigint DEFAULT 42424242424242,
    OUT outcome text, OUT current_heads text[], OUT holder_pid integer, OUT holder_state text)
LANGUAGE plpgsql AS $$
DECLARE
    wanted text[] := (SELECT array_agg(DISTINCT h ORDER BY h) FROM unnest(expected_heads) h);
BEGIN
    current_heads := plpgsql_heads(head_table, head_column);
    IF current_heads = wanted THEN
        outcome := 'at_head';
    ELSIF NOT pg_try_advisory_xact_lock(lock_key) THEN
        outcome := 'busy';
    ELSE
        current_heads := plpgsql_heads(head_table, head_column);
        outcome := CASE WHEN current_heads = wanted THEN 'at_head' ELSE 'acquired' END;
    END IF;
END $$;

-- A function of the same signature that does nothing: what is left above it
-- is PostgreSQL's own cost of calling a function with these arguments.
CREATE FUNCTION nothing(
    expected_heads text[],
    head_table text DEFAULT 'alembic_version',
    head_column text DEFAULT 'version_num')
RETURNS integer LANGUAGE internal VOLATILE AS 'pg_backend_pid';
