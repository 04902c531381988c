# The Helm chart, as the real helm renders it: who migrates is decided by
# migration.enabled and by nothing else, in the environment of every container; and
# what is rendered is valid for Kubernetes, as its own schemas say.  There is no cluster
# here: in place of one, the containers' programs are run with the environment rendered.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../perl";
use GwBootstrap::Tools;
use Test::More;

my $chart = "$FindBin::Bin/../../deploy/chart";
my @needed = ('--set', 'database.existingSecret=db');

# The objects that the chart renders, by kind; none if it refuses.
sub render
{
	my $text = output_of('helm', 'template', 'gw', $chart, @needed, @_);
	return map { $_->{kind} => $_ } documents(write_file($text)->filename);
}

# Its containers, by name.
sub containers
{
	my %objects = @_;
	return map { $_->{name} => $_ }
	  map { @{ $_->{initContainers} // [] }, @{ $_->{containers} } }
	  map { $_->{spec}{template}{spec} } grep { $_ } @objects{qw(Job Deployment)};
}

# The environment of a container as a list of lines; $(NAME) is left as it is.
sub environment
{
	my ($container) = @_;
	return [
		map { my $key = $_->{valueFrom}{secretKeyRef}; "$_->{name}=" . ($key ? "<$key->{name}/$key->{key}>" : $_->{value}) }
		  @{ $container->{env} }
	];
}

sub value_of
{
	my ($container, $name) = @_;
	return join ' ', map { /^\Q$name\E=(.*)/s ? $1 : () } @{ environment($container) };
}

my @skip = qw(GW_BOOTSTRAP_SKIP_MIGRATIONS MCPGATEWAY_SKIP_MIGRATIONS);

# Both variables, each as often as it stands there, in every container.
sub who_skips
{
	my %containers = containers(@_);
	return { map { my $c = $containers{$_}; $_ => join ' ', map { value_of($c, $_) } @skip } keys %containers };
}

# refused(NAME, PATTERN, ARG...): helm refuses to render, and says why.
sub refused
{
	my ($name, $pattern, @arguments) = @_;
	my ($status, undef, $err) = run_tool('helm', 'template', 'gw', $chart, @needed, @arguments);
	isnt($status, 0, "refused: $name");
	like($err, $pattern, '... and says why');
	return;
}

my ($status, $out, $err) = run_tool('helm', 'lint', '--strict', $chart, @needed);
is($status, 0, 'helm lint finds nothing') or diag($out, $err);

# Who migrates.
my %branches = (
	'default' => [],
	'enabled' => [qw(--set migration.enabled=true)],
	'enabled, without a hook' => [qw(--set migration.enabled=true --set migration.hook=false)],
	'disabled' => [qw(--set migration.enabled=false)]);
foreach my $branch (sort keys %branches)
{
	my %objects = render(@{ $branches{$branch} });
	my $job = $branch ne 'disabled';
	is_deeply(
		[ sort keys %objects ],
		[ 'Deployment', ($job ? 'Job' : ()), 'Service', 'ServiceAccount' ],
		"$branch: the objects");
	is_deeply(
		who_skips(%objects),
		{ ($job ? (migrate => 'false false') : ()), map { $_ => $job ? 'true true' : 'false false' } qw(bootstrap gateway) },
		"$branch: who skips migrations");
	my %containers = containers(%objects);
	is_deeply(
		[ grep { value_of($containers{$_}, 'GW_BOOTSTRAP_MIGRATE') } sort keys %containers ],
		[ $job ? 'migrate' : 'bootstrap' ],
		"$branch: who has a command that migrates");
	foreach my $container (values %containers)
	{
		my @names = map { /^(.*?)=/ } @{ environment($container) };
		my %once = map { $_ => 1 } @names;
		is(@names, keys %once, "$branch: no variable of $container->{name} stands there twice");
		is_deeply([ @names[ -2, -1 ] ], \@skip, '... and these two stand last');
	}
}

# The environment of everybody, to the letter.
my %objects = render();
my %containers = containers(%objects);
my @database = (
	(map { "GW_BOOTSTRAP_$_=" } qw(DATABASE_URL DATABASE_URL_FILE MIGRATION_URL MIGRATION_URL_FILE EXPECT_HEADS_FROM MIGRATIONS)),
	'POSTGRES_HOST=<db/host>', 'POSTGRES_PORT=<db/port>', 'POSTGRES_USER=<db/user>',
	'POSTGRES_PASSWORD=<db/password>', 'POSTGRES_DB=<db/dbname>',
	'DATABASE_URL=postgresql+psycopg://$(POSTGRES_USER):$(POSTGRES_PASSWORD)@$(POSTGRES_HOST):$(POSTGRES_PORT)/$(POSTGRES_DB)');
my @migrate = ('GW_BOOTSTRAP_MIGRATE=alembic -c /app/mcpgateway/alembic.ini upgrade heads');
my @set = ('GW_BOOTSTRAP_ALEMBIC=/app/mcpgateway/alembic.ini', 'GW_BOOTSTRAP_EXPECT_HEAD=');
my @all = ('GW_BOOTSTRAP_ALLOW_AHEAD=false', 'GW_BOOTSTRAP_LOG_FORMAT=json');
my %exactly = (
	migrate => [ @database, @migrate, @set, 'GW_BOOTSTRAP_TIMEOUT=1200', @all, map { "$_=false" } @skip ],
	bootstrap => [ @database, @set, 'GW_BOOTSTRAP_TIMEOUT=600', @all, map { "$_=true" } @skip ],
	gateway => [ @database, @set, @all, map { "$_=true" } @skip ]);
is_deeply(environment($containers{$_}), $exactly{$_}, "the environment of $_") foreach sort keys %exactly;

my %in_pods = containers(render(qw(--set migration.enabled=false --set-string bootstrap.post=true)));
is_deeply(
	environment($in_pods{bootstrap}),
	[ @database, @migrate, @set, 'GW_BOOTSTRAP_POST=true', 'GW_BOOTSTRAP_TIMEOUT=600', @all, map { "$_=false" } @skip ],
	'the environment of a pod that migrates');

# The client knows every variable that is meant for it.
open my $manual, '<', "$FindBin::Bin/../../docs/client.md" or die "docs/client.md: $!\n";
my @manual = <$manual>;
close $manual;
my %documented = map { $_ => 1 } map { /^\| `-/ ? /GW_BOOTSTRAP_\w+/g : () } @manual;
is_deeply([ grep { !$documented{$_} } map { /^(GW_BOOTSTRAP_\w+)=/ } map { @$_ } values %exactly ],
	[], 'every variable of the client is documented');

# The way past the pooler, for nobody but the one that migrates.
my $direct = 'postgresql+psycopg://$(POSTGRES_USER):$(POSTGRES_PASSWORD)@$(MIGRATION_HOST):$(%s)/$(POSTGRES_DB)';
my @host = qw(--set migration.hostKey=direct-host);
my %direct = containers(render(@host, qw(--set migration.portKey=direct-port)));
is(value_of($direct{migrate}, 'MIGRATION_DATABASE_URL'), sprintf($direct, 'MIGRATION_PORT'), 'migrations go past the pooler');
is(value_of($direct{migrate}, 'MIGRATION_HOST'), '<db/direct-host>', '... to the host of the Secret');
is(value_of($direct{migrate}, 'MIGRATION_PORT'), '<db/direct-port>', '... and its port');
is(value_of($direct{migrate}, 'DATABASE_URL'), $database[-1] =~ s/^DATABASE_URL=//r, '... and the lock does not');
is_deeply([ map { value_of($direct{$_}, 'MIGRATION_DATABASE_URL') } qw(bootstrap gateway) ], [ '', '' ], '... nor do the pods');
%direct = containers(render(@host));
is(value_of($direct{migrate}, 'MIGRATION_DATABASE_URL'), sprintf($direct, 'POSTGRES_PORT'), 'the host alone is possible');
%direct = containers(render(@host, qw(--set migration.enabled=false)));
like(value_of($direct{bootstrap}, 'MIGRATION_DATABASE_URL'), qr/MIGRATION_HOST/, 'pods that migrate go past it as well');
my %url = containers(render(qw(--set database.urlKey=url --set migration.urlKey=direct-url)));
is(value_of($url{migrate}, 'DATABASE_URL'), '<db/url>', 'the URL may come as a whole');
is(value_of($url{migrate}, 'MIGRATION_DATABASE_URL'), '<db/direct-url>', '... and so may the other');
%url = containers(render(qw(--set database.urlKey=url --set migration.urlKey=fenced-url --set migration.requireFence=true)));
is(value_of($url{migrate}, 'GW_BOOTSTRAP_REQUIRE_FENCE'), 'true', 'a fenced role may be required');
is_deeply([ map { value_of($url{$_}, 'GW_BOOTSTRAP_REQUIRE_FENCE') } qw(bootstrap gateway) ], [ '', '' ], '... of nobody but the one that migrates');
refused('half of a URL', qr/migration\.urlKey/, @host, qw(--set database.urlKey=url));
%url = containers(render(qw(--set database.parameters=sslmode=verify-full)));
like(value_of($url{gateway}, 'DATABASE_URL'), qr{\$\(POSTGRES_DB\)\?sslmode=verify-full$}, 'the URL may have parameters');

# Attempts to undo it.
my $sole = qr/migration\.enabled alone decides/;
foreach my $branch (qw(true false))
{
	my @branch = ('--set', "migration.enabled=$branch");
	foreach my $name (@skip, map { lc } @skip)
	{
		refused("$name in extraEnv, enabled $branch", $sole,
			@branch, '--set', "extraEnv[0].name=$name", '--set-string', 'extraEnv[0].value=false');
	}
	refused("$skip[0] in extraEnv, without a value", $sole, @branch, '--set', "extraEnv[0].name=$skip[0]");
	foreach my $where (qw(extraContainers extraInitContainers))
	{
		refused("$skip[1] in $where", $sole,
			@branch, '--set', "$where\[0].name=other", '--set', "$where\[0].env[0].name=$skip[1]");
	}
	refused('the option in args', $sole, @branch, '--set', 'args={gw_bootstrap,run,--skip-migrations=false,--,gateway}');
	foreach my $short (qw(--s=false --sk --skip=false --skip-))
	{
		refused("$short in command", $sole, @branch, '--set', "command={gw_bootstrap,run,$short,--,gateway}");
	}
	refused('the variable in bootstrap.post', $sole, @branch, '--set', "bootstrap.post=$skip[0]=false gw_bootstrap run");
	refused("the variable in $_", $sole, @branch, '--set', "$_.exec.command={env,$skip[0]=false,true}")
		foreach qw(livenessProbe readinessProbe);
	refused('the variable in command', $sole, @branch, '--set', "command={env,$skip[0]=false,gateway}");
}
my %others = containers(render('--set', 'command={gateway,--skip-cert-check,--ssl,--server=here}'));
ok($others{gateway}, 'options that only look similar are not refused');
my %from = containers(render(qw(--set envFrom[0].configMapRef.name=undo --set extraEnv[0].name=MORE --set-string extraEnv[0].value=1)));
foreach my $name (sort keys %exactly)
{
	my @more = @{ $exactly{$name} };
	splice @more, -2, 0, 'MORE=1';
	is_deeply(environment($from{$name}), \@more, "$name: what is added stands before these two");
	is_deeply($from{$name}{envFrom}, [ { configMapRef => { name => 'undo' } } ], '... and envFrom, which env beats, beside them');
}
refused('what the chart sets otherwise', qr/DATABASE_URL: set by database/, qw(--set extraEnv[0].name=DATABASE_URL));
# ... and what the client would prefer to it.
refused("$_ in extraEnv", qr/$_: set by/, '--set', "extraEnv[0].name=$_", '--set', 'extraEnv[0].value=other')
  foreach map { /^(GW_BOOTSTRAP_\w+)=$/ } @database;
refused('a variable twice', qr/MORE: it stands there twice/, map { ('--set', "extraEnv[$_].name=MORE") } 0, 1);

# What the schema refuses, and what still is without it.
my $unchecked = '--skip-schema-validation';
foreach my $value (qw(true false))
{
	my @string = ('--set-string', "migration.enabled=$value");
	refused("the string \"$value\"", qr{/migration/enabled}, @string);
	refused('... without the schema', qr/migration\.enabled must be true or false/, @string, $unchecked);
}
refused('null', qr{/migration.*'enabled'}, qw(--set migration.enabled=null));
refused('... without the schema', qr/migration\.enabled must be true or false/, qw(--set migration.enabled=null), $unchecked);
refused('no migration at all', qr/'migration'/, qw(--set migration=null));
refused('an unknown value', qr/'migrations' not allowed/, qw(--set migrations.enabled=false));
refused('an unknown value of migration', qr/'enable' not allowed/, qw(--set migration.enable=false));
refused('a number of the wrong type', qr{/migration/timeout}, qw(--set-string migration.timeout=60));
refused('no time', qr{/migration/timeout}, qw(--set migration.timeout=0));
refused('a password', qr/'password' not allowed/, qw(--set database.password=secret));
refused('a password in the parameters', qr{/database/parameters}, qw(--set database.parameters=password=secret));
refused('a label that selects the pods', qr/invalid propertyName/, '--set-string', 'podLabels.app\.kubernetes\.io/name=other');
refused('root', qr{/runAsUser}, qw(--set runAsUser=0));
refused('no command that migrates', qr{/bootstrap/migrate}, qw(--set bootstrap.migrate=));
refused('no heads', qr/bootstrap\.alembic or bootstrap\.expectHeads/, qw(--set bootstrap.alembic=));
refused('no Secret', qr/database\.existingSecret is required/, qw(--set database.existingSecret=));

# Of the Job.
my $job = $objects{Job};
my $spec = $job->{spec};
is($job->{metadata}{annotations}{'helm.sh/hook'}, 'pre-install,pre-upgrade', 'the Job comes before the pods');
is($spec->{template}{spec}{restartPolicy}, 'Never', 'every attempt is a pod');
is($spec->{template}{spec}{serviceAccountName}, undef, 'the Job waits for no account of the release');
cmp_ok($spec->{activeDeadlineSeconds}, '>', 3 * (1200 + 60), 'it has time for all attempts');
my ($fatal, $ignored) = @{ $spec->{podFailurePolicy}{rules} };
is_deeply([ $fatal->{action}, $fatal->{onExitCodes}{containerName} ], [qw(FailJob migrate)], 'some exit codes end it');
is($ignored->{action}, 'Ignore', 'a drained node does not');
# Every exit code of the manual is one or the other; 0 is none.
my %final = map { $_ => 1 } @{ $fatal->{onExitCodes}{values} };
my @codes = map { /^### ([\d, ]+)$/ ? split(/, /, $1) : () } @manual;
is_deeply([ grep { !$final{$_} } sort { $a <=> $b } @codes ], [ 0, 3, 8 ], 'all documented exit codes but 3 and 8 end it');

my @plain = qw(--set migration.hook=false);
my %jobs = map { my %o = render(@plain, @$_); ("@$_" => $o{Job}) } [], [qw(--set image.tag=v2)], [qw(--set replicas=5)];
is($jobs{''}{metadata}{annotations}, undef, 'without a hook it is an ordinary Job');
isnt($jobs{'--set image.tag=v2'}{metadata}{name}, $jobs{''}{metadata}{name}, '... another one for another image');
is($jobs{'--set replicas=5'}{metadata}{name}, $jobs{''}{metadata}{name}, '... and the same if nothing of it changed');

# Of the pods.
my $pod = $objects{Deployment}{spec}{template}{spec};
is_deeply($containers{bootstrap}{command}, [qw(gw_bootstrap run)], 'the init container waits for head, or migrates');
is_deeply($containers{gateway}{startupProbe}{exec}{command}, [qw(gw_bootstrap check --quiet --timeout=0)], 'the startup probe looks once');
cmp_ok($containers{gateway}{startupProbe}{timeoutSeconds}, '>', 10, '... and has the time for it');
cmp_ok($objects{Deployment}{spec}{progressDeadlineSeconds}, '>', 600 + 15 * 20, 'a pod that waits as long as it may is progress');
foreach my $container (values %containers)
{
	is_deeply(
		$container->{securityContext},
		{ allowPrivilegeEscalation => JSON::PP::false, readOnlyRootFilesystem => JSON::PP::true, capabilities => { drop => ['ALL'] } },
		"$container->{name} may do nothing special");
	ok($container->{resources}{limits}{memory}, '... nor take all memory');
}
foreach my $template ($pod, $spec->{template}{spec})
{
	is($template->{securityContext}{runAsNonRoot}, JSON::PP::true, 'it is not root');
	is($template->{securityContext}{seccompProfile}{type}, 'RuntimeDefault', '... has the usual filter');
	is($template->{automountServiceAccountToken}, JSON::PP::false, '... no token');
	cmp_ok($template->{terminationGracePeriodSeconds}, '>', 5, '... and time to stop a migration');
}

# Kubernetes' own schemas, with all that can be given.
my $everything = write_file(<<'YAML');
imagePullSecrets: [{name: pull}]
migration: {serviceAccountName: migrator, hostKey: a, portKey: b}
bootstrap: {expectHeads: [a, b], post: "true", allowAhead: true}
command: [sh]
args: [-c, "exec gateway"]
extraEnv: [{name: A, value: "1"}, {name: B, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
envFrom: [{secretRef: {name: gateway}}]
extraVolumes: [{name: ca, secret: {secretName: ca}}]
extraVolumeMounts: [{name: ca, mountPath: /ca, readOnly: true}]
extraInitContainers: [{name: proxy, image: "proxy:1", restartPolicy: Always}]
extraContainers: [{name: agent, image: "agent:1"}]
serviceAccount: {annotations: {a: b}}
podAnnotations: {a: b}
podLabels: {a: b}
nodeSelector: {a: b}
tolerations: [{key: a, operator: Exists}]
affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {a: b}}}]}}
topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]
YAML
$branches{'everything'} = [ '--values', $everything->filename ];
foreach my $branch (sort keys %branches)
{
	my $text = output_of('helm', 'template', 'gw', $chart, @needed, @{ $branches{$branch} });
	foreach my $version ('1.29', '1.34')
	{
		($status, $out, $err) = run_tool('kubernetes-validate', '--strict', '-k', $version, write_file($text)->filename);
		is($status, 0, "$branch: valid for Kubernetes $version") or diag($out, $err);
	}
	unlike($text, qr/^kind: Secret$/m, '... makes no Secret');
	unlike($text, qr{(://[^\$\s]*:[^\$\s]*@|PGPASSWORD|password=)}i, '... and holds no password');
}
($status) = run_tool('kubernetes-validate', '--strict', '-k', '1.34', write_file(<<'YAML')->filename);
apiVersion: v1
kind: Service
metadata: {name: a}
spec: {port: [{port: http}]}
YAML
isnt($status, 0, 'what is not valid is told so');

# Helm shows notes only where there is a cluster, so a copy renders them as an object.
my $copy = tempdir(CLEANUP => 1);
system('cp', '-r', "$chart/.", $copy) == 0 or die "cp failed\n";
open my $notes, '<', "$chart/templates/NOTES.txt" or die "NOTES.txt: $!\n";
open my $object, '>', "$copy/templates/notes.yaml" or die "notes.yaml: $!\n";
print $object '{{ define "notes" }}', <$notes>, "{{ end }}\nkind: Notes\ntext: {{ include \"notes\" . | quote }}\n";
close $object;
my @show = ('helm', 'template', 'gw', $copy, @needed, qw(--show-only templates/notes.yaml));
like(output_of(@show), qr/--timeout $spec->{activeDeadlineSeconds}s/, 'the notes tell how long to wait');
unlike(output_of(@show, qw(--set migration.enabled=false)), qr/A Job owns/, '... and of no Job if there is none');

# And what the containers of a pod and the Job do with it, on this machine: what
# Kubernetes puts in for $(NAME) is put in by a shell, and a Secret is variables.
my $play = tempdir(CLEANUP => 1);
chmod 0755, $play;
my $values = write_file(<<'YAML');
bootstrap:
  alembic: ""
  expectHeads: [new]
  migrate: psql -Xqc "CREATE TABLE alembic_version AS SELECT text 'new' AS version_num" "postgresql:${DATABASE_URL#*:}"
YAML
foreach my $branch (qw(enabled disabled))
{
	mkdir "$play/$branch";
	my %run = containers(render('--values', $values->filename, '--set', 'migration.enabled=' . ($branch eq 'enabled' ? 'true' : 'false')));
	$run{probe} = { %{ $run{gateway} }, command => $run{gateway}{startupProbe}{exec}{command} };
	foreach my $name (grep { $_ ne 'gateway' } keys %run)
	{
		open my $script, '>', "$play/$branch/$name" or die "$play/$branch/$name: $!\n";
		print $script "#!/bin/sh\nunset \$(env | sed -n 's/^\\(PG[A-Z]*\\)=.*/\\1/p')\n";
		# In envFrom: all that the client would prefer to what the chart sets.
		print $script map { "export $_/nowhere\n" } grep { /^GW_BOOTSTRAP_\w+=$/ } @database;
		print $script map { "export $_\n" } map { s/=(.*)/'=' . in_shell($1)/esr } @{ environment($run{$name}) };
		print $script "exec @{ $run{$name}{command} }\n";
		close $script;
		chmod 0755, "$play/$branch/$name";
	}
}
is(`timeout 500 "$chart/../compose/on-scratch" test/deploy/play_chart "$play" 2>&1`, <<'END', 'pods wait for the Job, or one of them migrates');
probe: 5
job: Database ready (migrated)
pods: 3 Database ready (migrations skipped)
probe: 0
pods: 2 Database ready (at head)
pods: 1 Database ready (migrated)
probe: 0
END

done_testing();

sub in_shell
{
	my ($value) = @_;
	return "\$SECRET_$1" if $value =~ m{^<db/(\w+)>$};
	return join '', map { /^\$\((\w+)\)$/ ? qq("\$$1") : "'" . s/'/'\\''/gr . "'" } split /(\$\(\w+\))/, $value;
}
