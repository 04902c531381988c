-- judge.sql: the rules of docs/sql.md, "Rule, order and condition", written down once more.

CREATE TYPE part AS (is_number boolean, number numeric, rest text);

-- Compared by the digits that a text starts with, as a number, and then byte by byte.
CREATE FUNCTION part_of(txt text) RETURNS part LANGUAGE sql IMMUTABLE AS $$
	SELECT ROW(txt ~ '^[0-9]', coalesce(substring(txt FROM '^[0-9]+')::numeric, 0),
	           regexp_replace(txt, '^[0-9]+', ''))::part
$$;

-- One that is too long to be compared has no key.
CREATE FUNCTION key_of(head text, head_order text) RETURNS part[] LANGUAGE sql IMMUTABLE STRICT AS $$
	SELECT CASE WHEN octet_length(head) > 1024 THEN NULL
	            WHEN head_order = 'numeric' THEN ARRAY[part_of(head)]
	            WHEN head_order = 'dotted' THEN (
	                SELECT array_agg(part_of(part) ORDER BY place)
	                  FROM regexp_split_to_table(regexp_replace(head, '([._]0+)+$', ''), '[._]')
	                       WITH ORDINALITY AS parts (part, place))
	            ELSE ARRAY[ROW(false, 0, head)::part] END
$$;

-- The text form of a value, as its type has it; blanks that fill up char(n) mean nothing.
CREATE FUNCTION txt(value anyelement) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN value IS NULL THEN NULL
	            WHEN pg_typeof(value) = 'character'::regtype THEN rtrim(format('%s', value), ' ')
	            ELSE format('%s', value) END
$$;

CREATE TYPE judgement AS (outcome text, current_heads text[], failed_heads text[]);

-- Of the rows of a table: their heads, and which clauses hold for them.
CREATE FUNCTION judge(head_rule text, head_order text, expected_heads text[], known_heads text[], heads text[],
                      counts boolean[], failed boolean[], covers boolean[], undone boolean[], unfinished boolean[])
RETURNS judgement LANGUAGE plpgsql AS $$
DECLARE
	key_order text := CASE WHEN head_rule = 'latest' AND head_order IN ('known', 'none') THEN 'numeric' ELSE head_order END;
	wanted part[]; cover part[]; greatest part[];
	missing boolean; has_beyond boolean; has_before boolean; has_failed boolean; others boolean;
	answer judgement;
BEGIN
	DROP TABLE IF EXISTS expected, known, seen;
	CREATE TEMP TABLE expected AS SELECT DISTINCT key_of(head, key_order) AS key FROM unnest(expected_heads) AS e (head);
	CREATE TEMP TABLE known AS SELECT DISTINCT key_of(head, key_order) AS key FROM unnest(known_heads) AS k (head);
	CREATE TEMP TABLE seen AS SELECT s.head, key_of(s.head, key_order) AS key, s.counts AND s.head IS NOT NULL AS counts, s.failed, s.covers, s.undone, s.unfinished
		FROM unnest(heads, judge.counts, judge.failed, judge.covers, judge.undone, judge.unfinished)
		     AS s (head, counts, failed, covers, undone, unfinished);
	UPDATE seen s SET counts = s.counts AND NOT s.undone,
		failed = s.failed OR s.unfinished AND NOT EXISTS (SELECT FROM seen o WHERE o.key > s.key);
	UPDATE seen s SET counts = false
		WHERE (SELECT count(*) FROM seen o WHERE o.key = s.key AND o.undone) >= (SELECT count(*) FROM seen o WHERE o.key = s.key AND o.counts);
	SELECT max(key) INTO wanted FROM expected;
	SELECT max(s.key) INTO cover FROM seen s WHERE s.covers;
	SELECT max(s.key) INTO greatest FROM seen s WHERE s.counts;
	ALTER TABLE seen ADD beyond boolean;
	UPDATE seen s SET beyond = CASE
		WHEN head_order = 'none' THEN false
		WHEN head_order = 'known' AND known_heads IS NOT NULL THEN s.key IS NULL OR s.key NOT IN (SELECT key FROM known)
		WHEN head_order = 'known' AND head_rule <> 'latest' THEN false
		ELSE coalesce(s.key > wanted, false) END;
	SELECT coalesce(bool_or(s.beyond), false), coalesce(bool_or(NOT s.beyond), false) INTO has_beyond, has_before
	  FROM seen s WHERE s.counts AND (s.key IS NULL OR s.key NOT IN (SELECT key FROM expected));
	SELECT EXISTS (SELECT FROM expected e WHERE e.key NOT IN (SELECT s.key FROM seen s WHERE s.counts AND s.key IS NOT NULL)
	                  AND (cover IS NULL OR e.key > cover)) INTO missing;
	SELECT coalesce(bool_or(s.failed), false) INTO has_failed FROM seen s;
	others := head_rule = 'equal' AND (has_beyond OR has_before);

	answer.outcome := CASE
		WHEN has_failed THEN 'failed'
		WHEN head_rule = 'latest' THEN CASE
			WHEN greatest = wanted THEN 'at_head'
			WHEN (SELECT bool_or(s.beyond) FROM seen s WHERE s.counts AND s.key = greatest) THEN 'ahead'
			WHEN wanted <= cover THEN 'at_head'
			ELSE 'behind' END
		WHEN has_beyond THEN CASE
			WHEN CASE WHEN head_rule = 'equal' THEN has_before ELSE missing END THEN 'diverged' ELSE 'ahead' END
		WHEN missing OR others THEN 'behind'
		ELSE 'at_head' END;
	SELECT array_agg(DISTINCT CASE WHEN octet_length(s.head) > 1024 THEN left(s.head, 1024) || '...' ELSE s.head END) INTO answer.current_heads
	  FROM seen s WHERE s.counts AND (head_rule <> 'latest' OR s.key = greatest);
	answer.current_heads := coalesce(answer.current_heads, '{}');
	SELECT array_agg(DISTINCT s.head) INTO answer.failed_heads FROM seen s WHERE s.failed;
	answer.failed_heads := coalesce(answer.failed_heads, '{}');
	RETURN answer;
END $$;
