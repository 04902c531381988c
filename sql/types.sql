-- Any column type with a text form works.
CREATE DOMAIN revision AS varchar(32);
CREATE TYPE release AS ENUM ('r1', 'r2');
CREATE TABLE odd_heads (
    i integer, b bigint, u uuid, c char(10), d revision, e release, n name, x numeric, t timestamptz, bool boolean);
INSERT INTO odd_heads VALUES
    (7, 20261123000000, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'abc', 'dom', 'r2', 'nam', 1.50, '2026-01-01 00:00+00', true);
-- those whose text depends on settings are compared as the caller would see them
SET timezone = 'UTC';
SET datestyle = 'ISO';
SELECT gw_bootstrap_at_head('{7}', 'odd_heads', 'i') AS i,
       gw_bootstrap_at_head('{20261123000000}', 'odd_heads', 'b') AS b,
       gw_bootstrap_at_head('{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', 'odd_heads', 'u') AS u,
       gw_bootstrap_at_head('{abc}', 'odd_heads', 'c') AS c,
       gw_bootstrap_at_head('{dom}', 'odd_heads', 'd') AS d,
       gw_bootstrap_at_head('{r2}', 'odd_heads', 'e') AS e,
       gw_bootstrap_at_head('{nam}', 'odd_heads', 'n') AS n,
       gw_bootstrap_at_head('{1.50}', 'odd_heads', 'x') AS x,
       gw_bootstrap_at_head('{2026-01-01 00:00:00+00}', 'odd_heads', 't') AS t,
       gw_bootstrap_at_head('{t}', 'odd_heads', 'bool') AS bool;
SELECT gw_bootstrap_at_head('{07}', 'odd_heads', 'i') AS i, gw_bootstrap_at_head('{1.5}', 'odd_heads', 'x') AS x;
BEGIN;
SELECT current_heads FROM gw_bootstrap_try('{1}', 'odd_heads', 'b');
SELECT current_heads FROM gw_bootstrap_try('{x}', 'odd_heads', 'c');
ROLLBACK;

-- after ALTER TABLE: a dropped column, an added one with a default
ALTER TABLE odd_heads DROP COLUMN i;
ALTER TABLE odd_heads ADD COLUMN added text DEFAULT 'later';
SELECT gw_bootstrap_at_head('{7}', 'odd_heads', 'i');
SELECT gw_bootstrap_at_head('{later}', 'odd_heads', 'added') AS added,
       gw_bootstrap_at_head('{r2}', 'odd_heads', 'e') AS e;

-- a stored generated column
CREATE TABLE generated (a int, g text GENERATED ALWAYS AS ('g' || 'h') STORED);
INSERT INTO generated VALUES (1);
SELECT gw_bootstrap_at_head('{gh}', 'generated', 'g');

-- a long head is cut in the result, with a mark, wherever it is stored
CREATE TABLE long_heads (h text, b bytea, c char(3000), i int[]);
CREATE FUNCTION shown(head_column text) RETURNS TABLE (length int, starts text, ends text)
    LANGUAGE sql AS $$
    SELECT length(h), left(h, 3), right(h, 4)
      FROM gw_bootstrap_status('long_heads', head_column) s, unnest(s.current_heads) h $$;
INSERT INTO long_heads VALUES (repeat('x', 1500));
SELECT * FROM shown('h');
ALTER TABLE long_heads ALTER h SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL,
    ALTER c SET STORAGE EXTERNAL, ALTER i SET STORAGE EXTERNAL;
UPDATE long_heads SET h = repeat('xyz', 100000);
SELECT * FROM shown('h');
ALTER TABLE long_heads ALTER h SET STORAGE EXTENDED;
UPDATE long_heads SET h = repeat('x', 10000000);
SELECT * FROM shown('h');
-- not if it would have to be fetched as a whole, and that is much
UPDATE long_heads SET h = (SELECT string_agg(repeat(md5(n::text), 2), '') FROM generate_series(1, 60000) n);
SELECT * FROM shown('h');
-- what is no text is fetched as a whole, and may be a head
UPDATE long_heads SET h = NULL, b = convert_to(repeat('a', 5000), 'UTF8'), c = 'abc',
                      i = array_fill(1, ARRAY[500]);
SELECT * FROM shown('b');
SELECT gw_bootstrap_at_head('{abc}', 'long_heads', 'c') AS c,
       gw_bootstrap_at_head(ARRAY[array_fill(1, ARRAY[500])::text], 'long_heads', 'i') AS i;
UPDATE long_heads SET b = convert_to(repeat('a', 100000), 'UTF8');
SELECT * FROM shown('b');
-- as a part of a head, and of one that failed
UPDATE long_heads SET h = repeat('x', 100000);
SELECT * FROM shown('h.c');
SELECT * FROM shown('b.c');
SELECT outcome, length(failed_heads[1]) FROM gw_bootstrap_status('long_heads', 'h', 1, '{a}', head_condition => 'failed: c is not null');
SELECT outcome, failed_heads FROM gw_bootstrap_status('long_heads', 'b', 1, '{a}', head_condition => 'failed: c is not null');
DROP FUNCTION shown(text);

DROP TABLE odd_heads, generated, long_heads;
DROP DOMAIN revision;
DROP TYPE release;
