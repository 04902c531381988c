-- The lock belongs to the subtransaction in which it was taken, whatever
-- portal, function or prepared statement the call ran in.
CREATE TABLE alembic_version (version_num text);
CREATE VIEW held AS
  SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
CREATE FUNCTION outcome() RETURNS text LANGUAGE sql AS $$ SELECT outcome FROM gw_bootstrap_try('{x}') $$;

-- taken by a cursor older than the savepoint
BEGIN;
DECLARE c CURSOR FOR SELECT (gw_bootstrap_try('{x}')).outcome, g FROM generate_series(1, 3) g;
SAVEPOINT s;
FETCH c;
SELECT * FROM held;
ROLLBACK TO s;
SELECT * FROM held;
SELECT outcome, holder_pid = pg_backend_pid() AS own, holder_state FROM gw_bootstrap_try('{x}');
COMMIT;
-- the portal closed or failed
BEGIN;
DECLARE c CURSOR FOR SELECT (gw_bootstrap_try('{x}')).outcome;
FETCH c;
CLOSE c;
SELECT * FROM held;
SELECT outcome();
COMMIT;
BEGIN;
DECLARE c CURSOR FOR SELECT (gw_bootstrap_try('{x}')).outcome, 1 / (2 - g) AS one FROM generate_series(1, 3) g;
FETCH c;
SAVEPOINT s;
FETCH c;
ROLLBACK TO s;
SELECT * FROM held;
SELECT outcome();
COMMIT;
-- taken by a cursor opened inside the savepoint, which is released, or not
BEGIN;
SAVEPOINT s;
DECLARE c CURSOR FOR SELECT (gw_bootstrap_try('{x}')).outcome, g FROM generate_series(1, 3) g;
FETCH c;
RELEASE s;
CLOSE c;
SELECT * FROM held;
SELECT outcome();
COMMIT;
BEGIN;
SAVEPOINT s;
DECLARE c CURSOR FOR SELECT (gw_bootstrap_try('{x}')).outcome, g FROM generate_series(1, 3) g;
FETCH c;
ROLLBACK TO s;
SELECT * FROM held;
SELECT outcome();
COMMIT;
-- nested: the inner one released, the outer one rolled back
BEGIN;
SAVEPOINT a;
SAVEPOINT b;
SELECT outcome();
RELEASE b;
SELECT * FROM held;
ROLLBACK TO a;
SELECT * FROM held;
SELECT outcome();
ROLLBACK;
-- taken outside, fetched again inside: an inner rollback does not give it up
BEGIN;
DECLARE c CURSOR FOR SELECT (gw_bootstrap_try('{x}')).outcome, g FROM generate_series(1, 3) g;
FETCH c;
SAVEPOINT s;
FETCH c;
ROLLBACK TO s;
SELECT * FROM held;
SELECT outcome();
COMMIT;
-- WITH HOLD runs when the transaction commits: a lock taken then ends with it
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT (gw_bootstrap_try('{x}')).outcome;
COMMIT;
FETCH c;
SELECT * FROM held;
CLOSE c;

-- at head, and so given back at once, in a portal older than the savepoint
INSERT INTO alembic_version VALUES ('x');
BEGIN;
DECLARE c CURSOR FOR SELECT (gw_bootstrap_try(ARRAY[CASE g WHEN 1 THEN 'y' ELSE 'x' END])).outcome
  FROM generate_series(1, 2) g;
SAVEPOINT s;
FETCH 2 FROM c;
SELECT * FROM held;
ROLLBACK TO s;
SELECT * FROM held;
COMMIT;
DELETE FROM alembic_version;

-- a function with an EXCEPTION block: what it catches is given back
BEGIN;
DO $$
BEGIN
  BEGIN
    PERFORM outcome();
    RAISE 'undone';
  EXCEPTION WHEN raise_exception THEN NULL;
  END;
  RAISE NOTICE 'locks %, then %', (SELECT locks FROM held), outcome();
END $$;
SELECT * FROM held;
COMMIT;
-- what it keeps is kept
BEGIN;
DO $$
BEGIN
  BEGIN
    PERFORM outcome();
  EXCEPTION WHEN raise_exception THEN NULL;
  END;
  RAISE NOTICE 'locks %, then %', (SELECT locks FROM held), outcome();
END $$;
SELECT * FROM held;
COMMIT;
-- a loop over a query that stays open around the block
BEGIN;
DO $$
DECLARE r record;
BEGIN
  FOR r IN SELECT g FROM generate_series(1, 2) g LOOP
    BEGIN
      RAISE NOTICE 'row %: %', r.g, outcome();
      RAISE 'undone';
    EXCEPTION WHEN raise_exception THEN NULL;
    END;
  END LOOP;
  RAISE NOTICE 'locks %', (SELECT locks FROM held);
END $$;
COMMIT;
-- a cursor of the function's own, opened before its block
BEGIN;
DO $$
DECLARE
  c CURSOR FOR SELECT outcome() FROM generate_series(1, 2);
  o text;
BEGIN
  OPEN c;
  BEGIN
    FETCH c INTO o;
    RAISE NOTICE 'in the block: %', o;
    RAISE 'undone';
  EXCEPTION WHEN raise_exception THEN NULL;
  END;
  FETCH c INTO o;
  RAISE NOTICE 'after it: %, locks %', o, (SELECT locks FROM held);
END $$;
COMMIT;

-- such a block hides that there is no transaction block around the statement,
-- with which the lock ends
DO $$
BEGIN
  RAISE NOTICE '%', outcome();
EXCEPTION WHEN raise_exception THEN NULL;
END $$;
SELECT * FROM held;

-- a procedure that ends its transaction ends the lock; a new one may have it
CREATE PROCEDURE two_transactions() LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    RAISE NOTICE '%', outcome();
  EXCEPTION WHEN raise_exception THEN NULL;
  END;
  RAISE NOTICE 'locks %', (SELECT locks FROM held);
  COMMIT;
  RAISE NOTICE 'locks %', (SELECT locks FROM held);
  BEGIN
    RAISE NOTICE '%', outcome();
  EXCEPTION WHEN raise_exception THEN NULL;
  END;
  ROLLBACK;
  RAISE NOTICE 'locks %', (SELECT locks FROM held);
END $$;
CALL two_transactions();
DROP PROCEDURE two_transactions;

-- a prepared statement
PREPARE p AS SELECT outcome FROM gw_bootstrap_try('{x}');
BEGIN;
SAVEPOINT s;
EXECUTE p;
ROLLBACK TO s;
SELECT * FROM held;
EXECUTE p;
COMMIT;
BEGIN;
EXECUTE p;
SAVEPOINT s;
EXECUTE p;
ROLLBACK TO s;
EXECUTE p;
SELECT * FROM held;
COMMIT;
SELECT * FROM held;
DEALLOCATE p;

-- given up, another key is another guard, and so is the next transaction
BEGIN;
SAVEPOINT s;
SELECT outcome();
ROLLBACK TO s;
SELECT outcome FROM gw_bootstrap_try('{x}', lock_key => 7);
SELECT holder_pid, holder_state FROM gw_bootstrap_status();
ROLLBACK;
BEGIN;
SELECT outcome();
ROLLBACK;
SELECT * FROM held;

DROP FUNCTION outcome;
DROP VIEW held;
DROP TABLE alembic_version;
