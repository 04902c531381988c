# The static client: what dist/ has of it, and that it does in an empty root what the
# other one does on a Debian, for amd64 as it is and for arm64 under an emulator.  As for
# what is left out of it: that it says so.
#
# Run by test/deploy/static, as root, in a network of its own, with spdx-tools in SPDX_TOOLS.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use GwBootstrap::EmptyRoot;
use GwBootstrap::TlsServer;
use IPC::Run;
use JSON::PP qw(decode_json encode_json);
use Test::More;

my $dist = "$FindBin::Bin/../../dist";
my $name = 'db.example.test';
my %emulator = (amd64 => undef, arm64 => '/usr/bin/qemu-aarch64-static');
my %bundle = (
	'Debian' => '/etc/ssl/certs/ca-certificates.crt',
	'Red Hat' => '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
	'older Red Hat' => '/etc/pki/tls/certs/ca-bundle.crt',
	'SUSE' => '/etc/ssl/ca-bundle.pem',
	'OpenSSL' => '/etc/ssl/cert.pem');

sub output_of
{
	my (@command) = @_;
	my $out = '';

	IPC::Run::run(\@command, '>', \$out, '2>&1', '<', \undef) or $out .= "\n@command failed";
	return $out;
}

sub slurp
{
	my ($file) = @_;
	open my $in, '<', $file or die "$file: $!";
	local $/ = undef;
	return scalar <$in>;
}

# What there is.
my %program = map { my ($file) = glob "$dist/gw_bootstrap-*-linux-$_"; $_ => $file } keys %emulator;
my ($version) = $program{amd64} =~ /gw_bootstrap-(.+)-linux-amd64$/;
unlike(output_of('sh', '-c', "cd $dist && sha256sum --check SHA256SUMS"), qr/FAILED|failed/, 'the checksums are right');
is_deeply([ sort map { (split)[1] } split /\n/, slurp("$dist/SHA256SUMS") ],
	[ map { my $file = "gw_bootstrap-$version-linux-$_"; ($file, "$file.spdx.json") } sort keys %emulator ], '... of all files');
foreach my $arch (sort keys %emulator)
{
	my $headers = output_of('readelf', '-W', '-h', '-l', '-d', $program{$arch});
	like($headers, qr/Machine: .*@{[ { amd64 => 'X86-64', arm64 => 'AArch64' }->{$arch} ]}/, "$arch: it is for that");
	unlike($headers, qr/INTERP|NEEDED/, '... and needs no other file');
	like($headers, qr/Type: +DYN/, '... but can be anywhere in memory');
	my $list = decode_json(slurp("$program{$arch}.spdx.json"));
	is($list->{spdxVersion}, 'SPDX-2.3', '... and there is a list of what is in it');
	is(output_of("$ENV{SPDX_TOOLS}/bin/pyspdxtools", '-i', "$program{$arch}.spdx.json"), '', '... which is valid');
	is_deeply([ grep { !$_->{versionInfo} } @{ $list->{packages} } ], [], '... with versions');
	like(join(' ', map { $_->{name} } @{ $list->{packages} }), qr/^OpenSSL PostgreSQL .* musl .* gw_bootstrap$/, '... all of it');
}

my %root = map { $_ => GwBootstrap::EmptyRoot->new($program{$_}, $emulator{$_}) } keys %emulator;
my %sockets = map { $_ => $root{$_}->dir . '/var/run/postgresql' } keys %root;
system('mkdir', '-p', values %sockets) == 0 or die 'mkdir';
my $server = GwBootstrap::TlsServer->start($name, values %sockets);
$server->sql(q{CREATE TABLE alembic_version AS SELECT text 'old' AS version_num; GRANT SELECT ON alembic_version TO gateway}, $_)
  foreach qw(gateway cert);

my %plain = (PGUSER => 'gateway', PGDATABASE => 'gateway');
my %verified = (%plain, PGHOST => $name, PGPASSWORD => 'secret', PGSSLMODE => 'verify-full', PGSSLROOTCERT => 'system');
my @check = qw(check -e old);

foreach my $arch (sort keys %root)
{
	my $root = $root{$arch};
	my $ready = sub {
		my ($what, $environment, @arguments) = @_;
		my ($status, $said) = $root->run($environment, @arguments ? @arguments : @check);
		local $Test::Builder::Level = $Test::Builder::Level + 1;
		return is($status, 0, "$arch: $what") || (diag($said), 0);
	};
	my $refused = sub {
		my ($what, $pattern, $environment, @arguments) = @_;
		my ($status, $said) = $root->run($environment, @arguments ? @arguments : @check);
		local $Test::Builder::Level = $Test::Builder::Level + 1;
		isnt($status, 0, "$arch: refused: $what");
		return like($said, $pattern, '... and says so');
	};

	is_deeply([ $root->run({}, '--version') ], [ 0, "gw_bootstrap $version" ], "$arch: it runs in an empty root");

	# The ways to a server.
	$ready->('the usual socket', \%plain);
	$ready->('a socket by its folder', { %plain, PGHOST => '/var/run/postgresql' });
	$refused->('a user without a name', qr/hint: Name the user in the connection string or in PGUSER/, { PGDATABASE => 'gateway' });
	$root->put('/etc/passwd', "gateway:x:65532:65532::/home:/nowhere\n");
	$ready->('the name of the user', { PGDATABASE => 'gateway' });
	$refused->('a name that nobody knows', qr/could not translate host name "nowhere"/, { %verified, PGHOST => 'nowhere' });
	$root->put('/etc/resolv.conf', "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n");
	$refused->('a name that the name server does not know', qr/could not translate host name "other\.example\.test"/,
		{ %verified, PGHOST => 'other.example.test' });
	$root->put('/etc/ssl/certs/ca-certificates.crt', $server->authority);
	$ready->('a name from DNS, system roots, SCRAM', \%verified);
	$ready->('channel binding', { %verified, PGCHANNELBINDING => 'require' });
	$root->put('/etc/resolv.conf', "nameserver 127.0.0.1\nsearch cluster.local example.test\noptions ndots:5 timeout:30 attempts:5\n");
	$ready->('a search list', { %verified, PGHOST => 'db', PGSSLMODE => 'verify-ca', PGSSLROOTCERT => $bundle{Debian} });
	$root->remove('/etc/resolv.conf');
	$root->put('/etc/hosts', "127.0.0.1 $name other.example.test\n");
	$ready->('a name from /etc/hosts', \%verified);
	$refused->('the name of another server', qr/server certificate for "\Q$name\E" does not match host name/,
		{ %verified, PGHOST => 'other.example.test' });
	$refused->('a wrong password', qr/password authentication failed/, { %verified, PGPASSWORD => 'guess' });

	# Where a system keeps its roots.
	$root->remove($bundle{Debian});
	$refused->('a server that no root has signed', qr/certificate verify failed/, \%verified);
	foreach my $system (sort keys %bundle)
	{
		$root->put($bundle{$system}, $server->authority);
		$ready->("system roots where $system has them", \%verified);
		$root->remove($bundle{$system});
	}
	$root->put('/roots.pem', $server->authority);
	$ready->('SSL_CERT_FILE', { %verified, SSL_CERT_FILE => '/roots.pem' });
	$ready->('sslrootcert', { %verified, PGSSLROOTCERT => '/roots.pem' });

	$root->put('/home/.postgresql/root.crt', $server->authority);
	$ready->('the root of the user', { %verified, PGSSLROOTCERT => '' });
	my ($certificate, $key) = $server->certificate;
	$root->put('/client.crt', $certificate);
	$root->put('/client.key', $key, 0600);
	my %certified = (%verified, PGPASSWORD => '', PGDATABASE => 'cert', PGSSLROOTCERT => '/roots.pem');
	$refused->('no client certificate', qr/connection requires a valid client certificate/, \%certified);
	@certified{qw(PGSSLCERT PGSSLKEY)} = ('/client.crt', '/client.key');
	$ready->('a client certificate', \%certified);
	$refused->('channel binding without SCRAM', qr/channel binding required/, { %certified, PGCHANNELBINDING => 'require' });
	$root->put('/openssl.cnf', "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMaxProtocol = TLSv1.1\n");
	$ready->('openssl.cnf is not read', { %certified, OPENSSL_CONF => '/openssl.cnf' });

	# Files that libpq reads.
	my %from_files = (PGSSLROOTCERT => '/roots.pem', PGSERVICE => 'gateway', PGSERVICEFILE => '/service.conf', PGPASSFILE => '/pass');
	$root->put('/service.conf', "[gateway]\nhost=$name\nuser=gateway\ndbname=gateway\nsslmode=verify-full\n");
	$root->put('/pass', "$name:*:gateway:gateway:secret\n", 0600);
	$ready->('a service file and a password file', \%from_files);
	$root->put('/home/.pgpass', "*:*:*:*:secret\n", 0600);
	$ready->('the password file of the user', { %from_files, PGPASSFILE => '' });
	$ready->('a service in a URL', { %from_files, PGSERVICE => '', DATABASE_URL => 'postgresql:///?service=gateway' });
	delete $from_files{PGSERVICEFILE};
	foreach my $folder ('/home/.', '/etc/postgresql-common/', '/system/')
	{
		my $file = "${folder}pg_service.conf";
		$root->put($file, "[gateway]\nhost=$name\nuser=gateway\ndbname=gateway\nsslmode=verify-full\n");
		$ready->("a service in $file", { %from_files, $folder =~ /system/ ? (PGSYSCONFDIR => '/system') : () });
		$root->remove($file);
	}

	# What is not in it.
	$refused->('gssencmode=require', qr/GSSAPI support is not compiled in/, { %verified, PGGSSENCMODE => 'require' });
	$refused->('a server that wants GSSAPI', qr/GSSAPI authentication not supported/,
		{ %verified, PGSSLROOTCERT => '/roots.pem', PGDATABASE => 'gss' });
	$root->put('/service.conf', "[gateway]\nldap://ldap.example.test/dc=example,dc=test?description?one?(cn=gateway)\n");
	$refused->('a service that LDAP knows', qr/built without LDAP look-up/, { %from_files, PGSERVICEFILE => '/service.conf' });

	# Work.
	$root->put('/migration.sql', "CREATE TABLE alembic_version AS SELECT text '$arch' AS version_num;");
	$server->sql("CREATE DATABASE $arch OWNER gateway; ");
	my %own = (%plain, PGDATABASE => $arch);
	my @run = ('run', '-e', $arch, '--timeout', 300);
	my ($status, $said) = $root->run(\%own, @run, '--migrate-sql=/migration.sql', '--', '/gw_bootstrap', '--version');
	like($said, qr/^Database ready \(migrated\)/m, "$arch: a file of SQL migrates");
	# The only program there is, under a lock of its own; no shell starts it.
	my @program = ($emulator{$arch} ? '/emulator' : (), '/gw_bootstrap');
	my $array = encode_json([ @program, qw(run --lock-key=7 --migrate-sql=/next.sql -e), "next $arch" ]);
	$root->put('/next.sql', "UPDATE alembic_version SET version_num = 'next $arch';");
	($status, $said) = $root->run(\%own, 'run', '-e', "next $arch", '--timeout', 300, '--migrate', $array);
	is($status, 0, "$arch: a JSON array starts a program where no shell is") or diag $said;
	like($said, qr/^Database ready \(migrated\).*^Database ready \(migrated\)/ms, '... which migrates');
}

done_testing();
