# What nearly every test needs, under short names:
#
#   use GwBootstrap::Test;
#
#   my $node = start_server();
#   foreach my $way (all_ways($node)) {
#       $way->create->open;
#       my @results = start_replicas(24, $way->client('run', '-e', HEAD, '--migrate', whole_migration()))->wait;
#       is(outcomes(@results), '24 x 0', $way->name);
#       $way->close;
#   }
#
# Each is explained in the module that it comes from: Ways, Replicas, Migration,
# PgBouncer.

package GwBootstrap::Test;

use strict;
use warnings;

use Exporter 'import';
use GwBootstrap::Migration;
use GwBootstrap::PgBouncer;
use GwBootstrap::Processes;
use GwBootstrap::Replicas;
use GwBootstrap::Ways;
use Test::More;

our @EXPORT = qw(
  HEAD APPLIED
  start_server all_ways plain_ways quiet_ways new_way start_pgbouncer
  start_replicas run_client outcomes wait_until is_gone
  migration_command whole_migration migration_file whole_migration_file resumable_migration
  migration_steps tables_step rows_step head_step post_step stop_point
);

use constant {
	HEAD => GwBootstrap::Migration::HEAD,
	APPLIED => GwBootstrap::Migration::APPLIED,
};

sub start_server { return GwBootstrap::Ways->server(@_); }
sub all_ways { return GwBootstrap::Ways->all(@_); }
sub plain_ways { return GwBootstrap::Ways->plain(@_); }
sub quiet_ways { return GwBootstrap::Ways->quiet(@_); }
sub new_way { return GwBootstrap::Ways->new(@_); }
sub start_pgbouncer { return GwBootstrap::PgBouncer->new(@_); }

sub start_replicas { return GwBootstrap::Replicas->start(@_); }
*outcomes = \&GwBootstrap::Replicas::outcomes;
*wait_until = \&GwBootstrap::Replicas::wait_until;

# The result of one client, which is given its time to end.
sub run_client
{
	my ($result) = start_replicas(1, @_)->wait;
	return $result;
}

# The process ends within bounds, as one test.  That nobody asks how it ended, in a
# small container for one, is no matter.
sub is_gone
{
	my ($pid, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return ok(wait_until(sub { !GwBootstrap::Processes::is_alive($pid) }), $name);
}

*migration_command = \&GwBootstrap::Migration::command;
*migration_file = \&GwBootstrap::Migration::file;
*whole_migration = \&GwBootstrap::Migration::whole;
*whole_migration_file = \&GwBootstrap::Migration::whole_file;
*resumable_migration = \&GwBootstrap::Migration::resumable;
*migration_steps = \&GwBootstrap::Migration::steps;
*tables_step = \&GwBootstrap::Migration::tables;
*rows_step = \&GwBootstrap::Migration::rows;
*head_step = \&GwBootstrap::Migration::head;
*post_step = \&GwBootstrap::Migration::post;
*stop_point = \&GwBootstrap::Migration::stop_point;

1;
