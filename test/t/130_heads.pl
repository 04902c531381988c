# "gw_bootstrap heads": the heads of a migration set, read from its sources.
#
# TAP, since it is about files and an exit code; it needs no server.  What
# Alembic makes of the same sets is compared in test/gateways/.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use POSIX ();
use Test::More;

my $count = 0;

# Make a script directory of files, by name, and return its path.
sub scripts
{
	my (%files) = @_;
	my $dir = PostgreSQL::Test::Utils::tempdir_short();

	mkdir "$dir/versions";
	foreach my $name (sort keys %files)
	{
		my $path = $name =~ m{/|^pyproject|\.ini$} ? "$dir/$name" : "$dir/versions/$name";
		system_or_bail('mkdir', '-p', $path =~ s{/[^/]*$}{}r);
		open my $file, '>:raw', $path or die "could not write $path: $!";
		print $file $files{$name};
		close $file;
	}
	return $dir;
}

sub heads
{
	my ($path) = @_;
	my ($out, $err) = run_command([ 'gw_bootstrap', 'heads', '--alembic', $path ]);

	return $? == 0 ? join(',', sort split /\n/, $out) : ($? >> 8) . ": $err";
}

# One file whose assignment of "revision" is the case; undef is "abc".
sub reads
{
	my ($what, $source, $expected) = @_;
	my $got = heads(scripts('zz.py' => $source =~ /^\0/ ? substr($source, 1) : "$source\ndown_revision = None\n"));

	ref $expected ? like($got, qr/^2: .*zz\.py:\d+: .*$expected.*\n.*\n.*--expect-head/, $what) : is($got, $expected, $what);
	return;
}

reads('either quote', q(revision = "abc"), 'abc');
reads('a prefix', q(revision = u'abc'), 'abc');
reads('a raw string', q(revision = R'a\bc'), 'a\bc');
reads('triple quotes', q(revision = '''abc'''), 'abc');
reads('escapes', q(revision = 'a\x62\u0063\144'), 'abcd');
reads('an annotation', q(revision: str = 'abc'), 'abc');
reads('an annotation over lines', "revision: Union[\n    str,  # ]\n    None\n] = 'abc'", 'abc');
reads('implicit concatenation', "revision = ('a'\n  \"b\"  # c\n  'c')", 'abc');
reads('a backslash', "revision = \\\n  'abc'", 'abc');
reads('a backslash before an empty line', "revision = 'abc'\n\\\n\nif x:\n  y\n  \\\n\n  z\n\\\n\f\n", 'abc');
reads('a semicolon', q(x = 1; revision = 'abc'; y = 2), 'abc');
reads('tuple unpacking', q(revision, x = 'abc', f()), 'abc');
reads('tuple unpacking at the end of the file', "\0down_revision = None\nx, revision = 'no', 'abc'", 'abc');
reads('chained assignment', q(x = revision = y.z = 'abc'), 'abc');
reads('repeated assignment', qq(revision = 'no'\nrevision = 'abc'), 'abc');
reads('after a function', qq(def f():\n    revision = 'no'\nrevision = 'abc'), 'abc');
reads('a class', qq(revision = 'abc'\nclass A: revision = 'no'), 'abc');
reads('a docstring', qq("""\nRevises: no\nrevision = 'no'\n"""\nrevision = 'abc'), 'abc');
reads('a comment', qq(revision = 'abc'  # revision = 'no'), 'abc');
reads('an argument', qq(revision = 'abc'\nf(revision='no')\nx.revision = x['revision'] = 'no'), 'abc');
reads('carriage returns', "revision = 'abc'\r\nx = 1\r", 'abc');
reads('carriage returns only', "\0revision = 'abc'\rdown_revision = None\r", 'abc');
reads('a byte order mark', "\xef\xbb\xbfrevision = 'abc'", 'abc');
reads('an encoding', "# -*- coding: latin-1 -*-\nrevision = 'ab\xfc'", "ab\xc3\xbc");
reads('a form feed', "\f\nrevision = 'abc'\n  \f", 'abc');
reads('nested quotes in an f-string', q(x = f'{y['a']!r:>{10}}{{}}'; revision = 'abc'), 'abc');
reads('much other code', "x = [\n" . "    ('data', {'k': \"v\"}),\n" x 8000 . "]\nrevision = 'abc'", 'abc');
reads('a long identifier', "revision = '" . 'x.' x 200 . "'", 'x.' x 200);

reads('computed', q(revision = 'a' + 'bc'), qr/revision is not a literal/);
reads('a name', qq(X = 'abc'\nrevision = X), qr/revision is not a literal/);
reads('an f-string', q(revision = f'a{x}'), qr/not a literal/);
reads('bytes', q(revision = b'abc'), qr/not a literal/);
reads('imported', q(from x import revision), qr/imported/);
reads('imported by a star', qq(revision = 'abc'\nfrom x import *), qr/import of \*/);
reads('perhaps imported by a star', qq(from x import *\nrevision = 'abc'), qr/depends_on is perhaps imported by an import of \*; an assignment below that line, such as "depends_on = None", tells/);
reads('not imported by a star', qq(from x import *\nrevision = 'abc'\ndepends_on = branch_labels = None), 'abc');
reads('conditional', qq(revision = 'abc'\nif x: revision = 'no'), qr/condition/);
reads('in a try block', qq(try:\n    revision = 'abc'\nexcept E: pass), qr/condition/);
reads('augmented', qq(revision = 'a'\nrevision += 'bc'), qr/computed/);
reads('deleted', qq(revision = 'a'\ndel revision), qr/deleted/);
reads('global', qq(revision = 'a'\ndef f():\n    global revision\n), qr/function/);
reads('global in one line', qq(revision = 'a'\ndef f(): global x, revision; revision = 'b'\nf()), qr/function/);
reads('global in a block of a function', qq(revision = 'a'\ndef f():\n    if x: global revision; revision = 'b'\n), qr/function/);
reads('global, and assigned before the call', qq(def f():\n    global revision\n    revision = 'b'\nrevision = 'a'\nf()), qr/function/);
reads('global in a class', qq(revision = 'a'\nclass A:\n    global revision\n    revision = 'b'), qr/function/);
reads('unpacked from a set', qq(revision, x = {'a', 'b'}), qr/not a literal/);
reads('unpacked from a sequence with stars', qq(x, revision, y = *['a', 'b'], 'c', *[]), qr/not a literal/);
reads('a type', qq(revision = 'a'\ntype revision = int), qr/type/);
reads('several names of a with', qq(revision = 'a'\nwith f() as (x, revision): pass), qr/compound/);
reads('a pattern', qq(revision = 'a'\nmatch x:\n    case [revision, *y]:\n        pass), qr/compound/);
reads('a pattern in one line', qq(revision = 'a'\nmatch x:\n    case revision: pass), qr/compound/);
reads('names that are no patterns', qq(revision = 'abc'\nif x:\n    case: y = revision\n    case[1:2] = revision), 'abc');
reads('by its name', qq(revision = 'a'\nglobals()['revision'] = 'b'), qr/revision is computed/);
reads('by a name that is not seen', qq(revision = 'a'\ng = vars()\ng[f()] = 'b'), qr/revision is computed/);
reads('by a text', qq(revision = 'a'\nexec("revision = 'b'")), qr/revision is computed/);
reads('by its module', qq(revision = 'a'\nimport sys\nsetattr(sys.modules[__name__], 'revision', 'b')), qr/revision is computed/);
reads('by its name, in a function', qq(revision = 'a'\ndef f():\n    globals()['revision'] = 'b'\nf()), qr/function/);
reads('another one by its name, in a function', qq(revision = 'abc'\ndef upgrade(engine):\n    globals()['upgrade_%s' % engine]()), 'abc');
reads('by what is read alone', qq(revision = 'abc'\nx = '%(a)s' % vars(); y = f(**globals())), 'abc');
reads('in an f-string', qq(revision = 'a'\nx = f'{(revision := 1)}'), qr/computed/);
reads('in the format of an f-string', qq(revision = 'a'\nx = f'{1:{(revision := 1)}}'), qr/computed/);
reads('behind a backslash in an f-string', qq(revision = 'a'\nx = f'\\{(revision := 1)}'), qr/computed/);
reads('a default', qq(revision = 'a'\ndef f(x=(revision := 'b')): pass), qr/computed/);
reads('after another target', qq(x = {}\nrevision = x[(revision := 'a')] = 'b'), qr/computed/);
reads('after the default of a lambda', qq(f = lambda x, revision='a': 0, 'b'), qr/not a literal/);
reads('deleted after an assignment under a condition', qq(revision = 'a'\nif x: y = 1; del revision), qr/deleted/);
reads('deleted after an assignment', qq(revision = 'a'\ny = 1; del revision), qr/deleted/);
reads("$_->[0], under a condition", qq(revision = 'a'\nif x:\n    $_->[1]), $_->[2])
  foreach [ 'imported', 'y = 2; import y as revision', qr/imported/ ], [ 'a loop', 'for y, revision in z: pass', qr/compound/ ], [ 'a function', 'def revision(): pass', qr/compound/ ],
  [ 'a lambda', 'revision = lambda: 1', qr/compound/ ], [ 'an exception', "try: y\n    except E as revision: pass", qr/compound/ ], [ 'the last of two assignments', 'y = revision = 1', qr/condition/ ];
reads("read by a compound statement: $_", qq(revision = 'abc'\n$_), 'abc')
  foreach q(if __name__ == '__main__': print(revision)), "if x:\n    f(revision, revision=revision); y = revision\nelif revision in z: pass\nelse: x(revision)", "for y in f(revision):\n    g(y, revision)",
  qq(with open(f"{revision}.sql") as f:\n    y = f.read(revision)), q(with open(revision + '.sql') as f: y = f.read()), "try: f(revision)\nexcept E as e:\n    raise F(revision) from e\nfinally:\n    f(revision)",
  "while revision: y", "match revision:\n    case 'a': f(revision)", "if x:\n    revision: str\n    assert revision";
reads('no field of an f-string', q(x = f'\N{BULLET}{{revision := 1}}'; revision = 'abc'), 'abc');
reads('formats of f-strings', q(x = f'{a:=5}{b!r:{c}>}{lambda: 1}'; revision = 'abc'), 'abc');
reads('a null character', q(revision = 'a\0b'), qr/not a literal/);
reads('half a surrogate pair', q(revision = 'a\ud800'), qr/not a literal/);
reads('no character', q(revision = '\U00110000'), qr/not a literal/);
reads('a number', q(revision = 123), qr/not a literal/);
reads('unterminated string', q(revision = 'abc), qr/unterminated/);
reads('unclosed bracket', q{revision = ('abc'}, qr/never closed/);
reads('not UTF-8', "x = '\xfc'\nrevision = 'abc'", qr/UTF-8/);
reads('an encoding that contradicts the mark', "\xef\xbb\xbf# coding: latin-1\nrevision = 'abc'", qr/byte order mark/);
reads('null bytes', "revision = 'abc'\n\0", qr/null/);
reads('indentation', "if x:\n        y\n    revision = 'abc'", qr/indent/);
reads('Python 2', qq(print 'x'\nrevision = 'abc'), qr/syntax/);
reads('a prefix that is none', q(revision = ur'abc'), qr/syntax/);
reads('an unfinished merge', qq(<<<<<<< HEAD\nrevision = 'abc'), qr/syntax/);

# Bounds: an error, and soon, instead of a crash.
my $n = 200_000;
reads('f-strings nested deeply', "x = " . "f'{" x $n . "1" . "}'" x $n . "\nrevision = 'abc'", qr/too many nested f-strings/);
reads('formats nested deeply', "x = f'{1:" . "{1:" x $n . "}" x $n . "}'\nrevision = 'abc'", qr/too many nested f-strings/);
reads('f-strings side by side', "x = f'" . "{1}" x $n . "'\nrevision = 'abc'", 'abc');
reads('brackets nested deeply', "x = " . "[" x $n . "]" x $n . "\nrevision = 'abc'", qr/too many nested brackets/);
reads('stars', "*" . " *" x $n . " revision = 'abc'\nrevision = 'abc'", 'abc');
reads('blocks nested deeply', join('', map { ' ' x $_ . "if x:\n" } 0 .. 200) . ' ' x 201 . "y\nrevision = 'abc'", qr/too many levels/);
reads('many assignments', "x = " x $n . "revision = 'abc'", 'abc');
like(heads(scripts('a.py' => "x = '" . 'x' x 17_000_000 . "'")), qr/^2: .*a\.py": it has more than \d+ bytes/, 'a large file');

# Which files count.
sub file { my ($id, $down, $more) = @_; return "revision = '$id'\ndown_revision = $down\n" . ($more // ''); }
is(heads(scripts('.hidden.py' => file('a', 'None'), '__init__x.py' => 'x', '.#a.py' => 'x', 'a.py~' => 'x', 'b.txt' => 'x')),
	'a', 'names that are read, and names that are not');
is(heads(scripts('00ff.py' => "down_revision = None\n")), '00ff', 'the name of a file as identifier');
like(heads(scripts('x.py' => "down_revision = None\n")), qr/^2: .*x\.py: no revision identifier/, 'no identifier');
like(heads(scripts('x.py' => "revision = 'a'\n")), qr/^2: .*down_revision/, 'no down_revision');
like(heads(scripts()), qr{^2: .*no revision in ".*/versions"\n}, 'no file');
like(heads(scripts('versions/2024/a.py' => file('a', 'None'))), qr{^2: .*no revision in ".*/versions", but in folders below, such as ".*/versions/2024": set recursive},
	'files in folders below');
like(heads('/nonexistent/alembic.ini'), qr{^2: .*could not read "/nonexistent/alembic.ini"}, 'no such file');

# Graphs.
is(heads(scripts('a.py' => file('a', 'None'), 'b.py' => file('b', "'a'"), 'c.py' => file('c', '"a"'))), 'b,c', 'two heads');
is(heads(scripts('a.py' => file('a', '()'), 'b.py' => file('b', '[]'), 'c.py' => file('c', "('a',\n 'b')"))), 'c', 'a merge');
is(heads(scripts('a.py' => file('a', 'None', "branch_labels = 'x'\n"), 'b.py' => file('b', 'None', "depends_on = ['x']\n"))),
	'b', 'a head that another branch depends on by its label has no row');
is(heads(scripts('a.py' => file('a', 'None', "branch_labels = (X,)\n"), 'b.py' => file('b', 'None', "depends_on = 'a'\n"))),
	'b', 'a computed label that nobody names does not matter');
like(heads(scripts('a.py' => file('a', 'None', "branch_labels = (X,)\n"), 'b.py' => file('b', 'None', "depends_on = 'x'\n"))),
	qr/^2: .*b\.py: "x" in depends_on may be .*a\.py:3/, '... but one that somebody may name does');

# Links: what they lead to has the name that counts, even if nothing is there.
{
	my $dir = scripts('a.py' => file('a', 'None'));
	symlink 'user@host.1234:5678', "$dir/versions/.#a.py" or die "symlink: $!";
	symlink '.#a.py', "$dir/versions/b.py";
	symlink '/nowhere/c.txt', "$dir/versions/c.py";
	is(heads($dir), 'a', 'dangling links that are no scripts, as Emacs leaves them');
	foreach my $target ('gone.py', '/nowhere/gone.py', '../gone.py', 'd.py')
	{
		symlink $target, "$dir/versions/d.py" or die "symlink: $!";
		like(heads($dir), qr{^2: .*could not resolve ".*/versions/d\.py"}, "a dangling link to $target is a script");
		unlink "$dir/versions/d.py";
	}
}

# Nobody writes to a pipe: it must not be waited for.
my $with_pipe = scripts('a.py' => file('a', 'None'));
foreach my $pipe ("$with_pipe/alembic.ini", "$with_pipe/versions/b.py")
{
	POSIX::mkfifo($pipe, 0700) or die "mkfifo: $!";
	my $path = $pipe =~ /ini$/ ? $pipe : $with_pipe;
	is(`timeout 5 gw_bootstrap heads --alembic='$path' 2>&1; echo \$?` =~ /not a regular file.*^2$/ms, 1, "$pipe is refused");
}
my %refused = (
	'missing parent' => [ file('a', 'None'), file('b', "'zz'"), qr/b\.py: revision "zz", named by revision "b"/ ],
	'partial identifier' => [ file('abcdef', 'None'), file('b', "'abc'"), qr/"abc"/ ],
	'branch label as parent' => [ file('a', 'None', "branch_labels = 'x'\n"), file('b', "'x'"), qr/branch label/ ],
	'label used twice' => [ file('a', 'None', "branch_labels = 'x'\n"), file('b', "'a'", "branch_labels = 'x'\n"), qr/label "x" is already used/ ],
	'cycle' => [ file('a', "'b'"), file('b', "'a'"), qr/part of a cycle/ ],
	'self-loop' => [ file('a', "'a'"), file('b', 'None'), qr/follows itself/ ],
	'dependency cycle' => [ file('a', 'None', "depends_on = 'b'\n"), file('b', 'None', "depends_on = 'a'\n"), qr/dependency cycle/ ],
	'dependency self-loop' => [ file('a', 'None', "depends_on = 'a'\n"), file('b', 'None'), qr/depends on itself/ ],
	'identifier used twice' => [ file('a', 'None'), file('a', 'None'), qr/"a" is defined twice: in .*a\.py and in .*b\.py|b\.py and in .*a\.py/ ],
	'illegal character' => [ file('a-b', 'None'), file('b', 'None'), qr/"a-b" must not contain/ ],
);
foreach my $what (sort keys %refused)
{
	my ($first, $second, $message) = @{ $refused{$what} };
	like(heads(scripts('a.py' => $first, 'b.py' => $second)), qr/^2: .*$message/, $what);
}

# Configuration files.
my %set = ('one/versions/a.py' => file('a', 'None'), 'two/b.py' => file('b', "'a'"), 'two/deep/c.py' => file('c', "'b'"),
	'two/__pycache__/d.py' => file('d', "'b'"));
sub configured { my ($name, $text) = @_; my $dir = scripts(%set, $name => $text); return heads("$dir/$name"); }

is(configured('alembic.ini', "[DEFAULT]\nwhere = %(here)s\n[alembic]\n# comment\nScript_Location : %(where)s/one\n[other]\nscript_location = no\n"),
	'a', 'ini: script_location, here, comments, other sections');
is(configured('alembic.ini', "[alembic]\nscript_location = %(here)s/one\nversion_locations =\n    %(here)s/one/versions\n    # comment\n    %(here)s/two\npath_separator = newline\n"),
	'b', 'ini: version_locations over lines');
is(configured('alembic.ini', "[alembic]\nscript_location = %(here)s/one\nversion_locations = %(here)s/one/versions, %(here)s/two\nrecursive_version_locations = true\n"),
	'c', 'ini: the old separators, and folders below');
is(configured('alembic.ini', "[alembic]\nprepend_sys_path = %(here)s\nscript_location = one:versions/..\n"), 'a', 'ini: package form');
like(configured('alembic.ini', "[alembic]\nscript_location = nowhere:versions\n"), qr/^2: .*prepend_sys_path/, 'ini: a package that is not found');
like(configured('alembic.ini', "[alembic]\nscript_location = one\nsourceless = true\n"), qr/^2: .*sourceless/, 'ini: sourceless');
like(configured('alembic.ini', "[alembic]\nx = 1\n"), qr/^2: .*no script_location/, 'ini: no script_location');
{
	my $flask = scripts('a.py' => file('a', 'None'), 'alembic.ini' => "[alembic]\n[loggers]\nkeys = root\n");
	like(heads("$flask/alembic.ini"), qr/^2: .*no script_location; as for Flask-Migrate, name the folder instead: "\Q$flask\E"/, "ini: Flask-Migrate's");
	is(heads($flask), 'a', '... and so it is read');
}
like(configured('alembic.ini', "[alembic]\nscript_location = gone\n"), qr{^2: .*folder "gone/versions" does not exist in the current directory, "/.*"; "%\(here\)s"}, 'ini: a relative folder that is not there');
like(configured('alembic.ini', "[alembic]\nscript_location = /gone\n"), qr{^2: .*folder "/gone/versions" does not exist\n}, 'ini: a folder that is not there');
like(configured('alembic.ini', "[alembic]\nscript_location = one\nversion_locations = %(here)s/three\n[DEFAULT]\n"), qr{^2: .*folder "/.*/three" does not exist\n}, 'ini: versions that are not there');
like(configured('alembic.ini', "[alembic]\n" . join('', map { "k$_ = " . sprintf('%%(k%d)s', $_ + 1) x 10 . "\n" } 0 .. 8) . "k9 = x\nscript_location = %(k0)s\n"),
	qr/^2: .*too many references/, 'ini: references to references');
like(configured('alembic.ini', "[alembic]\nscript_location = %(script_location)s\n"), qr/^2: .*refers to itself/, 'ini: a value that refers to itself');
like(configured('pyproject.toml', "[tool.alembic]\nx = " . $_->[0] x $n . $_->[1] x $n . "\n"), qr/^2: .*too many nested brackets/, "toml: $_->[0] nested deeply")
  foreach [ '[', ']' ], [ '{a=', '}' ], [ '[{a=', '}]' ];
like(configured('alembic.ini', "[alembic]\nscript_location = %(nowhere)s\n"), qr/^2: .*alembic\.ini:2: .*"nowhere"/, 'ini: a value that is missing');
like(configured('alembic.ini', "[alembic]\nscript_location = a\nscript_location = b\n"), qr/^2: .*:3: .*twice/, 'ini: a key twice');
is(configured('pyproject.toml', qq([project]\nname = "x"\ndescription = """\n[tool.alembic]\nscript_location = "no"\n"""\n[tool.alembic]\nscript_location = "%(here)s/one"\n[[tool.alembic.post_write_hooks]]\nname = "x"\n)),
	'a', 'toml: script_location');
is(configured('pyproject.toml', qq([tool]\nalembic.script_location = '%(here)s/one'\nalembic.recursive_version_locations = true\nalembic.version_locations = [ # both\n  "%(here)s/one/versions",\n  '%(here)s/two',\n]\n)),
	'c', 'toml: dotted keys, an array, a boolean');
like(configured('pyproject.toml', qq([tool.alembic]\nscript_location = "one\n)), qr/^2: .*pyproject\.toml:2: unterminated/, 'toml: a line is named');

# Relative paths are those of the current directory, as for Alembic.
my $dir = scripts(%set, 'alembic.ini' => "[alembic]\nscript_location = one\n");
{
	my ($out) = run_command([ 'sh', '-c', "cd $dir && gw_bootstrap heads --alembic alembic.ini" ]);
	is($out, 'a', 'a relative path');
	local $ENV{DATABASE_URL} = 'mysql://elsewhere';
	is(heads("$dir/alembic.ini") =~ s/^2: .*//sr, '', 'from another directory it leads nowhere');
	is(heads("$dir/one"), 'a', 'nothing is connected to, so no connection string matters');
	local $ENV{GW_BOOTSTRAP_ALEMBIC} = "$dir/two";
	my ($none, $err) = run_command([ 'gw_bootstrap', 'heads' ]);
	like($err, qr/revision "a", named by revision "b"/, 'the variable');
}

# Heads that are given otherwise must belong to the set.
my ($out, $err) = run_command([ 'gw_bootstrap', 'heads', '--alembic', "$dir/one", '-e', 'zz' ]);
is($? >> 8, 2, 'an expected head that the set has not: exit code');
like($err, qr/"zz" is not a revision of/, '... and message');

done_testing();
