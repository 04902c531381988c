# A migration tool as its page in docs/tools/ says to use it, in the version that
# test/tools/get has fetched: projects with its files, and the page's own commands.
#
#   my $tool = GwBootstrap::RealTool->new('goose');
#   my $project = $tool->project('grown', good(1), good(2));
#   $tool->start($project, 24, 'run')->wait;      # run.sh of the page
#   $tool->check($project);                       # with its --migrations
#
# What differs between tools is test/tools/NAME.pl, which returns a hash:
#
#   files    sub (migrations): the files they are, path => text
#   broken   SQL that fails, unless the default does
#   leaves   exit code of "run" at a migration that fails, and of "check" after it
#   newer    exit code of "check" where the database has more
#   pruned   false if the tool wants all files for ever
#   direct   why its sessions go past the pooler, if they have to
#   environment  that the tool needs
#   fenced   why it cannot be fenced, if it cannot
#
# A migration is { n => number, sql => text }.

package GwBootstrap::RealTool;

use strict;
use warnings;

use Exporter qw(import);
use GwBootstrap::Replicas;
use PostgreSQL::Test::Utils;
use Cwd ();
use File::Basename qw(dirname);
use File::Path qw(make_path);

our @EXPORT = qw(good gated);

sub new
{
	my ($class, $name) = @_;
	my $top = Cwd::getcwd();
	my $page = slurp_file("docs/tools/$name.md");
	my $self = bless {
		name => $name,
		top => $top,
		dir => PostgreSQL::Test::Utils::tempdir_short(),
		entry => do "$top/test/tools/$name.pl" || die "test/tools/$name.pl: " . ($@ || $!),
		page => {},
	}, $class;

	while ($page =~ /^```\w+ (\S+)\n(.*?)^```$/gms)
	{
		$self->{page}{$1} = $2;
	}
	$self->{page}{'run.sh'} or die "docs/tools/$name.md: no run.sh";
	($self->{set}) = $self->{page}{'run.sh'} =~ /(--migrations=\S+)/ or die "docs/tools/$name.md: no --migrations";
	# what run.sh becomes at its end
	append_to_file("$self->{dir}/gateway", "#!/bin/sh\n");
	chmod 0755, "$self->{dir}/gateway";
	%ENV = (%ENV, %{ $self->{entry}{environment} || {} });
	$ENV{PATH} = "$self->{dir}:$ENV{TOOL_DIR}/bin:$ENV{TOOL_DIR}/node_modules/.bin:$ENV{PATH}";
	return $self;
}

sub says { return $_[0]{entry}{ $_[1] }; }

sub has { return exists $_[0]{page}{ $_[1] }; }

sub good
{
	my ($n) = @_;
	return { n => $n, sql => "CREATE TABLE made_$n (x int);\nINSERT INTO test.applied VALUES ('$n');" };
}

# Waits for as long as somebody has a lock on the table.
sub gated
{
	my ($n) = @_;
	return { n => $n, sql => "INSERT INTO test.gate VALUES ($n);\nINSERT INTO test.applied VALUES ('$n');" };
}

sub broken
{
	my ($self, $n) = @_;
	return { n => $n, sql => $self->{entry}{broken} || 'SELECT 1/0;', broken => 1 };
}

# A folder with the files of the page and those of the migrations; the list is
# frozen if the page says how.
sub project
{
	my ($self, $name, @migrations) = @_;
	my $folder = "$self->{dir}/$name";
	my %files = (%{ $self->{page} }, $self->{entry}{files}->(@migrations));

	foreach my $file (keys %files)
	{
		make_path(dirname("$folder/$file"));
		append_to_file("$folder/$file", $files{$file});
	}
	symlink "$ENV{TOOL_DIR}/node_modules", "$folder/node_modules" if -d "$ENV{TOOL_DIR}/node_modules";
	$self->_in($folder, sub { system_or_bail('sh', '-e', 'freeze.sh') }) if $self->has('freeze.sh');
	return $folder;
}

# Where the client's sessions go, and those of the migration if elsewhere.
sub use_urls
{
	my ($self, $url, $migration_url) = @_;

	$ENV{GW_BOOTSTRAP_DATABASE_URL} = $url;
	delete $ENV{GW_BOOTSTRAP_MIGRATION_URL};
	$ENV{GW_BOOTSTRAP_MIGRATION_URL} = $migration_url if defined $migration_url;
	$self->{migration_url} = defined $migration_url ? $migration_url : $url;
	# as JDBC wants it, where the page cannot use DATABASE_URL
	my ($user, $where) = $self->{migration_url} =~ m{^postgresql://(\w+)@([^?]+)};
	$ENV{JDBC_URL} = "jdbc:postgresql://$where?user=$user";
	return;
}

sub _in
{
	my ($self, $folder, $code) = @_;

	chdir $folder or die "$folder: $!";
	my $result = $code->();
	chdir $self->{top} or die "chdir: $!";
	return $result;
}

# Start a file of the page, so many times at once.
sub start
{
	my ($self, $project, $count, $file) = @_;
	return $self->_in($project, sub { GwBootstrap::Replicas->start($count, 'sh', $file) });
}

sub run
{
	my ($self, $project, $file) = @_;
	my ($result) = $self->start($project, 1, $file || 'run.sh')->wait;
	return $result;
}

sub check
{
	my ($self, $project) = @_;
	my ($result) = $self->_in($project, sub { GwBootstrap::Replicas->start(1, 'gw_bootstrap', 'check', $self->{set}) })->wait;
	return $result;
}

# What the page's run.sh gives to --migrate, by hand and without a guard.
sub by_hand
{
	my ($self, $project) = @_;
	my ($command) = $self->{page}{'run.sh'} =~ /--migrate='([^']*)'/ or die 'no --migrate';
	local $ENV{DATABASE_URL} = $self->{migration_url};
	my ($result) = $self->_in($project, sub { GwBootstrap::Replicas->start(1, 'sh', '-c', $command) })->wait;
	return $result;
}

1;
