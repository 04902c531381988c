-- first
CREATE TABLE a (b text DEFAULT 'x;y');
INSERT INTO a VALUES (E'\'', U&"d\0061t" , $$;$$, $x$ $$ ; $x$);
/* c /* d */ ; */
SELECT 1\;SELECT 2;
UPDATE alembic_version SET version_num = 'b'