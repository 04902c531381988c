-- What is compared: Alembic's own table, and the same logic in PL/pgSQL.
CREATE EXTENSION gw_bootstrap;

CREATE TABLE alembic_version (
    version_num varchar(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version VALUES ('1975ea83b712');
VACUUM ANALYZE alembic_version;

-- As lean as PL/pgSQL can say it: no calls of other PL/pgSQL functions, each
-- look-up once.  The table's name is an argument, so EXECUTE cannot be avoided.
CREATE FUNCTION plpgsql_at_head(
    expected_heads text[],
    head_table text DEFAULT 'alembic_version',
    head_column text DEFAULT 'version_num')
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    relation regclass := to_regclass(head_table);
    heads text[];
BEGIN
    IF relation IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('SELECT array_agg(DISTINCT %1$I::text ORDER BY %1$I::text) FROM %2$s WHERE %1$I IS NOT NULL',
                   head_column, relation) INTO heads;
    RETURN heads IS NOT DISTINCT FROM
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
    relation regclass := to_regclass(head_table);
    wanted text[] := (SELECT array_agg(DISTINCT h ORDER BY h) FROM unnest(expected_heads) h);
    query text := 'SELECT coalesce(array_agg(DISTINCT %1$I::text ORDER BY %1$I::text), ''{}'') FROM %2$s WHERE %1$I IS NOT NULL';
BEGIN
    IF relation IS NOT NULL THEN
        EXECUTE format(query, head_column, relation) INTO current_heads;
    END IF;
    IF current_heads = wanted THEN
        outcome := 'at_head';
    ELSIF NOT pg_try_advisory_xact_lock(lock_key) THEN
        outcome := 'busy';
    ELSE
        -- Somebody may have migrated, and so made the table, meanwhile.
        relation := to_regclass(head_table);
        IF relation IS NOT NULL THEN
            EXECUTE format(query, head_column, relation) INTO current_heads;
        END IF;
        outcome := CASE WHEN current_heads = wanted THEN 'at_head' ELSE 'acquired' END;
    END IF;
END $$;

-- A tool that keeps one row for each migration (Rails, Django, Flyway), a thousand of them.
CREATE TABLE versions AS SELECT to_char(20200101000000 + 100 * i, 'FM99999999999999') AS version FROM generate_series(1, 1000) i;
ALTER TABLE versions ADD PRIMARY KEY (version);
VACUUM ANALYZE versions;
