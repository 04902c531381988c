# Migrations as a tool applies them: SQL files through a psql of their own, in
# several transactions, and not repeatable.  Each step notes itself in the
# table "applied", so that a second execution shows.

package GwBootstrap::Migration;

use strict;
use warnings;

use PostgreSQL::Test::Utils;

use constant HEAD => 'c0ffee';

# What the steps leave in "applied" when each was run once.
use constant APPLIED => '1 tables x 1, 2 rows x 1, 3 head x 1';

my %dirs;
my $count = 0;

# Of this process.
sub _dir { return $dirs{$$} ||= PostgreSQL::Test::Utils::tempdir_short(); }

# A file with the SQL.
sub file
{
	my ($sql) = @_;
	my $file = _dir() . '/' . ++$count . '.sql';

	PostgreSQL::Test::Utils::append_to_file($file, $sql);
	return $file;
}

# A shell command that runs the SQL on the database that the client names.
sub command
{
	my ($sql) = @_;
	return qq(psql -X -q -v ON_ERROR_STOP=1 -d "\$DATABASE_URL" -f ) . file($sql);
}

sub tables
{
	return <<'SQL';
BEGIN;
INSERT INTO applied VALUES ('1 tables');
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('f1r57');
CREATE TABLE item (id integer, name text);
COMMIT;
SQL
}

sub rows
{
	return <<'SQL';
BEGIN;
INSERT INTO applied VALUES ('2 rows');
INSERT INTO item SELECT i, 'item ' || i FROM generate_series(1, 5000) i;
COMMIT;
CREATE INDEX CONCURRENTLY item_name ON item (name);
SQL
}

sub head
{
	my $head = HEAD;
	return <<SQL;
BEGIN;
INSERT INTO applied VALUES ('3 head');
UPDATE alembic_version SET version_num = '$head';
COMMIT;
SQL
}

sub whole { return command(tables() . rows() . head()); }

# The same steps, after others, as a file of SQL, which has one transaction for all.
sub whole_file
{
	return file(join '', @_, grep { !/^(BEGIN|COMMIT|CREATE INDEX)/ } split /^/, tables() . rows() . head());
}

# The same steps, each left out if it was applied: a tool that remembers how far
# it came, and can be started again after a crash.
sub steps { return map { _unless_applied($_) } tables(), rows(), head(); }

# They as a command.  What is given is run between the first and the second.
sub resumable
{
	my ($between) = @_;
	my ($first, @others) = steps();

	return command($first) . ($between ? " && { $between; }" : '') . ' && ' . command(join '', @others);
}

sub _unless_applied
{
	my ($sql) = @_;
	my ($step) = $sql =~ /INSERT INTO applied VALUES \((.*?)\)/ or die 'a step without a name';

	return <<SQL;
SELECT count(*) = 0 AS wanted FROM applied WHERE step = $step \\gset
\\if :wanted
$sql
\\endif
SQL
}

# A step that every replica runs after the migration.
sub post
{
	return command(q(INSERT INTO applied VALUES ('4 post');));
}

# A file that does not exist yet, and a command that makes it and then waits
# for the test to open the pipe beside it: where a replica is stopped.
sub stop_point
{
	my $name = _dir() . '/stop' . ++$count;

	PostgreSQL::Test::Utils::system_or_bail('mkfifo', "$name.fifo");
	return ($name, qq({ echo \$\$ >$name.new; mv $name.new $name; read line <$name.fifo; }));
}

1;
