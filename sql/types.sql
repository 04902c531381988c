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

-- a long head is cut in the result, with a mark, one stored out of line is left out
CREATE TABLE long_heads (h text);
ALTER TABLE long_heads ALTER h SET STORAGE EXTERNAL;
INSERT INTO long_heads VALUES (repeat('x', 1500));
BEGIN;
SELECT length(current_heads[1]), right(current_heads[1], 5) FROM gw_bootstrap_try('{a}', 'long_heads', 'h');
UPDATE long_heads SET h = repeat('x', 100000);
SELECT outcome, current_heads FROM gw_bootstrap_try('{a}', 'long_heads', 'h');
ALTER TABLE long_heads ADD b bytea;
ALTER TABLE long_heads ALTER b SET STORAGE EXTERNAL;
UPDATE long_heads SET h = 'a', b = convert_to(repeat('x', 5000), 'UTF8');
SELECT outcome, current_heads FROM gw_bootstrap_try('{a}', 'long_heads', 'b');
ROLLBACK;

DROP TABLE odd_heads, generated, long_heads;
DROP DOMAIN revision;
DROP TYPE release;
