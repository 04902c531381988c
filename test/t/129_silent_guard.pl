# The server falls silent, for the guard and for the second connection beside it, and
# another takes its place: the replica goes on there.  That there is no second
# connection is told only of a server that still answers its guard.
#
# TAP, since it takes servers to be silenced at a given moment.

use strict;
use warnings;

use GwBootstrap::Proxy;
use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $head = HEAD;
my $whole = whole_migration();
local $ENV{PGSERVICEFILE} = PostgreSQL::Test::Utils::tempdir_short() . '/services';
my $old = start_server();
my $new = PostgreSQL::Test::Cluster->new('new');
$new->init;
$new->start;

# Where the second connection is when it hears no more: the "user" in the packet
# that begins a session is that of the second one.
my %moments = (
	'connecting' => [ at => qr/user\0/, total => 1, count => 2 ],
	'its first query' => [ at => qr/pg_stat_activity a/, total => 1 ],
	'its transaction' => [ at => qr/SELECT pg_catalog\.pg_backend_pid\(\)/, total => 1, count => 2 ]);

# All sessions through such a proxy are silent from then on, and new ones are accepted.
sub silencing { return GwBootstrap::Proxy->new($old->host, $old->port, do => 'pause', @{ $moments{ $_[0] } }); }

my $number = 0;

# A client, and the same database on both servers.
sub start
{
	my ($name, %case) = @_;
	my ($before, $after) = map { new_way($_, plain => $case{plain}, dbname => "silent$number")->create } $old, $new;
	my @what = $case{command} ? ('guard', '--timeout', 100) : ('run', '-e', $head, '--migrate', $whole, @{ $case{options} || [] });
	my $connstr = $case{connstr}->($before->dbname);

	push @what, '--', 'sh', '-c', $whole if $case{command};
	$number++;
	return { %case, name => $name . ($case{plain} ? ', without the extension' : ''), before => $before, after => $after,
		replica => start_replicas(1, 'gw_bootstrap', $what[0], '-d', $connstr, @what[1 .. $#what]) };
}

# The ways in which a client finds the new server.  Each returns the proxy of the old
# one, a function that makes the connection string, and what has it lead to the new one.
sub by_two_hosts
{
	my ($moment) = @_;
	my $proxy = silencing($moment);

	return (proxy => $proxy, connstr => sub { "host=127.0.0.1,@{[$new->host]} port=@{[$proxy->port]},@{[$new->port]} dbname=$_[0]"
		. ' connect_timeout=2 user=' . getpwuid $< });
}

sub by_service
{
	my ($moment) = @_;
	my $proxy = silencing($moment);
	my $service = 'moving' . $number;
	my $file = $ENV{PGSERVICEFILE};
	my $lead_to = sub
	{
		my ($node) = @_;
		my $others = -e $file ? slurp_file($file) =~ s/^\[$service\]\n.*\n.*\n//mr : '';
		append_to_file("$file.new", "$others\[$service]\nhost=@{[$node->host]}\nport=@{[$node->port]}\n");
		rename "$file.new", $file or die "rename: $!";
	};

	$lead_to->($proxy);
	return (proxy => $proxy, connstr => sub { "service=$service dbname=$_[0] user=" . getpwuid $< }, move => sub { $lead_to->($new) });
}

sub by_pooler
{
	my ($moment) = @_;
	my $proxy = silencing($moment);
	my $pooler = start_pgbouncer($proxy);

	return (proxy => $proxy, pooler => $pooler, connstr => sub { $pooler->connstr($_[0]) }, move => sub { $pooler->point_to($new) });
}

my @cases;
foreach my $plain (0, 1)
{
	foreach my $moment ('connecting', 'its first query')
	{
		push @cases, start("$moment, by a service", plain => $plain, by_service($moment));
		push @cases, start("$moment, by a service, command of guard", plain => $plain, command => 1, by_service($moment)) if $plain;
		push @cases, start("$moment, through a pooler", plain => $plain, by_pooler($moment));
	}
	push @cases, start('its first query, by two hosts', plain => $plain, by_two_hosts('its first query'));
}
foreach my $case (@cases)
{
	ok(wait_until(sub { $case->{proxy}->reached }), "$case->{name}: the server falls silent") or diag $case->{replica}->err;
	$case->{move}->() if $case->{move};
}

# Nobody takes its place.  The first deadline falls into the look at the guard.
my @forever = map { my ($plain, $seconds) = @$_;
	start("for ever, $seconds s", plain => $plain, seconds => $seconds, options => [ '--timeout', $seconds ], by_service('its first query')) }
  ([ 0, 12 ], [ 1, 12 ], [ 0, 19 ]);

# Only the second connection is silent.
my @alive = map { my ($plain, $moment) = @$_;
	my $proxy = GwBootstrap::Proxy->new($old->host, $old->port, do => 'hold', once => 1, @{ $moments{$moment} });
	start("$moment, a guard that lives", plain => $plain, proxy => $proxy, connstr => sub { $proxy->connstr($_[0]) }) }
  map { my $plain = $_; map { [ $plain, $_ ] } 'connecting', 'its first query' } 0, 1;

# Doctor looks for a second connection, too.
my %looked_at = by_pooler('its transaction');
my $looked_at = new_way($old, dbname => 'looked_at')->create;
my $doctor = start_replicas(1, 'gw_bootstrap', 'doctor', '-d', $looked_at{connstr}->('looked_at'), '-e', $head, '--timeout', 40);

foreach my $case (@cases)
{
	my ($result) = $case->{replica}->wait;
	is($result->{exit}, 0, "$case->{name}: goes on") or diag $result->{err};
	like($result->{err}, qr/lost the guard, and with it the lock: no answer from the database/, "$case->{name}: says what it lost");
	is($case->{before}->applied, '', "$case->{name}: the old server has nothing of it");
	is($case->{after}->applied, APPLIED, "$case->{name}: the new one all of it, once");
	is($case->{after}->locks, 0, "$case->{name}: no lock is left");
}
foreach my $case (@forever)
{
	my ($result) = $case->{replica}->wait;
	is($result->{exit}, 3, "$case->{name}: the deadline is exit code 3") or diag $result->{err};
	like($result->{err}, qr/error: deadline of $case->{seconds} s passed: .*no answer from the database while [^\n]*\n[^\n]*hint: Check that the server or pooler is alive[^\n]*\n\z/,
		"$case->{name}: the last word is about the silence");
	unlike($result->{err}, qr/no second connection/, "$case->{name}: and not about a pool");
	is($case->{before}->applied, '', "$case->{name}: nothing is done");
}
foreach my $case (@alive)
{
	my ($result) = $case->{replica}->wait;
	is($result->{exit}, 4, "$case->{name}: a second connection is missing, exit code 4") or diag $result->{err};
	like($result->{err}, qr/no second connection to the database within 10 s while the guard holds one/, "$case->{name}: says so");
	is($case->{before}->locks, 0, "$case->{name}: no lock is left");
}

my ($found) = $doctor->wait;
is($found->{exit}, 5, 'doctor: finds something') or diag $found->{err};
like($found->{out}, qr/^bad *pooling: no second connection, nor the first: no answer from the database/m, 'doctor: neither of two connections');
unlike($found->{out}, qr/a pool of one/, 'doctor: says nothing of the pool');

foreach my $case (@cases, @forever, @alive, { %looked_at })
{
	$case->{pooler}->stop if $case->{pooler};
	$case->{proxy}->stop;
}
$_->stop foreach $old, $new;
done_testing();
