-- The patterns of docs/sql.md for those who have no extension, beside what the
-- extension says of the same rows.
CREATE TABLE _prisma_migrations (migration_name varchar(255) NOT NULL, finished_at timestamptz, rolled_back_at timestamptz);
CREATE FUNCTION plain_contain(expected text[]) RETURNS text LANGUAGE sql AS $$
    WITH wanted AS (SELECT unnest(expected) COLLATE "C" AS head),
         counted AS (SELECT migration_name::text COLLATE "C" AS head FROM _prisma_migrations
                      WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL)
    SELECT CASE
           WHEN EXISTS (SELECT FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL) THEN 'failed'
           WHEN EXISTS (SELECT FROM counted WHERE head > (SELECT max(head) FROM wanted)) THEN
               CASE WHEN EXISTS (SELECT head FROM wanted EXCEPT SELECT head FROM counted) THEN 'diverged' ELSE 'ahead' END
           WHEN EXISTS (SELECT head FROM wanted EXCEPT SELECT head FROM counted) THEN 'behind'
           ELSE 'at_head' END
$$;
CREATE FUNCTION extension_contain(expected text[]) RETURNS text LANGUAGE sql AS $$
    SELECT outcome FROM gw_bootstrap_status('_prisma_migrations', 'migration_name', expected_heads => expected,
        head_rule => 'contain', head_order => 'bytes',
        head_condition => 'count: finished_at is not null and rolled_back_at is null; failed: finished_at is null and rolled_back_at is null')
$$;

CREATE TABLE schema_migrations (version bigint NOT NULL, dirty boolean NOT NULL);
CREATE FUNCTION plain_latest(expected bigint) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN bool_or(dirty) THEN 'failed'
                WHEN max(version) > expected THEN 'ahead'
                WHEN max(version) = expected THEN 'at_head'
                ELSE 'behind' END FROM schema_migrations
$$;
CREATE FUNCTION extension_latest(expected bigint) RETURNS text LANGUAGE sql AS $$
    SELECT outcome FROM gw_bootstrap_status('schema_migrations', 'version', expected_heads => ARRAY[expected::text],
        head_rule => 'latest', head_order => 'numeric', head_condition => 'failed: dirty')
$$;

-- Random rows and random expectations: a few names, so that all of it is met.
CREATE FUNCTION differences(rounds integer) RETURNS TABLE (rule text, plain text, extension text) LANGUAGE plpgsql AS $$
DECLARE
    names text[] := '{1_a,10_b,2_c,Z,a,é}';
    expected text[];
    version bigint;
BEGIN
    PERFORM setseed(0.5);
    FOR i IN 1..rounds LOOP
        TRUNCATE _prisma_migrations, schema_migrations;
        INSERT INTO _prisma_migrations
            SELECT n, CASE WHEN random() < 0.9 THEN now() END, CASE WHEN random() < 0.1 THEN now() END
              FROM unnest(names) n WHERE random() < 0.6;
        INSERT INTO schema_migrations
            SELECT (random() * 12)::bigint, random() < 0.2 FROM generate_series(1, (random() * 3)::integer);
        expected := ARRAY(SELECT n FROM unnest(names) n WHERE random() < 0.5) || 'a'::text;
        version := (random() * 12)::bigint;
        RETURN QUERY SELECT 'contain', plain_contain(expected), extension_contain(expected)
                      UNION ALL SELECT 'latest', plain_latest(version), extension_latest(version);
    END LOOP;
END $$;
SELECT d.rule, d.plain, count(*) > 0 AS met, count(*) FILTER (WHERE d.plain <> d.extension) AS different
  FROM differences(500) d GROUP BY 1, 2 ORDER BY 1, 2;

DROP FUNCTION differences(integer), plain_contain(text[]), extension_contain(text[]), plain_latest(bigint), extension_latest(bigint);
DROP TABLE _prisma_migrations, schema_migrations;
