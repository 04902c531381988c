-- step.sql: statements in three sessions, by name, and what they say.

CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('a');
CREATE TABLE sessions (name text PRIMARY KEY, pid integer);

CREATE PROCEDURE open_sessions() LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE sessions;
	FOR i IN 1 .. 3 LOOP
		PERFORM dblink_connect('s' || i, 'host=' || split_part(current_setting('unix_socket_directories'), ',', 1)
			|| ' port=' || current_setting('port') || ' dbname=' || current_database());
		INSERT INTO sessions SELECT 's' || i, pid FROM dblink('s' || i, 'SELECT pg_backend_pid()') AS d (pid integer);
	END LOOP;
END $$;

CREATE FUNCTION close_sessions() RETURNS void LANGUAGE sql AS $$
	SELECT dblink_disconnect(name) FROM sessions;
	SELECT NULL::void;
$$;

-- Who has which lock, as "s1:1, s1:1 shared, s2:7".
CREATE FUNCTION locks() RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(DISTINCT name || ':' || objid || CASE WHEN objsubid <> 1 THEN '/' || objsubid ELSE '' END
			|| CASE mode WHEN 'ExclusiveLock' THEN '' WHEN 'ShareLock' THEN ' shared' ELSE mode END, ', '), '')
	  FROM pg_locks JOIN sessions USING (pid) WHERE locktype = 'advisory' AND granted
$$;

-- A number in an answer that is the pid of a session is shown by the session's name.  A
-- statement says what is in its first column, or nothing; "error" and the SQLSTATE if it fails.
CREATE FUNCTION step(label text, session text, statement text, expected text, expected_locks text)
RETURNS SETOF text LANGUAGE plpgsql SET client_min_messages = error AS $$
DECLARE
	said text;
BEGIN
	BEGIN
		IF statement ~ '^SELECT' THEN
			SELECT d.said INTO said FROM dblink(session, statement) AS d (said text);
		ELSE
			PERFORM dblink_exec(session, statement);
		END IF;
	EXCEPTION WHEN OTHERS THEN
		said := 'error ' || SQLSTATE;
	END;
	SELECT string_agg(coalesce(name, word), ' ' ORDER BY place) INTO said
	  FROM regexp_split_to_table(said, ' ') WITH ORDINALITY AS words (word, place) LEFT JOIN sessions ON pid::text = word;
	IF coalesce(said, '') <> expected THEN
		RETURN NEXT format('%s: %s: %s: says "%s", not "%s"', label, session, statement, said, expected);
	END IF;
	IF locks() <> expected_locks THEN
		RETURN NEXT format('%s: %s: %s: locks are "%s", not "%s"', label, session, statement, locks(), expected_locks);
	END IF;
END $$;
