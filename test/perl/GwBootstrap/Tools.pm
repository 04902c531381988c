# The tools of get_tools, as the tests of the chart and of the compose file run
# them.
package GwBootstrap::Tools;

use strict;
use warnings;

use Exporter qw(import);
use File::Temp;
use FindBin;
use JSON::PP qw(decode_json);

our @EXPORT = qw(run_tool output_of documents write_file);

my $tools;

# Run a tool: its exit code, what it said on stdout, and on stderr.
sub run_tool
{
	my ($tool, @arguments) = @_;
	my ($out, $err) = (File::Temp->new, File::Temp->new);

	unless ($tools)
	{
		chomp($tools = `"$FindBin::Bin/get_tools"`);
		die "there are no tools\n" if $?;
	}
	my $pid = fork // die "fork: $!\n";
	if ($pid == 0)
	{
		open STDIN, '<', '/dev/null';
		open STDOUT, '>&', $out;
		open STDERR, '>&', $err;
		# A minute is plenty for each of them.
		exec 'timeout', 60, "$tools/$tool", @arguments or exit 127;
	}
	waitpid $pid, 0;
	return ($? >> 8, map { seek $_, 0, 0; join '', readline $_ } $out, $err);
}

# The same, for what must succeed: stdout.
sub output_of
{
	my ($status, $out, $err) = run_tool(@_);
	die "@_: exit code $status\n$err" if $status;
	return $out;
}

# YAML, in a file, as a list of documents.
sub documents
{
	my ($file) = @_;
	my $script = 'import json, sys, yaml; [print(json.dumps(d)) for d in yaml.safe_load_all(open(sys.argv[1])) if d is not None]';
	return map { decode_json($_) } split /\n/, output_of('python', '-c', $script, $file);
}

# A file that exists as long as the object that is returned.
sub write_file
{
	my ($text) = @_;
	my $file = File::Temp->new(SUFFIX => '.yaml');
	print $file $text;
	close $file;
	return $file;
}

1;
