# SIGALRM from somebody else is not the deadline: a client that waits goes on
# until that comes, and then says what it waited for.
#
# TAP, since it takes a client that is sent a signal.

use strict;
use warnings;

use GwBootstrap::Test;
use Test::More;

my $node = start_server();

foreach my $plain (0, 1)
{
	my $way = new_way($node, plain => $plain)->create->open;
	my $holder = $node->background_psql($way->dbname);
	$holder->query_safe('SELECT pg_advisory_lock(42424242424242)');
	my $replica = start_replicas(1, $way->client('run', '-e', HEAD, '--migrate', 'true', '--timeout', 6));
	ok(wait_until(sub { $replica->err =~ /waiting for/ }), $way->name . ': it waits');
	kill 'ALRM', $replica->pid;
	my ($result) = $replica->wait;
	is($result->{exit}, 3, '... until its deadline');
	like($result->{err}, qr/deadline of 6 s passed: .*held by backend/, '... and says what for');
	unlike($result->{err}, qr/was stopped/, '... and nothing else');
	$holder->quit;
	$way->close;
}

$node->stop;
done_testing();
