# Everything that can be missing: the error says what, and how to mend it.
#
# TAP, since it takes servers, poolers and roles that lack something.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE DATABASE bare;
CREATE DATABASE ready;
CREATE ROLE stranger LOGIN PASSWORD 'secret-word';
SQL
$node->safe_psql('ready', <<'SQL');
CREATE EXTENSION gw_bootstrap;
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('old');
SQL

# With a long timeout, a failure that is not worth waiting for comes at once
# or this test takes for ever.
my @patient = ('--timeout', 3600);

# The client fails with that exit code and says these things.
sub fails
{
	my ($name, $exit, $says, @command) = @_;
	my $result = run_client('gw_bootstrap', @command);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($result->{exit}, $exit, "$name: exit code") or diag explain $result;
	like($result->{err}, $_, "$name: message") foreach @$says;
	is($result->{out}, '', "$name: nothing on stdout");
	unlike($result->{err}, qr/secret-word|wrong-word/, "$name: no password in the message");
	return;
}

my @migrate = ('--migrate', 'true');

fails('extension', 4, [ qr/extension/, qr/CREATE EXTENSION gw_bootstrap/ ],
	'run', '-d', $node->connstr('bare'), '-e', 'a', '--require-extension', @patient, @migrate);
fails('database', 4, [qr/"nowhere" does not exist/],
	'run', '-d', $node->connstr('nowhere'), '-e', 'a', @patient, @migrate);
fails('role', 4, [qr/"nobody" does not exist/],
	'run', '-d', $node->connstr('ready') . ' user=nobody', '-e', 'a', @patient, @migrate);
fails('privilege', 4, [ qr/permission denied for table alembic_version/, qr/GRANT SELECT/ ],
	'run', '-d', $node->connstr('ready') . ' user=stranger', '-e', 'a', @patient, @migrate);
# The same SQLSTATE, of the database.
$node->safe_psql('ready', 'REVOKE CONNECT ON DATABASE ready FROM PUBLIC');
foreach my $command ([ 'run', @migrate ], ['check'], ['status'], ['doctor'])
{
	fails("to connect: $command->[0]", 4, [ qr/permission denied for database/, qr/hint: GRANT CONNECT ON DATABASE to the role\.$/m ],
		@$command, '-d', $node->connstr('ready') . ' user=stranger', '-e', 'a', @patient);
}
$node->safe_psql('ready', 'GRANT CONNECT ON DATABASE ready TO PUBLIC');
# The same SQLSTATE, of the server itself: no GRANT helps there.
my $file = $node->data_dir . '/' . $node->safe_psql('ready', q(SELECT pg_relation_filepath('alembic_version')));
chmod 0, $file;
fails('a file of the server', 4, [ qr/could not open file .*Permission denied/, qr/hint: The server itself may not use that file/ ],
	'run', '-d', $node->connstr('ready'), '-e', 'a', @patient, @migrate);
chmod 0600, $file;

$node->safe_psql('bare', <<'SQL');
CREATE EXTENSION gw_bootstrap;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
SQL
fails('execute', 4, [ qr/permission denied for function gw_bootstrap_/, qr/EXECUTE on the functions/ ],
	'run', '-d', $node->connstr('bare') . ' user=stranger', '-e', 'a', @patient, @migrate);
fails('column', 4, [qr/column "revision" .* does not exist/],
	'check', '-d', $node->connstr('ready'), '-e', 'a', @patient, '--head-column', 'revision');
fails('not at head, and nothing to migrate with', 5, [ qr/not at head/, qr/--migrate/ ],
	'run', '-d', $node->connstr('ready'), '-e', 'a', @patient);
fails('check, not at head', 5, [qr/not at head/],
	'check', '-d', $node->connstr('ready'), '-e', 'a');

# A server that is not there may come: that is worth waiting for.
my $nobody = 'host=127.0.0.1 port=' . PostgreSQL::Test::Cluster::get_free_port();
fails('server', 3, [ qr/refused/, qr/1 s|deadline|timeout|time/ ],
	'run', '-d', $nobody, '-e', 'a', '--timeout', 1, @migrate);

# Behind a pooler.
my $pooler = start_pgbouncer($node, pool_size => 1);
fails('pool of one', 4, [ qr/second connection/, qr/pool/ ],
	'run', '-d', $pooler->connstr('ready'), '-e', 'a', @patient, @migrate);
is($node->safe_psql('ready', 'SELECT count(*) FROM pg_locks WHERE locktype = \'advisory\''),
	0, 'pool of one: no lock is left');
$pooler->stop;

$pooler = start_pgbouncer($node, pool_mode => 'statement');
fails('statement pooling', 4, [ qr/statement/, qr/transaction/ ],
	'run', '-d', $pooler->connstr('ready'), '-e', 'a', @patient, @migrate);
$pooler->stop;

# A password, last, since it changes who may connect.
unlink $node->data_dir . '/pg_hba.conf';
$node->append_conf('pg_hba.conf', "local all stranger scram-sha-256\nlocal all all trust\n");
$node->reload;
fails('password', 4, [qr/password authentication failed/],
	'run', '-d', $node->connstr('ready') . ' user=stranger password=wrong-word', '-e', 'a', @patient, @migrate);
fails('no password', 4, [qr/no password supplied/],
	'run', '-d', $node->connstr('ready') . ' user=stranger', '-e', 'a', @patient, @migrate);

$node->stop;
done_testing();
