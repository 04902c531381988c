# "gw_bootstrap heads" for each tool whose file names tell: which names count, and
# what they stand for; and lists of heads, which any tool can have.
#
# TAP, since it is about files and an exit code; it needs no server.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;

# A folder with empty files of these names; a text may follow a name.
sub folder
{
	my (@names) = @_;
	my $dir = PostgreSQL::Test::Utils::tempdir_short();

	foreach (@names)
	{
		my ($name, $text) = ref ? @$_ : ($_, '');

		system_or_bail('mkdir', '-p', "$dir/$name" =~ s{/[^/]*$}{}r);
		open my $file, '>:raw', "$dir/$name" or die "could not write $dir/$name: $!";
		print $file $text;
		close $file;
	}
	return $dir;
}

sub heads
{
	my (@options) = @_;
	my ($out, $err) = run_command([ 'gw_bootstrap', 'heads', @options ]);

	return $? == 0 ? join(' ', split /\n/, $out) : ($? >> 8) . ": $err";
}

# Each tool: names, and the heads they give; or what is wrong with them.
my @cases = (
	[ 'goose', [ '001_a.sql', '2_b.go', '3_c_test.go', '000_z.sql', 'x.sql', '4.sql', '5_e.txt', 'below/6_f.sql' ], '1 2' ],
	[ 'goose', [ '1_a.sql', '01_b.sql' ], qr/version 1 is there twice/ ],
	[ 'golang-migrate', [ '2_a.up.sql', '2_a.down.sql', '010_b.up.sql', '11_c.down.sql', 'x.up.sql' ], '10' ],
	[ 'dbmate', [ '001_a.sql', '20240101.sql', 'x_1.sql' ], '001 20240101' ],
	[ 'rails', [ '20240101_a.rb', 'below/020240202_b.rb', '3_C.rb', '4_d.x.rb', 'schema.rb' ], '20240101 4 20240202' ],
	[ 'flyway', [ 'V1__a.sql', 'V1_1__b.sql', 'below/V2.0__c.sql', 'V003.sql', 'R__r.sql', 'B1__b.sql', 'U1__u.sql', 'V__x.sql' ], '003 1.1 1 2.0' ],
	[ 'prisma', [ '2024_a/migration.sql', '2025_b/other.sql', 'migration_lock.toml', '.x/migration.sql' ], '2024_a' ],
	[ 'sqlx', [ '1_a.sql', '2_b.up.sql', '2_b.down.sql', 'x.sql', '3.sql' ], '1 2' ],
	[ 'flyway', [ 'V1__a.sql', 'below/V1__b.sql' ], qr/version 1 is there twice/ ],
	[ 'flyway', [ 'V1__a.sql', 'V1.0__b.sql' ], qr/version 1 is there twice, also as 1\.0/ ],
	[ 'flyway', [ 'V1__a.sql', 'V01__b.sql' ], qr/version 01 is there twice, also as 1/ ],
	[ 'flyway', [ 'V1_2__a.sql', 'V1.02__b.sql' ], qr/version 1\.02 is there twice, also as 1\.2/ ],
	[ 'flyway', [ 'V1_2__a.sql', 'V1.20__b.sql', 'V12__c.sql' ], '1.20 12 1.2' ],
	[ 'golang-migrate', [ '1_a.up.sql', '01_b.up.sql' ], qr/version 1 is there twice/ ],
	[ 'dbmate', [ '1_a.sql', '01_b.sql' ], qr/version 01 is there twice, also as 1/ ],
	[ 'dbmate', [ '1_a.sql', '1_b.sql' ], qr/version 1 is there twice/ ],
	[ 'diesel', [ '2024-01-01-000000_a/up.sql', '20240101000000_b/up.sql' ], qr/version 20240101000000 is there twice/ ],
	[ 'refinery', [ "V4__cr\xc3\xa9er.sql", 'V5__a b.sql', 'V6__a-b.sql' ], '4' ],
	[ 'refinery', [ 'V1__a.sql', 'below/U02__b.rs', 'V3_c.sql' ], '1 2' ],
	[ 'tern', [ '001_a.sql', '2_b.sql', 'x.sql' ], '2' ],
	[ 'tern', [ '1_a.sql', '3_b.sql' ], qr/without a gap/ ],
	[ 'node-pg-migrate', [ '1_a.js', '2_b.up.sql', '2_b.down.sql', '3_c.sql', '.hidden' ], '1_a 2_b 3_c' ],
	[ 'knex', [ '1_a.js', '2_b.ts', 'README.md', '3.cjs' ], '1_a.js 2_b.ts 3.cjs' ],
	[ 'typeorm', [ [ '1700000000000-create-users.ts', "export class CreateUsers1700000000000 implements MigrationInterface {\n" ], [ 'tabsWidth.js', "class tabsWidth1800000000000 {\n" ], [ 'es5.js', "    function Old1600000000000() {\n    }\n" ] ], 'CreateUsers1700000000000 Old1600000000000 tabsWidth1800000000000' ],
	[ 'typeorm', [ [ 'a.ts', "export class A implements MigrationInterface {\n  name = 'Named1700000000000'\n" ], [ 'b.js', "class B1 {\n  constructor() {\n    this.name = \"B1800000000000\";\n" ] ], 'Named1700000000000 B1800000000000' ],
	[ 'typeorm', [ [ 'two.ts', "export class A1700000000000 {\n}\nexport class \xc3\xa91800000000000 {\n" ], [ 'a.d.ts', "export declare class No1700000000001 {\n" ], [ 'index.ts', "export * from './two'\n" ] ], "A1700000000000 \xc3\xa91800000000000" ],
	[ 'typeorm', [ [ 'y.js', "/* class Old1600000000000 */ module.exports = class Bar1700000000001 {}" ], [ 'z.ts', "// class Old1600000000000\n/**\n * class Old1600000000001\n */\nconst s = 'http://x', t = `//`, u = \"/*\", v = '\\'/*';\nexport class Z1800000000000 {}\n// name = 'Old1600000000002'" ] ], 'Bar1700000000001 Z1800000000000' ],
	# each class by itself, as it is written, compiled or bundled
	[ 'typeorm', [ [ 'two.js', "class A1 { name = 'Named1700000000000'; async up(q) {} }\nclass B1700000000001 { async up(q) {} }\nmodule.exports = { A1, B1700000000001 };" ] ], 'Named1700000000000 B1700000000001' ],
	[ 'typeorm', [ [ 'esbuild.js', "var A1700000000000 = class {\n  async up(q) {}\n};\nvar B1700000000001 = class _B1700000000001 {\n};\nlet C1700000000002 = class C1700000000002 {};\nexports.x = { D1700000000003: class { up() {} } };" ] ], 'A1700000000000 _B1700000000001 C1700000000002 D1700000000003' ],
	[ 'typeorm', [ [ 'fields.js', "class A1 { constructor() { __publicField(this, \"name\", \"A1700000000000\"); } async up() {} }\nclass B1 { constructor() { Object.defineProperty(this, 'name', { enumerable: true, value: 'B1700000000001' }) } up() {} }\nfunction C1() { _this.name = `C1700000000002`; }" ] ], 'A1700000000000 C1700000000002 B1700000000001' ],
	[ 'typeorm', [ [ 'typed.ts', "export default class implements MigrationInterface { public readonly name: string = 'A1700000000000'; up() {} }\nexport abstract class Base implements MigrationInterface { abstract up(); }\nexport class B1700000000001 extends mix({ name: 'x' }) { up() { new Table({ name: 'C1700000000002' }); const name = 'D1700000000003'; } }" ] ], 'A1700000000000 B1700000000001' ],
	[ 'typeorm', [ [ 'min.js', 'class a{constructor(){this.name="A1700000000000"}async up(e){}}class b{name="B1700000000001";up(){}}export{a,b};' ] ], 'A1700000000000 B1700000000001' ],
	[ 'typeorm', [ [ 'kept.js', "const _A1700000000000 = class _A1700000000000 { up() { } };\n__name(_A1700000000000, \"A1700000000000\");\nlet A = _A1700000000000;\nclass b{static{i(this,\"B1700000000001\")}async up(e){}}\nvar c=class{static{}up(){}};i(c,\"C1700000000002\")" ] ], 'A1700000000000 B1700000000001 C1700000000002' ],
	# what strings, templates and patterns have in them
	[ 'typeorm', [ [ 'sql.js', "class Forget1700000000002 { async up(q) { await q.query(`DELETE FROM migrations WHERE name = 'Old1600000000001'`); q.query(\" name = 'Old1600000000002'\"); q.query(`\${a ? `b` : '}'} class Old1600000000003 { \${`name = 'Old1600000000004'`}`) } }" ] ], 'Forget1700000000002' ],
	[ 'typeorm', [ [ 'pattern.js', "#!/usr/bin/env node\n// it's\nconst p = /[/'\"`]/g, d = a / b / c, q = /\\/*`/;\nif (x) return /`/.test(y);\nclass A1700000000000 { up() { return 'it\\'s class Old1600000000001 {' } }" ] ], 'A1700000000000' ],
	[ 'typeorm', [ [ 'a.js', "class A1700000000000 {}\nconst a = `" ] ], qr/a\.js: a comment or a template in it has no end/ ],
	[ 'typeorm', [ [ 'a.js', "class A1700000000000 {}\n/* " ] ], qr/a\.js: a comment or a template in it has no end/ ],
	# what could be one is told, and what cannot is not
	[ 'typeorm', [ [ 'a.js', "class A1700000000000 { up() {} }" ], [ 'b.ts', "export class B implements MigrationInterface {}" ] ], qr/b\.ts: class "B" migrates, but its name does not end in 13 digits/ ],
	[ 'typeorm', [ [ 'a.js', "class A1700000000000 { up() {} }\nclass B { async up(q) {} }" ] ], qr/a\.js: class "B" migrates/ ],
	[ 'typeorm', [ [ 'a.js', "class A1700000000000 { up() {} }" ], [ 'b.js', "module.exports = class { async up(q) {} }" ] ], qr/b\.js: class "" migrates/ ],
	[ 'typeorm', [ [ 'a.js', "class A1700000000000 {}" ], [ '1700000000001-B.js', "exports.B = make('B1700000000001')" ] ], qr/1700000000001-B\.js: no class is found in it/ ],
	[ 'typeorm', [ [ '1700000000000-A.js', "class A1700000000000 {}" ], [ 'index.js', "exports.up = 1; __exportStar(require('./1700000000000-A'), exports)" ], [ 'helpers.ts', "export class Names { name = 'x'; go() { this.a.up() } }\nexport const class_ = { class: 'x' };" ],
		[ '1700000000000-A.spec.ts', "class Fake { up() {} }" ], [ '1700000000000-A.js.map', '{}' ], [ '1700000000000-A.d.ts', 'export declare class B1800000000000 {}' ] ], 'A1700000000000' ],
	# folders below, which a pattern in the configuration may take
	[ 'typeorm', [ [ 'a.js', "class A1700000000000 {}" ], [ '2024/b.js', "class B1700000000001 {}" ] ], qr{2024/b\.js: whether TypeORM looks into folders below is told by its configuration alone} ],
	[ 'typeorm', [ [ '2024/01/b.js', "class B1700000000001 {}" ] ], qr{2024/01/b\.js: whether TypeORM looks into folders below} ],
	[ 'typeorm', [ [ 'a.js', "class A1700000000000 {}" ], [ 'helpers/b.js', "class B {}" ], [ 'node_modules/b/b.js', "class B1700000000001 {}" ], [ '.git/b.js', "class B1700000000001 {}" ], [ 'z.js', "class Z1700000000002 {}" ] ], 'A1700000000000 Z1700000000002' ],
	[ 'sequelize', [ '1-a.js', 'helpers/b.js', 'z-c.js' ], '1-a.js z-c.js' ],
	[ 'sequelize', [ '1-a.js', '2024/2-b.js' ], qr{2024/2-b\.js: whether Sequelize looks into folders below} ],
	[ 'node-pg-migrate', [ '1_a.js', 'below/b.js', 'below/x' ], '1_a' ],
	[ 'node-pg-migrate', [ '1_a.js', 'below/2_b.sql' ], qr{below/2_b\.sql: whether node-pg-migrate looks into} ],
	[ 'efcore', [ '20240101000000_A.Designer.cs', 'Other/20240202000000_B.Designer.cs' ], qr{Other/20240202000000_B\.Designer\.cs: whether EF Core looks into} ],
	# tools that never look into folders below
	[ 'kysely', [ [ '1_a.ts', 'export async function up() {}' ], [ 'below/2_b.ts', 'export async function up() {}' ] ], '1_a' ],
	[ 'sequelize', [ '1-a.js', '2-b.ts', '3-c.d.ts', 'd.mjs' ], '1-a.js 2-b.ts' ],
	[ 'sequelize', [ '1-a.js', '4-d.mjs' ], qr/4-d\.mjs: whether Sequelize takes this file is told by its configuration alone/ ],
	(map { [ 'knex', [ '1_a.js', "2_b.$_", 'x.mjs' ], qr/2_b\.$_: whether knex takes this file/ ] } qw(mjs mts cts)),
	[ 'knex', [ '1_a.js', 'helpers.mjs' ], '1_a.js' ],
	[ 'efcore', [ '20240101000000_Init.cs', '20240101000000_Init.Designer.cs', 'ModelSnapshot.cs' ], '20240101000000_Init' ],
	[ 'ecto', [ '1_a.exs', 'below/02_b.exs', '3_c.ex', '.formatter.exs' ], '1 2' ],
	[ 'diesel', [ '2024-01-02-030405_a/up.sql', '00000000000000_b/up.sql', 'c/down.sql', '.d/up.sql' ], '00000000000000 20240102030405' ],
	[ 'diesel', ['--_a/up.sql'], qr/--_a: the name tells no version/ ],
	[ 'drizzle', [ '20240101000000_a/migration.sql', 'meta/x', '1_b/migration.sql' ], '20240101000000_a' ],
	[ 'drizzle-0', [ [ 'meta/_journal.json', qq({"entries": [\n {"when": 1700, "tag": "a"},\n {"when":1800}]}\n) ] ], '1800' ],
	[ 'drizzle-0', [ [ 'meta/_journal.json', '{"entries":[{"when":1800,"tag":"a"},{"when":1700}]}' ] ], '1800' ],
	[ 'drizzle-0', ['0000_a.sql'], qr{could not read ".*/meta/_journal\.json"} ],
	[ 'atlas', [ '20240101_a.sql', '20240202.sql', 'atlas.sum' ], '20240101 20240202' ],
	[ 'atlas', [ '1.2_a.sql', '1.10.sql', '.3_c.sql', '_d.sql' ], '1.10 1.2' ],
	[ 'yoyo', [ '0001.a.py', '0002.b.sql', '0002.b.rollback.sql', 'post-apply.py', '.sql', '.c.py' ], '0001.a 0002.b' ],
	[ 'graphile-migrate', [ '000001-init.sql', '000002.sql', 'x.sql' ], '000002.sql' ],
	[ 'kysely', [ (map { [ "1_a.$_", 'export async function up(db) {}' ] } qw(ts)), (map { [ "2_$_.$_", 'exports.up = async (db) => {}' ] } qw(js cjs mjs cts mts)), (map { [ "x.d.$_", 'export declare function up(): void' ] } qw(ts mts cts)), [ 'x.js.map', 'up' ], [ '3.jsx', 'export function up() {}' ] ], '1_a 2_cjs 2_cts 2_js 2_mjs 2_mts' ],
	[ 'kysely', [ [ 'a.js', 'var x = {}; __export(x, { up: () => u }); module.exports = __toCommonJS(x);' ], [ 'b.js', 'Object.defineProperty(exports, "up", { get })' ], [ 'c.ts', 'export default { async up(db) {} } satisfies Migration' ], [ 'd.ts', 'export { a as up }' ], [ 'e.ts', 'export const up = (db) => db' ] ], 'a b c d e' ],
	[ 'kysely', [ [ 'a.js', 'exports.up = 1' ], [ 'helpers.js', "// up\nconst s = 'to up', t = `up \${1}`;\nexports.lookup = (m) => m.up(s); module.exports = { s }; exports.default = void 0;" ], [ 'index.ts', "export * as a from './a'; import { b } from './b';\nexport default class X {}" ], [ 'c.ts', 'export default async () => 1' ], [ 'd.js', 'module.exports = __toCommonJS(x)' ] ], 'a' ],
	(map { [ 'kysely', [ [ 'a.js', 'exports.up = 1' ], [ 'b.ts', $_ ] ], qr/b\.ts: what it exports is made elsewhere, so it may have an "up"/ ] }
		"export default fromFile('./b.sql')", "module.exports = require('./c')", "exports.default = x;", "export * from './a'", "export { default } from './a'", "__exportStar(require('./a'), exports)",
		"import { m } from './m'; export { m as default };", "export { x, default } from './a'", "export * as default from './a'", "export = make();",
		"exports.default = (0, m_1.make)('b');", "export default (make('b') as Migration);", "exports['default'] = make();", "export default { ...make('b') };", "module.exports = { a: f({}), ...b };",
		"__export(x, { default: () => b });\nmodule.exports = __toCommonJS(x);", "_export(exports, { get default() { return b } });", "_export(exports, { default: function() { return b; } });",
		"Object.defineProperty(exports, \"default\", { enumerable: true, get: function () { return __importDefault(a_1).default; } });",
		"Object.keys(a).forEach(function (k) { if (k in exports) return; Object.defineProperty(exports, k, { get: () => a[k] }) });", "for (const k in a) exports[k] = a[k];", "Object.assign(exports, a)"),
	(map { [ 'kysely', [ [ 'a.js', 'exports.up = 1' ], [ 'b.ts', $_ ] ], 'a' ] }
		"import { default as m } from './m'; switch (m) { default: m(() => 1) } export const x = { default: 1, ...m };", "export default { x: { y: 1 }, z: [1] };", "function f(a, ...b) { return m.default(a, ...b) }\nexports.default = class {};",
		"exports['default'] = void 0; Object.defineProperty(exports, '__esModule', { value: true });", "var e=exports,r={get a(){return 1}};", "exports['a'] = a_1.default; __export(exports, { a: () => a });"),
	[ 'kysely', [ [ 'a.js', 'exports.up = 1' ], [ 'b.js', 'const a = `' ] ], qr/b\.js: a comment or a template in it has no end/ ],
	[ 'sqitch', [ [ 'sqitch.plan', "%project=flipr\n\nappschema 2012 M <m>\nusers [appschema] 2012 M <m> # x\n\@v1 2012 M <m>\n# x\n" ] ], 'flipr:appschema flipr:users' ],
	[ 'sqitch', [ [ 'sqitch.plan', "%syntax-version=1.0.0\n % project = a-b # x\r\n\n  a[b] 2012 M <m>\r\n+ c#x\n \@v1 2012 M <m>\n" ] ], 'a-b:a a-b:c' ],
	[ 'sqitch', [ [ 'sqitch.plan', "%syntax-version=1.0.0\n\na 2012 M <m>\n" ] ], qr/sqitch\.plan: no line names the project/ ],
	[ 'sqitch', [ [ 'sqitch.plan', "%project=p\na 2012 M <m>\n\@v1 2012 M <m>\na [a\@v1] 2013 M <m>\n" ] ], qr/version p:a is there twice/ ],
	[ 'django', ['0001_initial.py'], qr/only Django itself could tell/ ],
	[ 'liquibase', ['changelog.xml'], qr/only Liquibase itself could tell/ ],
);
my $help = `gw_bootstrap heads --migrations=help`;
is($?, 0, '--migrations=help is no error');
my %told = map { /^(\S+)/; $1 => 1 } grep { !/^TOOL/ } split /\n/, $help;
delete $told{alembic};
foreach my $case (@cases)
{
	my ($tool, $names, $expected) = @$case;
	my $got = heads('--migrations', "$tool:" . folder(@$names));
	ref $expected ? like($got, qr/^2: .*$expected/, "$tool is refused: $expected") : is($got, $expected, "$tool: $expected");
	unless (ref $expected || $tool =~ /sqitch|drizzle-0/)
	{
		like(heads('--migrations', "$tool:" . folder('unknown')), qr/^2: .*there is no migration of/, "$tool: nothing that counts")
		  if $tool !~ /node-pg/;
	}
	is(heads('--migrations', "$tool:" . folder([ 'list', "1.a::b::c\n" ]) . '/list'), '1.a::b::c', "$tool: a list");
	delete $told{$tool};
}
is_deeply([ sort keys %told ], [], 'each tool of --migrations=help is tested here');

# Links to the folder itself, and to the same one again and again.
foreach my $tool (qw(rails flyway ecto refinery))
{
	my %file = (rails => '1_a.rb', flyway => 'V1__a.sql', ecto => '1_a.exs', refinery => 'V1__a.sql');
	my $dir = folder($file{$tool}, 'below/x');

	symlink $_->[0], "$dir/$_->[1]" or die "symlink: $!" foreach [ '.', 'a' ], [ '.', 'b' ], [ '..', 'below/c' ];
	is(heads('--migrations', "$tool:$dir"), '1', "$tool: links to the folder itself");
	$dir = folder(map { "$_/x" } 0 .. 20);
	foreach my $n (0 .. 19)
	{
		symlink '../' . ($n + 1), "$dir/$n/$_" or die "symlink: $!" foreach 'a', 'b';
	}
	like(heads('--migrations', "$tool:$dir"), qr/^2: .*there are more than 5000 folders/, "$tool: links that double at each step");
}

# What is in real folders beside the migrations: of editors, of the system, and README.
my @beside = ('.002_x.sql.swp', '002_x.sql~', '#002_x.sql#', '.#002_x.sql', '002_x.sql.orig', '002_x.sql.bak', '.DS_Store', 'Thumbs.db', 'README.md', '.gitkeep');
is(heads('--migrations', "$_:" . folder("001_a b\xff.sql", @beside)), $_ eq 'dbmate' ? '001' : '1', "$_: what else is there does not count")
  foreach qw(goose dbmate sqlx tern);

# A volume of Kubernetes: links into a hidden folder; a folder that is one, too.
foreach my $tool (qw(flyway goose rails ecto))
{
	my $name = { flyway => 'V1__a.sql', goose => '1_a.sql', rails => '1_a.rb', ecto => '1_a.exs' }->{$tool};
	my $dir = folder("..2024/$name");
	symlink '..2024', "$dir/..data";
	symlink "..data/$name", "$dir/$name";
	symlink $dir, "$dir.link" or die "$dir.link: $!";
	is(heads('--migrations', "$tool:$dir.link"), '1', "$tool: a mounted volume");
	unlink "$dir.link";
}

# Lists.
my $list = folder([ 'list', "\xef\xbb\xbf# frozen\na\r\n \t\r\n  b::c::d e.sql \t\n \t# more\n" ]) . '/list';
is(heads('--migrations', "alembic:$list"), 'a b::c::d e.sql', 'a list for Alembic');
is(heads("--expect-heads-from=$list"), 'a b::c::d e.sql', 'a list without a tool');
is(heads("--expect-heads-from=$list", '-e', 'a'), 'a', 'a head that is in the list');
# From a pipe, or a file.
foreach my $case ([ "cat $list |", '--expect-heads-from=-', 0, "a\nb::c::d e.sql\n" ], [ "<$list", '--expect-heads-from -', 0, "a\nb::c::d e.sql\n" ],
	[ '</dev/null', '--expect-heads-from=-', 2, '' ], [ '<&-', '--expect-heads-from=-', 2, '' ],
	[ "<$list", '--expect-heads-from=- --expect-heads-from=-', 2, '' ])
{
	my ($in, $option, $exit, $lines) = @$case;
	my ($out, $err) = run_command([ 'sh', '-c', $in =~ /[|]$/ ? "$in gw_bootstrap heads $option" : "gw_bootstrap heads $option $in" ]);
	is($? >> 8, $exit, "a list in stdin: $option $in") or diag $err;
	is($out, $lines =~ s/\n$//r, '... and its heads');
	like($err, qr/standard input/, '... which is told') if $exit;
}
like(heads("--expect-heads-from=$list", '-e', 'c'), qr/^2: .*"c" is not a revision of/, 'a head that is not');
like(heads('--expect-heads-from', folder([ 'list', $_->[0] ]) . '/list'), qr/^2: .*$_->[1]/, "a list: $_->[1]")
  foreach [ "#\n", qr/there is no head/ ], [ "a\n" . 'x' x 1025 . "\n", qr/list:2: a head has more than 1024 bytes/ ], [ "a\n\eb\n", qr/list:2: a head has a control character/ ],
  [ "a\0b\n", qr/null byte/ ];
like(heads('--expect-heads-from', folder('x')), qr/^2: .*it is a folder/, 'a list that is a folder');
like(heads('--migrations', 'goose:nowhere'), qr{^2: .*"nowhere": there is no such file or folder in "/}, 'a relative path says where it leads');
like(heads('--migrations', 'goose:/nowhere'), qr{^2: .*"/nowhere": there is no such file or folder\n}, 'an absolute path');
like(heads('--migrations', $_), qr/^2: .*--migrations.*\n.*one of the tools alembic, .*golang-migrate, goose,.*--migrations=help/, "--migrations=$_") foreach 'goose', 'goose:', 'gosse:x', 'Goose:x', 'help ', 'migrate:x';
is(heads('--expect-heads-from', folder([ 'list', "\xef\xbb\xbfa\n" ]) . '/list'), 'a', 'a list with a mark of its encoding');
is(heads('--expect-heads-from', folder([ 'list', "\xef\xbb\xbfa\n\xef\xbb\xbf b\n \xef\xbb\xbf\xef\xbb\xbf# c\n" ]) . '/list'), 'a b', 'lists with marks, joined');
like(heads('--expect-heads-from', folder([ 'list', "\xff\xfea\0\n\0" ]) . '/list'), qr/null byte/, 'a list in another encoding');

# Another file in place of a list.
like(heads('--migrations', $_->[0] . ':' . folder([ 'file', $_->[1] ]) . '/file'), qr/^2: .*file: "\Q$_->[2]\E" is nothing that $_->[3] records/, "$_->[0]: $_->[2]")
  foreach [ 'goose', "-- +goose Up\n", '-- +goose Up', 'goose' ], [ 'flyway', "1\nflyway.url=x\n", 'flyway.url=x', 'Flyway' ], [ 'liquibase', "<databaseChangeLog>\n", '<databaseChangeLog>', 'Liquibase' ],
  [ 'liquibase', "1::me\n", '1::me', 'Liquibase' ], [ 'django', "[X] 0001_initial\n", '[X] 0001_initial', 'Django' ], [ 'rails', "up 20240101000000 Create\n", 'up 20240101000000 Create', 'Rails' ];

# What a list would not give back is not printed as one.
like(heads('-e', $_), qr/^2: .*cannot be shown in a list of heads\n.*detail: A list has one head a line/, "no list has \"$_\"") foreach '#a', ' a', 'a ', "a\xff", "\xef\xbb\xbfa";
like(heads('--migrations', 'node-pg-migrate:' . folder('#1_a.js#')), qr/^2: .*"#1_a" cannot be shown/, 'nor what a folder has');

# What the command line says counts, by whichever of the options.
{
	local %ENV = (%ENV, GW_BOOTSTRAP_MIGRATIONS => 'goose:/nowhere', GW_BOOTSTRAP_ALEMBIC => '/nowhere', GW_BOOTSTRAP_EXPECT_HEADS_FROM => $list);
	is(heads('--alembic', $list), 'a b::c::d e.sql', 'an option counts before the variables of its kind');
	is(heads(), 'a b::c::d e.sql', 'of the variables a list is the first');
	delete $ENV{GW_BOOTSTRAP_EXPECT_HEADS_FROM};
	like(heads(), qr/^2: .*nowhere.*\n.*GW_BOOTSTRAP_MIGRATIONS/, 'and a tool the second');
}

done_testing();
