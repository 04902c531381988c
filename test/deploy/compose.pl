# The compose file, as compose-go reads it, which docker compose reads it with: who
# migrates, who waits for whom, and that no secret is in it.  That needs no engine; images are not built and
# containers not started here.  And the scripts beside it, which need neither.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use JSON::PP qw(decode_json);
use lib "$FindBin::Bin/../perl";
use GwBootstrap::Tools;
use Test::More;

my $folder = "$FindBin::Bin/../../deploy/compose";

# Paths are relative to it.
chdir $folder or die "chdir: $!\n";
# Without the secrets of whoever works here, and without their variables.
delete @ENV{ grep { /^(COMPOSE_|GATEWAY_|DOCKER_)/ } keys %ENV };

sub config
{
	my ($status, $out, $err) = run_tool('compose-go', '-format', 'json', @_, "$folder/compose.yaml");
	is($status, 0, 'compose-go accepts it') or BAIL_OUT($err);
	is($err, '', '... and warns of nothing');
	return decode_json($out);
}

my $config = config();
my %services = %{ $config->{services} };
my ($migrate, $gateway) = @services{qw(migrate gateway)};
is_deeply([ sort keys %services ], [qw(client gateway migrate pgbouncer postgres)], 'the services');

# Who migrates.
my @skip = qw(GW_BOOTSTRAP_SKIP_MIGRATIONS MCPGATEWAY_SKIP_MIGRATIONS);
is_deeply([ @{ $migrate->{environment} }{@skip} ], [qw(false false)], 'migrate owns migrations');
is_deeply([ @{ $gateway->{environment} }{@skip} ], [qw(true true)], 'the gateways leave them alone');
is_deeply([ grep { $services{$_}{environment}{GW_BOOTSTRAP_MIGRATE} } sort keys %services ], ['migrate'], 'one has the command');
is_deeply($migrate->{command}, [qw(gw_bootstrap run)], 'it is run by gw_bootstrap');
is_deeply([ @{ $gateway->{command} }[ 0 .. 2 ] ], [qw(gw_bootstrap run --)], 'so is the gateway');
is($migrate->{image}, $gateway->{image}, 'from the same image, so with the same heads');
is_deeply($migrate->{entrypoint}, $gateway->{entrypoint}, '... started in the same way');
cmp_ok($gateway->{deploy}{replicas}, '>', 1, 'there are several gateways');

# Who waits for whom.
is($gateway->{depends_on}{migrate}{condition}, 'service_completed_successfully', 'gateways wait for the migration');
is($_->{depends_on}{pgbouncer}{condition}, 'service_healthy', '... and for the pooler') foreach $migrate, $gateway;
is($services{pgbouncer}{depends_on}{postgres}{condition}, 'service_healthy', 'the pooler waits for the database');
ok($services{$_}{healthcheck}{test}, "$_ has a health check") foreach qw(postgres pgbouncer gateway);
is($migrate->{restart}, 'no', 'a migration that failed is not tried again');

# With a fenced role, for migrate alone.
{
	my ($status, $out, $err) = run_tool('compose-go', '-format', 'json', "$folder/compose.yaml", "$folder/fence.yaml");
	is($status, 0, 'compose-go accepts the fence beside it') or diag $err;
	my %fenced = %{ decode_json($out || '{}')->{services} };
	# Merged files have lists.
	my ($requires) = grep { /^GW_BOOTSTRAP_REQUIRE_FENCE=/ } @{ $fenced{migrate}{environment} };
	is($requires, 'GW_BOOTSTRAP_REQUIRE_FENCE=true', 'migrate requires the fence');
	my %has = map { my $name = $_; $name => join ' ', sort map { $_->{source} } @{ $fenced{$name}{secrets} } } keys %fenced;
	like($has{migrate}, qr/\bDATABASE_URL\b.*\bMIGRATION_DATABASE_URL\b/, '... and has both URLs');
	unlike($has{gateway}, qr/MIGRATION/, '... which the gateways have not');
	ok(!$fenced{gateway}{environment}{GW_BOOTSTRAP_REQUIRE_FENCE}, '... nor do they require it');
}

# What an image is made of is there.
foreach my $service (grep { $services{$_}{build} } sort keys %services)
{
	my $build = $services{$service}{build};
	ok(-f "$build->{context}/$build->{dockerfile}", "$service: $build->{dockerfile} is there");
}
is($migrate->{build}{args}{GATEWAY_IMAGE}, 'ghcr.io/ibm/mcp-context-forge:v1.0.7', 'a release of the gateway is named');
is(config('-no-interpolation')->{services}{migrate}{build}{args}{GATEWAY_IMAGE},
	'${GATEWAY_IMAGE:-ghcr.io/ibm/mcp-context-forge:v1.0.7}', '... and can be another one');

# The pooler is what all this is about.
my $pooler = do { local (@ARGV, $/) = "$folder/pgbouncer.ini"; <> };
like($pooler, qr/^pool_mode = transaction$/m, 'the pooler is in transaction mode');

# Secrets come from files.
my %secrets = %{ $config->{secrets} };
is_deeply([ grep { $secrets{$_}{file} !~ m{/secrets/\Q$_\E$} } keys %secrets ], [], 'every secret is a file');
unlike(JSON::PP->new->encode($config), qr{://[^/"\s]*:[^/"\s]*@|"(POSTGRES_PASSWORD|DATABASE_URL)":"}, 'no definition holds a password');
foreach my $service ($migrate, $gateway)
{
	ok($service->{read_only}, 'a container cannot be written to');
	is_deeply([ $service->{cap_drop}, $service->{security_opt} ], [ ['ALL'], ['no-new-privileges:true'] ], '... nor get privileges');
}

# They are made by a script, and the entrypoint makes variables of them.
my $made = tempdir(CLEANUP => 1);
system('cp', "$folder/make-secrets", $made) == 0 or die "cp failed\n";
is(system("$made/make-secrets"), 0, 'secrets can be made');
is_deeply([ sort map { m{([^/]*)$} } glob "$made/secrets/*" ], [ sort keys %secrets, qw(MIGRATION_DATABASE_URL migrations_password) ],
	'... and are those of the file, and of the fence');
is((stat "$made/secrets")[2] & 07777, 0700, '... for their owner alone');
is((stat "$made/secrets/DATABASE_URL")[2] & 07777, 0644, '... and for whoever is in the container');
my ($password) = slurp("$made/secrets/database_password");
is(slurp("$made/secrets/DATABASE_URL"), "postgresql+psycopg://gateway:$password\@pgbouncer:6432/gateway", 'the password is in the URL');
my ($migrations) = slurp("$made/secrets/migrations_password");
is(slurp("$made/secrets/MIGRATION_DATABASE_URL"), "postgresql+psycopg://gateway_migrations:$migrations\@pgbouncer:6432/gateway",
	'... each in its own');
is(slurp("$made/secrets/userlist.txt"), qq("gateway" "$password"\n"gateway_migrations" "$migrations"\n), '... and known to the pooler');
like(`"$made/make-secrets"`, qr/there already/, 'they are made once');
is(slurp("$made/secrets/database_password"), $password, '... and left alone then');
# What docker compose hands on to the container.
my ($shell, $c, $script, $name) = map { s/\$\$/\$/gr =~ s{/run/secrets/}{$made/secrets/}gr } @{ $migrate->{entrypoint} };
open my $run, '-|', $shell, $c, $script, $name, 'env' or die "$shell: $!\n";
my %environment = map { /^(.*?)=(.*)$/ ? ($1 => $2) : () } <$run>;
close $run;
is($environment{$_}, slurp("$made/secrets/$_"), "the entrypoint sets $_") foreach grep { /^[A-Z]/ } sort keys %secrets;
is($environment{database_password}, undef, '... and nothing else');

# The scripts.
my $orphan = output_of_script('demonstrate-orphan');
like($orphan, qr/^\s+\d+ \| t\s+\| idle\s+\| client backend$/m, 'a lock is orphaned');
like($orphan, qr/by luck \(here: t\).*pg_try_advisory_lock\s+-+\s+f$/ms, '... which one client gets, and another does not');
is(() = $orphan =~ /^\s+busy\s+\| \{old\}\s+\|\s+\d+ \| orphaned$/mg, 2, '... and gw_bootstrap_try() calls by its name');
like($orphan, qr/^  holder state: +orphaned$/m, '... and the client');
like($orphan, qr/Database ready \(at head\).*ended the orphaned lock.*Database ready \(migrated\)/s, '... and starts all the same');
like($orphan, qr/^Advisory locks left: 0$/m, '... leaving none');

my $bug = output_of_script('reproduce', 8);
my ($old, $new) = split /^Act 2/m, $bug;
like($old, qr/still hanging after 15 s\s+\| [1-8] /, 'of eight replicas with a session lock some hang');
like($old, qr/schema at head meanwhile\s+\| t /, '... at head');
like($new, qr/exit codes\s+\| 8 x 0 /, 'the eight with gw_bootstrap are ready');
like($new, qr/migrations applied by\s+\| replica \d+ /, '... of which one migrated');
like($new, qr/advisory locks left\s+\| 0 /, '... and no lock is left');

done_testing();

sub slurp
{
	my ($file) = @_;
	open my $in, '<', $file or die "$file: $!\n";
	local $/ = undef;
	return scalar <$in>;
}

sub output_of_script
{
	my ($command, @arguments) = @_;
	my $output = `timeout 500 "$folder/$command" @arguments 2>&1`;
	is($?, 0, "$command succeeds") or diag($output);
	return $output;
}
