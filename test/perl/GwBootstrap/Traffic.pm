# What the gateway's own connections do meanwhile: short transactions without
# end, so that one client's statements land on one backend after another.
#
#   my $traffic = GwBootstrap::Traffic->new($node, $connstr);
#   ... $traffic->stop ...

package GwBootstrap::Traffic;

use strict;
use warnings;

use GwBootstrap::Child;
use PostgreSQL::Test::Utils;
use POSIX ();

use constant CLIENTS => 10;

sub new
{
	my ($class, $node, $connstr) = @_;
	my $dir = PostgreSQL::Test::Utils::tempdir_short();
	my $self = bless { log => "$dir/traffic.log" }, $class;

	# Longer than a query needs, so that several backends are lent at once.
	PostgreSQL::Test::Utils::append_to_file("$dir/traffic.sql",
		"SELECT pg_sleep(0.02);\nBEGIN;\nSELECT 1;\nCOMMIT;\n");
	$self->{pid} = GwBootstrap::Child::start(sub
	{
		exec 'pgbench', '-n', '-M', 'simple', '-c', CLIENTS, '-T', '3600',
		  '-f', "$dir/traffic.sql", "$connstr application_name=traffic";
	}, log => $self->{log});
	$node->poll_query_until('postgres',
		"SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'traffic' AND state = 'active'")
	  or die "no traffic: " . PostgreSQL::Test::Utils::slurp_file($self->{log});
	return $self;
}

# End it.  True if it ran until now, false if one of its clients failed.
sub stop
{
	my ($self) = @_;

	my $pid = delete $self->{pid} or return 1;
	my $ran = waitpid($pid, POSIX::WNOHANG) == 0;
	if ($ran)
	{
		kill 'TERM', $pid;
		waitpid($pid, 0);
	}
	GwBootstrap::Child::ended($pid);
	my $log = PostgreSQL::Test::Utils::slurp_file($self->{log});
	return $ran && $log !~ /aborted|error/i;
}

1;
