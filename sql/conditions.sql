-- head_rule, head_order, head_condition and a head of several columns.
\set SHOW_CONTEXT never
CREATE TABLE heads (head text, part integer, ok boolean, word text, other text, flag integer);
CREATE FUNCTION judge(expected text[], head_rule text DEFAULT 'contain', head_order text DEFAULT 'numeric',
    head_condition text DEFAULT NULL, head_column text DEFAULT 'head', known text[] DEFAULT NULL,
    OUT at_head boolean, OUT outcome text, OUT current_heads text[], OUT failed_heads text[])
LANGUAGE plpgsql AS $$
BEGIN
    at_head := gw_bootstrap_at_head(expected, known, 'heads', judge.head_column, judge.head_rule, judge.head_order, judge.head_condition);
    SELECT s.outcome, s.current_heads, s.failed_heads INTO judge.outcome, judge.current_heads, judge.failed_heads
      FROM gw_bootstrap_status('heads', judge.head_column, expected_heads => expected, known_heads => known,
          head_rule => judge.head_rule, head_order => judge.head_order, head_condition => judge.head_condition) s;
END $$;

-- contain: rows that are missing, that are beyond, that were pruned
INSERT INTO heads (head) VALUES ('1'), ('2'), ('10');
SELECT * FROM judge('{1,2,10}');
SELECT * FROM judge('{2,10}');
SELECT * FROM judge('{1,2,10,11}');
SELECT * FROM judge('{1,2}');
SELECT * FROM judge('{1,3}');
SELECT * FROM judge('{1,2}', head_order => 'bytes');
SELECT * FROM judge('{1,2}', head_order => 'none');
SELECT * FROM judge('{1,2}', head_order => 'known');
SELECT * FROM judge('{1,2}', head_order => 'known', known => '{1,2}');
SELECT * FROM judge('{1,2,3}', head_order => 'known', known => '{1,2,3}');
SELECT * FROM judge('{1,2}', head_order => 'known', known => '{1,2,10}');
SELECT * FROM judge('{1,2}', head_order => 'known', known => '{}');
-- equal: pruned rows are not at head
SELECT * FROM judge('{2,10}', 'equal');
SELECT * FROM judge('{1,2}', 'equal');
-- latest
SELECT * FROM judge('{10}', 'latest');
SELECT * FROM judge('{1,3,10}', 'latest');
SELECT * FROM judge('{9}', 'latest');
SELECT * FROM judge('{11}', 'latest');
SELECT * FROM judge('{2}', 'latest', 'bytes');
SELECT * FROM judge('{11}', 'latest', 'none');
SELECT * FROM judge('{9}', 'latest', 'none');
SELECT * FROM judge('{9}', 'latest', 'known');
SELECT * FROM judge('{9}', 'latest', 'known', known => '{9,10}');
SELECT * FROM judge('{11}', 'latest', 'known', known => '{11}');
-- the greatest may be written in several ways, in whatever order the rows are read
INSERT INTO heads (head) VALUES ('010'), ('0010'), ('10');
SELECT * FROM judge('{10}', 'latest');
TRUNCATE heads;
INSERT INTO heads (head) VALUES ('10'), ('0010'), ('9'), ('010');
SELECT * FROM judge('{9}', 'latest');
TRUNCATE heads;
SELECT * FROM judge('{1}', 'latest');
SELECT * FROM judge('{1}');

-- numbers of any length, with zeros before them and words behind them
INSERT INTO heads (head) VALUES ('007'), ('20240101000000000000000000000001'), ('9_b'), ('x'), ('');
SELECT outcome FROM judge('{7,20240101000000000000000000000001}');
SELECT outcome FROM judge('{7,20240101000000000000000000000000}');
SELECT outcome FROM judge('{7,20240101000000000000000000000002}');
SELECT outcome FROM judge('{07,9_b,30240101000000000000000000000001}');
SELECT outcome FROM judge('{9_a,20240101000000000000000000000001}');
TRUNCATE heads;
INSERT INTO heads (head) VALUES ('9_b'), ('10_a');
SELECT outcome FROM judge('{9_b,10_a}') UNION ALL SELECT outcome FROM judge('{9_b}') UNION ALL SELECT outcome FROM judge('{10_a}');
SELECT outcome FROM judge('{10}') UNION ALL SELECT outcome FROM judge('{10_b}');
-- versions of parts
TRUNCATE heads;
INSERT INTO heads (head) VALUES ('1'), ('1.2'), ('1.10'), ('2.0');
SELECT outcome FROM judge('{1,1.2,1.10,2}', head_order => 'dotted');
SELECT outcome FROM judge('{1.0.0,01.2,1_10,2.0.0.0}', head_order => 'dotted');
SELECT outcome FROM judge('{1,1.2,1.10}', head_order => 'dotted');
SELECT outcome FROM judge('{1,1.2,1.10,2,2.0.1}', head_order => 'dotted');
SELECT outcome FROM judge('{1.10,2.1}', head_order => 'dotted');
SELECT outcome FROM judge('{2}', 'latest', 'dotted') UNION ALL SELECT outcome FROM judge('{1.11}', 'latest', 'dotted');
SELECT outcome FROM judge('{10}', head_order => 'dotted');
TRUNCATE heads;
INSERT INTO heads (head) VALUES ('a.2'), ('a"b.2');
SELECT outcome FROM judge('{"a\"b.2"}', 'latest', 'dotted') UNION ALL SELECT outcome FROM judge('{a.2}', 'latest', 'dotted');

-- each term, with its negation, about a value and about NULL
TRUNCATE heads;
INSERT INTO heads VALUES ('1', 1, true, 'it''s', 'it''s', 1), ('2', 2, false, 'Word', 'word', 0), ('3', NULL, NULL, NULL, NULL, NULL);
CREATE FUNCTION counted(condition text) RETURNS text LANGUAGE sql AS $$
    SELECT current_heads::text FROM judge('{9}', head_condition => 'count: ' || condition)
$$;
SELECT c, counted(c) FROM unnest(ARRAY[
    'ok', 'not ok', 'flag', 'NOT flag', 'ok and flag', 'ok and not flag',
    'ok is null', 'ok is not null', 'word = other', 'word <> other', 'part = head', 'part <> head',
    $$word in ('it''s')$$, $$word in ('x', 'Word')$$, $$word not in ('x', 'Word')$$, $$part in ('1', '2', '3')$$,
    $$word starts 'W'$$, $$word not starts 'W'$$, $$word starts ''$$, $$ok in ('t')$$,
    $$"word" IS NOT NULL AND Word STARTS 'it'$$]) c;
SELECT * FROM judge('{1}', head_condition => $$failed: word starts 'W'; failed: ok is null$$);
SELECT * FROM judge('{1}', head_condition => $$count: ok failed: word starts 'x' covers: part in ('7')$$);
SELECT * FROM judge('{1}', 'equal', 'known', $$count: ok$$);
SELECT * FROM judge('{1}', 'equal', 'known', '');
SELECT * FROM judge('{1,2,3}', 'equal', 'known', ' ; ');

-- a failed row is told before anything else, and also one without a head
SELECT * FROM judge('{1,2,3,4}', head_condition => 'failed: not ok');
SELECT * FROM judge('{1}', head_condition => 'failed: not ok');
SELECT outcome, failed_heads FROM judge('{1}', head_column => 'part', head_condition => 'failed: ok is null');
-- a baseline
SELECT * FROM judge('{0,1,2}', head_condition => 'count: not ok; covers: ok');
SELECT * FROM judge('{0,1,3}', head_condition => 'count: not ok; covers: ok');
SELECT * FROM judge('{0,1}', head_condition => 'count: word is null; covers: word is not null');
SELECT * FROM judge('{0,1}', head_condition => $$count: word is null; covers: word is not null; covers: word in ('none')$$);
SELECT * FROM judge('{0,1}', head_condition => $$count: word is null; covers: word in ('none'); covers: word is not null$$);
SELECT * FROM judge('{2}', 'latest', head_condition => $$count: word in ('none'); covers: ok is not null$$);
-- rows that take others back, whichever comes first
SELECT * FROM judge('{1,2}', head_condition => 'count: ok; undone: not ok');
SELECT * FROM judge('{1,2}', 'latest', head_condition => $$undone: word is null$$);

-- a failed row only if no other is greater, whichever comes first
SELECT c, (judge('{1,2}', head_condition => c)).* FROM unnest(ARRAY['unfinished: not ok', 'unfinished: ok', 'unfinished: ok is null', 'unfinished: word is not null; unfinished: flag is null']) c;
DELETE FROM heads WHERE head = '3';
SELECT c, (judge('{1,2}', head_condition => c)).* FROM unnest(ARRAY['unfinished: not ok', 'unfinished: ok', 'count: ok; unfinished: not ok', 'unfinished: ok; failed: ok']) c;
INSERT INTO heads VALUES (NULL, 4, false);
SELECT * FROM judge('{1,2}', head_condition => 'unfinished: part in (''4'')');
DELETE FROM heads WHERE head IS NULL;
INSERT INTO heads VALUES ('02', 5, true, NULL, NULL, NULL);
SELECT p, o, (judge('{1,2}', 'contain', o, 'unfinished: part in (''' || p || ''')')).outcome FROM (VALUES ('2', 'numeric'), ('5', 'numeric'), ('2', 'bytes'), ('5', 'bytes')) v (p, o);
DELETE FROM heads WHERE head = '02';
INSERT INTO heads VALUES ('3');
-- a head of several columns
SELECT * FROM judge('{1.it''s,2.Word}', head_column => 'head.word');
SELECT * FROM judge('{1::1::t,2::2::f}', 'equal', 'none', head_column => 'part::head::ok');
SELECT * FROM judge('{11}', 'equal', 'none', 'count: ok', head_column => 'head.flag');
ALTER TABLE heads ADD "head.word" text;
UPDATE heads SET "head.word" = 'whole' || part;
SELECT * FROM judge('{whole1,whole2}', 'equal', 'none', head_column => 'head.word');
ALTER TABLE heads DROP "head.word";

-- errors
\set VERBOSITY sqlstate
SELECT judge('{1}', head_column => 'head.nonesuch');
SELECT judge('{1}', head_column => 'head word');
SELECT judge('{1}', head_column => 'head.');
SELECT judge('{1}', head_column => '');
SELECT judge('{1}', head_condition => 'count: nonesuch');
SELECT judge('{1}', head_condition => 'count: "OK"');
SELECT judge('{1}', head_condition => 'count: word');
SELECT judge('{1}', head_condition => 'covers: ok', head_order => 'known');
SELECT judge('{1}', head_condition => 'covers: ok', head_order => 'none');
SELECT judge('{1}', head_condition => 'unfinished: ok', head_order => 'known');
SELECT judge('{1}', head_condition => 'count: ok; unfinished: ok', head_order => 'none');
-- what the grammar has not is refused, with the place
\set VERBOSITY default
SELECT gw_bootstrap_at_head('{1}', NULL, 'heads', 'head', 'contain', 'known', 'count: word');
SELECT judge('{1}', head_condition => 'ok');
SELECT judge('{1}', head_condition => 'count:');
SELECT judge('{1}', head_condition => 'count: ok or flag');
SELECT judge('{1}', head_condition => 'count: ok; count: flag');
SELECT judge('{1}', head_condition => 'count: ok failed');
SELECT judge('{1}', head_condition => 'count: ok,');
SELECT judge('{1}', head_condition => 'count: word in ()');
SELECT judge('{1}', head_condition => 'count: word in (''a''');
SELECT judge('{1}', head_condition => 'count: word in (a)');
SELECT judge('{1}', head_condition => 'count: word = ''a''');
SELECT judge('{1}', head_condition => 'count: word starts ''a');
SELECT judge('{1}', head_condition => 'count: word not = other');
SELECT judge('{1}', head_condition => 'count: (ok)');
SELECT judge('{1}', head_condition => 'count: not not ok');
SELECT judge('{1}', head_condition => 'count: pg_sleep(1)');
SELECT judge('{1}', head_condition => 'count: ok; DROP TABLE heads');
SELECT judge('{1}', head_condition => 'count: ok -- and more');
SELECT judge('{1}', head_condition => 'count: ok is true');
SELECT judge('{1}', head_condition => repeat(' ', 5000));
SELECT judge('{1}', head_condition => 'count: word in (''' || repeat('x', 1025) || ''')');

-- values out of line
\set VERBOSITY sqlstate
ALTER TABLE heads ALTER other SET STORAGE EXTERNAL;
UPDATE heads SET other = repeat('x', 100000) WHERE part = 1;
SELECT c, counted(c) FROM unnest(ARRAY[$$other in ('x')$$, $$other not in ('x')$$, 'other is not null']) c;
SELECT counted($$other starts 'x'$$);
SELECT counted('other = word');

-- bounded
TRUNCATE heads;
INSERT INTO heads (head) SELECT i FROM generate_series(1, 100000) i;
SELECT at_head, outcome, cardinality(current_heads), current_heads[101] FROM judge('{1,100000}');
SELECT at_head, outcome, current_heads FROM judge('{100000}', 'latest');
SELECT outcome, cardinality(failed_heads), failed_heads[101] FROM judge('{1}', head_condition => 'failed: ok is null');
INSERT INTO heads (head) VALUES (0);
SELECT judge('{1,100000}');
SELECT gw_bootstrap_at_head('{0,1}', NULL::text[], 'heads', 'head', 'contain');
SELECT gw_bootstrap_at_head('{1}', 'heads', 'head');

-- every column that is named needs the privilege
CREATE ROLE regress_gw_columns;
TRUNCATE heads;
INSERT INTO heads VALUES ('1', 1, true);
GRANT SELECT (head, part) ON heads TO regress_gw_columns;
SET ROLE regress_gw_columns;
SELECT outcome FROM judge('{1}');
SELECT outcome FROM judge('{1.1}', head_column => 'head.part');
SELECT outcome FROM judge('{1}', head_condition => 'count: part is not null');
SELECT outcome FROM judge('{1}', head_condition => 'count: ok');
SELECT outcome FROM judge('{1}', head_condition => 'count: part = flag');
SELECT outcome FROM judge('{1}', head_condition => 'count: part is null; failed: nonesuch');
SELECT outcome FROM judge('{1.t}', head_column => 'head.ok');
RESET ROLE;
DROP FUNCTION judge(text[], text, text, text, text, text[]), counted(text);
DROP TABLE heads;
DROP ROLE regress_gw_columns;
