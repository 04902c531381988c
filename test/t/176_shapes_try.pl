use strict; use warnings;
use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;
my $node = start_server();
my $dir = PostgreSQL::Test::Utils::tempdir_short();
my $n=0;
sub list { my $l="$dir/l".$n++; append_to_file($l, join '', map {"$_\n"} @_); return $l; }
my @cases = (
 ['goose no tstamp, dup rows', 'goose', [1,2], 'CREATE TABLE goose_db_version (id serial, version_id bigint, is_applied boolean); INSERT INTO goose_db_version(version_id,is_applied) VALUES (0,true),(1,true),(2,true),(2,true),(NULL,true),(3,NULL)'],
 ['golang-migrate empty', 'golang-migrate', [1], 'CREATE TABLE schema_migrations (version bigint, dirty boolean)'],
 ['golang-migrate is a rails table', 'golang-migrate', [1], 'CREATE TABLE schema_migrations (version varchar)'],
 ['golang two rows', 'golang-migrate', [2], 'CREATE TABLE schema_migrations (version bigint, dirty boolean); INSERT INTO schema_migrations VALUES (1,false),(2,false)'],
 ['rails has a golang table', 'rails', [1], 'CREATE TABLE schema_migrations (version bigint, dirty boolean); INSERT INTO schema_migrations VALUES (1,false)'],
 ['flyway 3', 'flyway', ['1','2'], "CREATE TABLE schema_version (version_rank int, installed_rank int, version varchar(50) PRIMARY KEY, description varchar(200), type varchar(20), script varchar(1000), checksum int, installed_by varchar(100), installed_on timestamp, execution_time int, success boolean); INSERT INTO schema_version(version,type,success) VALUES ('1','INIT',true),('2','SQL',true)", '--head-table=schema_version'],
 ['flyway quoted schema', 'flyway', ['1'], "CREATE SCHEMA \"My App\"; CREATE TABLE \"My App\".flyway_schema_history (version varchar(50), type varchar(20), success boolean); INSERT INTO \"My App\".flyway_schema_history VALUES ('1','SQL',true)", '--head-table="My App".flyway_schema_history'],
 ['liquibase upper', 'liquibase', ['1::me::f'], "CREATE TABLE \"DATABASECHANGELOG\" (\"ID\" text, \"AUTHOR\" text, \"FILENAME\" text, exectype text); INSERT INTO \"DATABASECHANGELOG\" VALUES ('1','me','f','EXECUTED')", '--head-table="DATABASECHANGELOG"', '--head-column="ID"::"AUTHOR"::"FILENAME"'],
 ['liquibase upper bare', 'liquibase', ['1::me::f'], "CREATE TABLE \"DATABASECHANGELOG\" (\"ID\" text, \"AUTHOR\" text, \"FILENAME\" text, exectype text); INSERT INTO \"DATABASECHANGELOG\" VALUES ('1','me','f','EXECUTED')", '--head-table="DATABASECHANGELOG"', '--head-column=ID::AUTHOR::FILENAME'],
 ['drizzle old table', 'drizzle', ['20240101000000_a'], "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial, hash text, created_at bigint)"],
 ['efcore snake', 'efcore', ['20240101000000_a'], "CREATE TABLE \"__EFMigrationsHistory\" (migration_id varchar(150), product_version varchar(32)); INSERT INTO \"__EFMigrationsHistory\" VALUES ('20240101000000_a')"],
 ['efcore snake named', 'efcore', ['20240101000000_a'], "CREATE TABLE \"__EFMigrationsHistory\" (migration_id varchar(150), product_version varchar(32)); INSERT INTO \"__EFMigrationsHistory\" VALUES ('20240101000000_a')", '--head-column=migration_id'],
 ['efcore unquoted table', 'efcore', ['20240101000000_a'], "CREATE TABLE ef_history (migration_id varchar(150), product_version varchar(32)); INSERT INTO ef_history VALUES ('20240101000000_a')", '--head-column=migration_id', '--head-table=ef_history'],
 ['bpchar', 'dbmate', ['1'], "CREATE TABLE schema_migrations (version char(20)); INSERT INTO schema_migrations VALUES ('1')"],
 ['bpchar knex', 'knex', ['a.js'], "CREATE TABLE knex_migrations (name char(20)); INSERT INTO knex_migrations VALUES ('a.js')"],
 ['knex null', 'knex', ['a.js'], "CREATE TABLE knex_migrations (name text); INSERT INTO knex_migrations VALUES ('a.js'), (NULL)"],
 ['other owner', 'knex', ['a.js'], "CREATE ROLE o; CREATE ROLE c LOGIN; CREATE TABLE knex_migrations (name text); INSERT INTO knex_migrations VALUES ('a.js'); ALTER TABLE knex_migrations OWNER TO o", 'C'],
 ['view', 'knex', ['a.js'], "CREATE VIEW knex_migrations AS SELECT 'a.js'::text AS name"],
 ['10000', 'goose', [1..10000], "CREATE TABLE goose_db_version (id serial, version_id bigint, is_applied boolean); INSERT INTO goose_db_version(version_id,is_applied) SELECT i, true FROM generate_series(0,10000) i"],
 ['10000 behind', 'goose', [1..10001], "CREATE TABLE goose_db_version (id serial, version_id bigint, is_applied boolean); INSERT INTO goose_db_version(version_id,is_applied) SELECT i, true FROM generate_series(0,10000) i"],
 ['10000 ahead', 'goose', [1..9999], "CREATE TABLE goose_db_version (id serial, version_id bigint, is_applied boolean); INSERT INTO goose_db_version(version_id,is_applied) SELECT i, true FROM generate_series(0,10000) i"],
 ['prisma shadow types', 'prisma', ['a'], "CREATE TABLE _prisma_migrations (migration_name text, finished_at text, rolled_back_at text); INSERT INTO _prisma_migrations VALUES ('a','x',NULL)"],
 ['sqlx int success', 'sqlx', ['1'], "CREATE TABLE _sqlx_migrations (version bigint, success int); INSERT INTO _sqlx_migrations VALUES (1,1)"],
 ['golang dirty NULL', 'golang-migrate', ['1'], "CREATE TABLE schema_migrations (version bigint, dirty boolean); INSERT INTO schema_migrations VALUES (1,NULL)"],
 ['atlas old', 'atlas', ['1'], "CREATE SCHEMA atlas_schema_revisions; CREATE TABLE atlas_schema_revisions.atlas_schema_revisions (version text, description text, execution_state text); INSERT INTO atlas_schema_revisions.atlas_schema_revisions VALUES ('1')"],
 ['atlas in public', 'atlas', ['1'], "CREATE TABLE atlas_schema_revisions (version text, type bigint, applied bigint, total bigint, error text); INSERT INTO atlas_schema_revisions VALUES ('1',2,1,1,NULL)"],
 ['atlas in public named', 'atlas', ['1'], "CREATE TABLE atlas_schema_revisions (version text, type bigint, applied bigint, total bigint, error text); INSERT INTO atlas_schema_revisions VALUES ('1',2,1,1,NULL)", '--head-table=atlas_schema_revisions'],
 ['nonutf8', 'node-pg-migrate', ["1_\xff"], "CREATE TABLE pgmigrations (name text)"],
);
foreach my $plain (0,1) {
 foreach (@cases) {
  my ($name,$tool,$heads,$sql,@opt)=@$_;
  my $way = new_way($node, pool_size=>0, plain=>$plain)->create->open;
  $sql =~ s/CREATE ROLE o; CREATE ROLE c LOGIN;// if $plain;
  $way->sql($sql);
  my @as;
  if (@opt && $opt[0] eq 'C') { @opt=(); @as=('env','PGUSER=c'); }
  my @c=$way->client('check', "--migrations=$tool:".list(@$heads), @opt);
  my $r = run_client(@as, @c);
  my @d=$way->client('run', "--migrations=$tool:".list(@$heads), @opt, '--timeout=5', '--migrate=true');
  my $s = run_client(@as, @d);
  print STDERR "## $name ".($plain?'plain':'ext')." check=$r->{exit} run=$s->{exit}\n", ($r->{exit}? substr($r->{err},0,600):''), ($s->{exit} ne $r->{exit} ? "  RUN: ".substr($s->{err},0,500):'');
  $way->close;
 }
}
ok(1); $node->stop; done_testing();
