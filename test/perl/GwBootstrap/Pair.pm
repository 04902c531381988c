# A primary and its synchronous standby, copies of a backup: what is committed
# on the first is visible on the second.
#
#   my ($primary, $standby) = GwBootstrap::Pair::make($base, 'backup');
#   my $connstr = GwBootstrap::Pair::either($primary, $standby, 'postgres');
#   my @pids = GwBootstrap::Pair::silence($primary);

package GwBootstrap::Pair;

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

my $count = 0;

sub make
{
	my ($base, $backup) = @_;
	my $number = $$ . '_' . ++$count;    # other processes of a test make pairs as well
	my ($primary, $standby) = map { PostgreSQL::Test::Cluster->new("$_$number") } qw(primary standby);

	$primary->init_from_backup($base, $backup);
	$primary->start;
	$standby->init_from_backup($base, $backup);
	$standby->enable_streaming($primary);
	$standby->set_standby_mode;
	$standby->start;
	$primary->append_conf('postgresql.conf', "synchronous_commit = remote_apply\nsynchronous_standby_names = '*'");
	$primary->reload;
	$primary->poll_query_until('postgres', q(SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'))
	  or die 'the standby does not replicate';
	return ($primary, $standby);
}

# A string that leads to whichever of the two is the primary.
sub either
{
	my ($primary, $standby, $dbname) = @_;
	return sprintf 'host=%s,%s port=%s,%s dbname=%s target_session_attrs=read-write connect_timeout=2',
	  (map { $_->host } $primary, $standby), (map { $_->port } $primary, $standby), $dbname;
}

# All processes of a server fall silent, as one that has lost its network.
# Returns them, for bury().
sub silence
{
	my ($node) = @_;
	my @pids = split /\n/, $node->safe_psql('postgres', q(SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()));

	unshift @pids, (split /\n/, PostgreSQL::Test::Utils::slurp_file($node->data_dir . '/postmaster.pid'))[0];
	kill 'STOP', @pids;
	return @pids;
}

# End it without a word.
sub bury
{
	my ($node, @pids) = @_;

	kill 'KILL', reverse @pids;
	$node->kill9;
	return;
}

1;
