# A page of docs/recipes/, tried out: its code is taken from the page itself.
#
#   my $recipe = GwBootstrap::Recipe->new('psql');
#   my $node = $recipe->server;
#   $recipe->try_out($node, 'psql', 'sh', 'ready.sh');
#   $recipe->finish($node);
#
# A fenced block whose info string has a second word is a file of that name.
# Those marked "text" are what the programs print, and one named "instead" is what
# the page says to put in the place of a line.

package GwBootstrap::Recipe;

use strict;
use warnings;

use GwBootstrap::Replicas;
use GwBootstrap::Ways;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Cwd ();
use File::Basename qw(dirname);
use File::Path qw(make_path);
use Test::More;

use constant INSTANCES => 8;

# The head that all pages name, and what their migrations leave: one row if
# they ran once, and an index that is fit for use.
use constant HEAD => '1975ea83b712';
use constant MIGRATED => HEAD . '|1|t';

# Ways to the database, each a column of the table in docs/recipes/README.md.
my %ways = (
	direct => { pool_size => 0 },
	session => { pool_size => 20, pool_mode => 'session' },
	# As often as it takes for drivers to make a named prepared statement.
	transaction => { pool_size => 20, asks => 7 },
	pool2 => { pool_size => 2 },
);

sub new
{
	my ($class, $page) = @_;
	my $self = bless {
		dir => PostgreSQL::Test::Utils::tempdir_short(),
		page => slurp_file("docs/recipes/$page.md"),
		top => Cwd::getcwd(),
	}, $class;

	$self->{printed} = '';
	while ($self->{page} =~ /^```(\w+) ?(\S*)\n(.*?)^```$/gms)
	{
		my ($language, $file, $text) = ($1, $2, $3);

		$self->{printed} .= $text if $language eq 'text';
		next if $file eq '';
		make_path(dirname("$self->{dir}/$file"));
		append_to_file("$self->{dir}/$file", $text);
	}
	return $self;
}

# Where the files of the page are.
sub dir { return $_[0]{dir}; }

# Drivers of some languages speak TCP only.
sub server
{
	my $node = GwBootstrap::Ways->server;

	$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
	$node->restart;
	return $node;
}

# Run a program, which must succeed, in the folder of the files.
sub build
{
	my ($self, @command) = @_;

	chdir $self->{dir} or die "chdir: $!";
	system_or_bail(@command);
	chdir $self->{top} or die "chdir: $!";
	return;
}

# Make a file of another one, with what the page says instead of a line.
sub instead
{
	my ($self, $file, $line, $made) = @_;
	my $text = slurp_file("$self->{dir}/$file");
	my $new = slurp_file("$self->{dir}/instead");

	$text =~ s/^([ \t]*)\Q$line\E\n/join '', map { "$1$_\n" } split m{\n}, $new/me or die "$file: no $line";
	unlink "$self->{dir}/$made";
	append_to_file("$self->{dir}/$made", $text);
	return;
}

# Start instances of the command at once, in the folder of the files.
sub _start
{
	my ($self, $count, $timeout, @command) = @_;

	local $ENV{GW_BOOTSTRAP_TIMEOUT} = $timeout;
	chdir $self->{dir} or die "chdir: $!";
	my $replicas = GwBootstrap::Replicas->start($count, @command);
	chdir $self->{top} or die "chdir: $!";
	return $replicas;
}

# Wait for them, and note the lines that the page does not show.
sub _results
{
	my ($self, $replicas) = @_;
	my @results = $replicas->wait;
	my $printed = $self->{printed} =~ s/\d+/N/gr;

	foreach my $line (map { split /\n/, $_->{out} . $_->{err} } @results)
	{
		$line =~ s/\d+/N/g;
		$self->{unprinted}{$line} = 1 unless $printed =~ /^\Q$line\E$/m;
	}
	return @results;
}

# How they ended, in one line for one comparison.
sub _outcome
{
	my (@results) = @_;
	my $migrated = grep { ($_->{out} . $_->{err}) =~ /^Database ready \(migrated\)$/m } @results;
	my $at_head = grep { ($_->{out} . $_->{err}) =~ /^Database ready \(at head\)$/m } @results;

	return GwBootstrap::Replicas::outcomes(@results) . "; $migrated migrated, $at_head at head";
}

# What is in the database.
sub _state
{
	my ($way) = @_;
	return 'nothing' if $way->sql(q(SELECT to_regclass('alembic_version') IS NULL AND to_regclass('item') IS NULL)) eq 't';
	return $way->sql(q(SELECT (SELECT string_agg(version_num, ' ') FROM alembic_version), (SELECT count(*) FROM item),
		(SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('item_name'))));
}

# A session that has the lock, on the same way as the instances come, and the
# pid of its backend.
sub _hold
{
	my ($node, $way) = @_;
	my $session = $way->pooler ? $way->pooler->session($way->dbname) : $node->background_psql($way->dbname);

	$session->query_safe('BEGIN');
	my $outcome = $session->query_safe(q(SELECT outcome FROM gw_bootstrap_try('{of nobody}')));
	die "the lock is not to be had: $outcome" unless $outcome eq 'acquired';
	return ($session, $session->query_safe('SELECT pg_backend_pid()'));
}

sub _calls
{
	my ($way) = @_;
	return $way->calls('gw_bootstrap_try');
}

# Try out a command on each way.  The name begins that of every test, which the
# table shows.  Options: ways, of those above.
sub try_out
{
	my ($self, $node, $name, $options, @command) = @_;

	foreach my $column (@{ $options->{ways} || [qw(direct session transaction pool2)] })
	{
		local @ENV{qw(DATABASE_URL JDBC_DATABASE_URL)};
		my $test = "$name-$column";

		$self->{tests}{$test} = 1;
		foreach my $part (\&_all_at_once, \&_lock_is_held)
		{
			my $way = GwBootstrap::Ways->new($node, %{ $ways{$column} })->create->open;
			my $user = getpwuid($<);
			my $place = '127.0.0.1:' . ($way->pooler || $node)->port . '/' . $way->dbname;

			$ENV{DATABASE_URL} = "postgresql://$user\@$place";
			$ENV{JDBC_DATABASE_URL} = "jdbc:postgresql://$place?user=$user";
			$part->($self, $node, $way, $test, @command);
			$way->is_clean($test);
			$way->close;
		}
	}
	return;
}

# An empty database and instances that start at once; then, at head, with the
# lock in other hands.
sub _all_at_once
{
	my ($self, $node, $way, $test, @command) = @_;
	my $others = INSTANCES - 1;
	my @results = $self->_results($self->_start(INSTANCES, $PostgreSQL::Test::Utils::timeout_default, @command));

	is(_outcome(@results), INSTANCES . " x 0; 1 migrated, $others at head", "$test: empty database, all at once")
	  or diag map { $_->{err} } @results;
	is(_state($way), MIGRATED, "$test: the migration ran once, and whole");

	my ($holder) = _hold($node, $way);
	is(_outcome($self->_results($self->_start(2, $PostgreSQL::Test::Utils::timeout_default, @command))),
		'2 x 0; 0 migrated, 2 at head', "$test: at head, whoever has the lock");
	$holder->quit;
	return;
}

# An empty database, and a live session that keeps the lock beyond the deadline
# of some instances, and then gives it to others.
sub _lock_is_held
{
	my ($self, $node, $way, $test, @command) = @_;
	my ($holder, $pid) = _hold($node, $way);
	my @results = $self->_results($self->_start(2, 2, @command));

	is(_outcome(@results), '2 x 1; 0 migrated, 0 at head', "$test: with the lock held, they end at their deadline");
	is(scalar(grep { $_->{err} =~ /^database not ready: pid $pid \(active\) holds the lock$/m } @results),
		2, "$test: they say who has it")
	  or diag map { $_->{err} } @results;
	is(_state($way), 'nothing', "$test: nobody migrated outside the lock");

	my $calls = _calls($way);
	my $replicas = $self->_start(3, $PostgreSQL::Test::Utils::timeout_default, @command);
	my $enough = $calls + 3 * ($way->{asks} || 1);
	ok(GwBootstrap::Replicas::wait_until(sub { _calls($way) >= $enough }), "$test: others ask for it meanwhile");
	$holder->query_safe('ROLLBACK');
	$holder->quit;
	@results = $self->_results($replicas);
	is(_outcome(@results), '3 x 0; 1 migrated, 2 at head', "$test: one gets it, once it is free")
	  or diag map { $_->{err} } @results;
	is(_state($way), MIGRATED, "$test: it migrated once, and whole");
	return;
}

# A role that only migrates, fenced, whose objects are the service's.
sub _make_fenced_role
{
	my ($node) = @_;
	my $user = getpwuid $<;

	return if $node->safe_psql('postgres', q(SELECT 1 FROM pg_roles WHERE rolname = 'migrations')) ne '';
	$node->safe_psql('postgres', <<"SQL");
CREATE ROLE migrations LOGIN;
GRANT "$user" TO migrations;
ALTER ROLE migrations SET role = '$user';
ALTER ROLE migrations SET session_preload_libraries = 'gw_bootstrap';
ALTER ROLE migrations SET gw_bootstrap.fence_key = '42424242424242';
SQL
	return;
}

# With the token of a guard that has ended, while somebody else has the lock by now.
sub _is_refused_later
{
	my ($self, $node, $way, $what, $command) = @_;
	my ($guard) = _hold($node, $way);
	my $token = $guard->query_safe('SELECT gw_bootstrap_token()');

	$guard->query_safe('ROLLBACK');
	$guard->quit;
	my ($next) = _hold($node, $way);
	local @ENV{qw(DATABASE_URL PGAPPNAME GW_BOOTSTRAP_TOKEN)} = ($ENV{MIGRATION_DATABASE_URL}, "gw_bootstrap migration $token", $token);
	my ($result) = $self->_start(1, 60, 'sh', '-c', $command)->wait;
	isnt($result->{exit}, 0, "$what: when its guard has ended, it fails");
	like($result->{out} . $result->{err}, qr/role "migrations" may write only under the bootstrap lock/, "$what: refused by the server");
	is(_state($way), 'nothing', "$what: and does nothing");
	$next->quit;
	return;
}

# The page's own guard is ended while the server is at a statement of the migration: the
# next one is refused, or not sent by a program that sees the end of its guard.
sub _loses_its_guard
{
	my ($self, $node, $way, $what, @command) = @_;
	my $other = $node->background_psql($way->dbname);

	$other->query_safe('BEGIN; CREATE TABLE item ()');
	my $replica = $self->_start(1, 60, @command);
	ok(GwBootstrap::Replicas::wait_until(sub { $way->sql('SELECT count(*) FROM pg_locks WHERE NOT granted') > 0 }),
		"$what: it migrates") or diag $replica->err;
	$way->sql("SELECT pg_terminate_backend(pid) FROM (@{[GwBootstrap::Ways::GUARD]}) g");
	ok(GwBootstrap::Replicas::wait_until(sub { $way->sql(GwBootstrap::Ways::GUARD) eq '' }), "$what: its guard is ended");
	$other->query_safe('ROLLBACK');
	$other->quit;
	my ($result) = $replica->wait;
	isnt($result->{exit}, 0, "$what: it fails");
	is(_state($way), 'nothing', "$what: and does nothing");
	return;
}

# The same with a fenced role: by the page's own guard, if there is one that gives its
# sessions the token, or with lock and work in one transaction; by commands that the
# client runs; and when the guard has ended.
# Commands are for the shell, but the first, of which a word says which it is: "guard",
# that of the service's role; "one role", the fenced one's; or "one transaction".
sub try_out_fenced
{
	my ($self, $node, $name, $own, @under_client) = @_;
	my $user = getpwuid $<;
	my $test = "$name-fenced";

	$self->{tests}{$test} = 1;
	_make_fenced_role($node);
	foreach my $pool_size (0, 2)
	{
		my $count = 0;
		foreach my $command ($own, @under_client)
		{
			my $way = GwBootstrap::Ways->new($node, pool_size => $pool_size, pooler_users => qq("$user" ""\n"migrations" ""\n))->create->open;
			my $place = '127.0.0.1:' . ($way->pooler || $node)->port . '/' . $way->dbname;
			my ($kind, @own) = ref $command ? @$command : '';
			my $what = "$test, " . $way->name . ', ' . ($kind ? 'by itself' : 'under the client, ' . ++$count);
			local %ENV = (%ENV, DATABASE_URL => "postgresql://$user\@$place", MIGRATION_DATABASE_URL => "postgresql://migrations\@$place",
				JDBC_DATABASE_URL => "jdbc:postgresql://$place?user=" . ($kind ? $user : 'migrations'),
				JDBC_MIGRATION_DATABASE_URL => "jdbc:postgresql://$place?user=migrations");
			$ENV{DATABASE_URL} = $ENV{MIGRATION_DATABASE_URL} if $kind =~ /^one/;
			my @command = $kind ? @own
			  : ('gw_bootstrap', 'run', '-d', "postgresql://$user\@$place", '-e', HEAD, '--timeout', 60, '--migrate', $command);

			$self->_is_refused_later($node, $way, $what, $command) if !$kind;
			$self->_loses_its_guard($node, $way, $what, @own) if $kind && $kind ne 'one transaction';
			my @results = $self->_start(2, 60, @command)->wait;
			is(GwBootstrap::Replicas::outcomes(@results), '2 x 0', "$what: ready") or diag map { $_->{err} } @results;
			is(_state($way), MIGRATED, "$what: the migration ran once, and whole");
			$way->is_clean($what);
			$way->close;
		}
	}
	return;
}

# Once all was tried out: did the programs print what the page says, and does
# the table name all tests?
sub finish
{
	my ($self, $node) = @_;
	my $table = slurp_file('docs/recipes/README.md');
	my %named = map { $_ => 1 } $table =~ /`([a-z0-9-]+-(?:direct|session|transaction|pool2|fenced))`/g;
	my ($name) = map { s/-\w+$//r } sort keys %{ $self->{tests} };

	$node->stop;
	is(join("\n", sort keys %{ $self->{unprinted} }), '', "$name: the page shows what is printed");
	is(join(' ', grep { !$named{$_} } sort keys %{ $self->{tests} }), '', "$name: the table has all tests");
	append_to_file($ENV{RECIPES_TESTED}, join('', map { "$_\n" } sort keys %{ $self->{tests} }))
	  if $ENV{RECIPES_TESTED};
	done_testing();
	return;
}

1;
