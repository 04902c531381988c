ALTER TABLE tools ADD COLUMN enabled boolean;
UPDATE tools SET enabled = true;
ALTER TABLE tools ALTER COLUMN enabled SET NOT NULL;
