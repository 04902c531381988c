# One case for test/oracle/heads.pl: a head table and a question, made from a number.
#
#   my $case = GwBootstrap::OracleCase->new(4711);
#   $case->table;         # SQL that makes it, called "heads"
#   $case->comparison;    # SQL that prints what differs, if anything
#   $case->abuse;         # calls with arguments that are wrong
#   $case->judgement;     # a query of what is to be expected, which judge.sql defines
#   $case->options;       # the same for the client

package GwBootstrap::OracleCase;

use strict;
use warnings;

use GwBootstrap::Seeded;

our @ISA = ('GwBootstrap::Seeded');

# Values that meet often enough to be equal, of each type of a head.
my %values = (
	'text' => [ qw(1 2 3 01 10 007 7 1.0 1 1.10 1_2 a b 2a 20240101 20240101_x), 'x y', "o'clock", 'a"b', 'back\\slash', '\\N', "\x{c3}\x{a4}" ],
	'varchar(40)' => [ qw(a b c 1 2 10) ],
	'char(12)' => [ qw(a b ab 1 10), 'a b' ],
	'name' => [ qw(a b 1 2) ],
	'int' => [ 0, 1, 2, 3, 7, 10, 20240101, -1 ],
	'bigint' => [ 0, 1, 2, 9, 10, 20240101120000 ],
	'numeric' => [ 1, 2, '1.0', 10, '1.10' ],
	'uuid' => [ '00000000-0000-0000-0000-000000000001', 'ffffffff-0000-0000-0000-000000000001' ],
	'boolean' => [ 't', 'f' ],
);
my @words = qw(t f true FALSE yes no On off 1 0 y N);
my @orders = qw(known numeric bytes dotted none);
my @clauses = qw(count failed covers undone unfinished);

sub _literal
{
	my ($value) = @_;

	return 'NULL' unless defined $value;
	$value =~ s/'/''/g;
	return $value =~ s/\\/\\\\/g ? " E'$value'" : "'$value'";
}

sub _array { my ($list) = @_; return $list ? 'ARRAY[' . join(', ', map { _literal($_) } @$list) . ']::text[]' : 'NULL'; }

sub new
{
	my ($class, $number) = @_;
	my $self = GwBootstrap::Seeded::new($class, $number);

	$self->{type} = $self->_one_of(sort keys %values);
	$self->{rule} = $self->_one_of(qw(equal equal contain latest));
	$self->{order} = $self->_one_of(@orders);
	# What separates the parts must not be compared as one.
	$self->{column} = $self->_random(4) ? 'h' : $self->_one_of('h.g', 'h::g', 'g-h', 'h/g');
	$self->{whole} = !$self->_random(10);
	$self->{rows} = [ map { [ $self->_row ] } 1 .. $self->_one_of(0, 1, 1, 2, 3, 5, 12) ];
	$self->{expected} = [ map { $self->_head } 1 .. 1 + $self->_random(3) ];
	# Or just what is there.
	my @there = grep { defined } map { $self->_head_of($_) } @{ $self->{rows} };
	$self->{expected} = \@there if @there && $self->_random(2);
	$self->{known} = $self->_random(2) ? [ @{ $self->{expected} }, map { $self->_head } 0 .. $self->_random(4) ] : undef;
	$self->_make_condition if $self->_random(3);
	return $self;
}

sub _value { my ($self) = @_; return $self->_random(7) ? $self->_one_of(@{ $values{ $self->{type} } }) : undef; }

sub _row
{
	my ($self) = @_;
	return ($self->_value, $self->_random(6) ? $self->_one_of(qw(1 2 a b)) : undef,
		$self->_random(6) ? $self->_one_of('t', 'f') : undef, $self->_random(6) ? $self->_one_of(@words) : undef);
}

# One that is perhaps in the table.
sub _head
{
	my ($self) = @_;
	return $self->_head_of([ $self->_value // $values{ $self->{type} }[0], $self->_one_of(qw(1 2 a b)) ]);
}

sub _head_of
{
	my ($self, $row) = @_;
	my ($value, $other) = @$row;

	return $value if $self->{column} eq 'h' || $self->{whole};
	return undef unless defined $value && defined $other;
	return join '', map { $_ eq 'h' ? $value : $_ eq 'g' ? $other : $_ } split //, $self->{column};
}

# A term, as the condition has it and in plain SQL.  A term about a NULL does not hold.
sub _term
{
	my ($self) = @_;
	my $column = $self->_one_of(qw(h g ok word));
	my $other = $self->_one_of(qw(h g word));
	my $not = $self->_random(2) ? 'not ' : '';
	my $quoted = $self->_random(3) ? $column : $self->_random(2) ? qq("$column") : uc $column;
	my @list = map { $self->_one_of('a', '1', 't', '10', "o'clock", 'f', 'true') } 0 .. $self->_random(3);
	my $list = join ', ', map { s/'/''/gr =~ s/^|$/'/gr } @list;
	my $kind = $self->_random(5);

	return ("$quoted is ${not}null", "($column IS ${not}NULL)") if $kind == 0;
	return $not ? ("$quoted <> $other", "coalesce(txt($column) <> txt($other), false)") : ("$quoted = $other", "coalesce(txt($column) = txt($other), false)") if $kind == 1;
	return ("$quoted ${not}in ($list)", "coalesce(txt($column) ${not}IN ($list), false)") if $kind == 2;
	return ("$quoted ${not}starts '1'", "coalesce(${not}starts_with(txt($column), '1'), false)") if $kind == 3;
	$column = $self->_one_of(qw(ok word));
	return ("$not$column", "coalesce(${not}txt($column)::boolean, false)");
}

sub _make_condition
{
	my ($self) = @_;
	my %sql;
	my @condition;

	foreach my $clause ($self->_one_of(@clauses), map { $self->_one_of('none', @clauses) } 1 .. 3)
	{
		next if $clause eq 'none' || $clause eq 'count' && $sql{count};
		next if $clause =~ /covers|unfinished/ && $self->{order} =~ /known|none/;
		my @terms = map { [ $self->_term ] } 0 .. $self->_random(3);
		push @{ $sql{$clause} }, '(' . join(' AND ', map { $_->[1] } @terms) . ')';
		push @condition, "$clause: " . join($self->_one_of(' and ', ' AND '), map { $_->[0] } @terms);
	}
	$self->{condition} = join $self->_one_of('; ', ' '), @condition if @condition;
	$self->{sql} = { map { $_ => '(' . join(' OR ', @{ $sql{$_} }) . ')' } keys %sql };
	return;
}

sub table
{
	my ($self) = @_;
	my $whole = $self->{whole} && $self->{column} ne 'h' ? qq(, "$self->{column}" $self->{type}) : '';
	my $sql = "CREATE TABLE heads (dropped int, h $self->{type}, g text, ok boolean, word text$whole);\nALTER TABLE heads DROP dropped;\n";

	foreach my $row (@{ $self->{rows} })
	{
		my @values = map { _literal($_) } @$row, $whole ? $row->[0] : ();
		$sql .= 'INSERT INTO heads VALUES (' . join(', ', @values) . ");\n";
	}
	# of rows that are dead, nothing is seen
	$sql .= "DELETE FROM heads WHERE ctid = '(0,2)';\n" unless $self->_random(8);
	return $sql;
}

# The head of a row, as documented.
sub _head_sql
{
	my ($self) = @_;
	return qq(txt("$self->{column}")) if $self->{column} eq 'h' || $self->{whole};
	my ($first, $separator, $second) = $self->{column} =~ /^(\w)(\W+)(\w)$/;
	return "txt($first) || '$separator' || txt($second)";
}

sub judgement
{
	my ($self, $what) = @_;
	my $sql = $self->{sql} || {};

	return 'SELECT ' . ($what // 'outcome') . " FROM judge('$self->{rule}', '$self->{order}', " . _array($self->{expected}) . ', ' . _array($self->{known})
	  . ', (SELECT array_agg(' . $self->_head_sql . ' ORDER BY ctid) FROM heads)'
	  . join('', map { ', (SELECT array_agg(' . ($sql->{$_} // ($_ eq 'count' ? 'true' : 'false')) . ' ORDER BY ctid) FROM heads)' } @clauses) . ')';
}

sub _arguments
{
	my ($self) = @_;
	return 'expected_heads => ' . _array($self->{expected}) . ', known_heads => ' . _array($self->{known})
	  . ", head_table => 'heads', head_column => '$self->{column}', head_rule => '$self->{rule}', head_order => '$self->{order}', head_condition => " . _literal($self->{condition});
}

# What the three functions say, beside the judgement, and the locks that are held then.
sub comparison
{
	my ($self) = @_;
	my $all = $self->_arguments;
	my $name = "seed $self->{number}";
	my $simple = $self->{rule} eq 'equal' && $self->{order} eq 'known' && !$self->{known} && !$self->{condition};
	my $tell = "format('$name: %s says %s, not %s: %s', ";
	my $sql = "SET client_min_messages = warning;\nCREATE TEMP TABLE wanted AS " . $self->judgement('*') . ";\n";

	$sql .= "SELECT ${tell}'status', f.outcome || f.current_heads::text || f.failed_heads::text, w.outcome || w.current_heads::text || w.failed_heads::text, " . _literal($all) . ")
		FROM wanted w, gw_bootstrap_status($all) f
		WHERE (w.outcome = f.outcome AND f.current_heads = w.current_heads AND f.failed_heads = w.failed_heads) IS NOT TRUE;\n";
	$sql .= "SELECT ${tell}'at_head', f, w.outcome, " . _literal($all) . ") FROM wanted w, gw_bootstrap_at_head($all) f WHERE f IS DISTINCT FROM (w.outcome = 'at_head');\n";
	$sql .= "SELECT ${tell}'at_head of three arguments', f, w.outcome, " . _literal($all) . ") FROM wanted w, gw_bootstrap_at_head("
	  . _array($self->{expected}) . ", 'heads', '$self->{column}') f WHERE f IS DISTINCT FROM (w.outcome = 'at_head');\n" if $simple;
	$sql .= "BEGIN;\nCREATE TEMP TABLE tried ON COMMIT DROP AS SELECT * FROM gw_bootstrap_try($all);
		SELECT ${tell}'try', f.outcome || coalesce(f.current_heads::text, 'NULL'), w.outcome || w.current_heads::text, " . _literal($all) . ")
		FROM wanted w, tried f
		WHERE (f.outcome = CASE w.outcome WHEN 'behind' THEN 'acquired' WHEN 'diverged' THEN 'ahead' ELSE w.outcome END
		  AND f.current_heads = w.current_heads) IS NOT TRUE;
		SELECT '$name: try leaves other locks than the one that it has got' FROM tried
		WHERE (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) <> (outcome = 'acquired')::int;\nROLLBACK;\n";
	return $sql . "DROP TABLE wanted;\n";
}

# Whatever it is, there is a documented error or an answer, which is of no interest.
sub abuse
{
	my ($self) = @_;
	my $condition = $self->{condition} // 'count: ok';
	substr $condition, $self->_random(length $condition), $self->_random(4), $self->_one_of('', '(', ')', "'", '"', ';', ':', ' ', 'not', 'and', "\x{e2}\x{82}", '1', '<>', ',');
	$condition =~ s/[^\x20-\x7e]//g;
	my $rule = $self->_one_of($self->{rule}, '', 'EQUAL', 'x');
	my $table = $self->_one_of('heads', 'nothing', 'a.b.c.d', '"', '', 'pg_class', 'pg_catalog.pg_locks', 'heads"', 'public.heads', 'with.public.heads', ' heads ', 'nowhere.heads');
	my $column = $self->_one_of($self->{column}, 'x', '', 'h.', '.h', 'h..g', 'ctid', 'dropped', '........pg.dropped.1........', 'xmin');
	my $expected = $self->_one_of(_array($self->{expected}), 'NULL', "'{}'", "'{{a},{b}}'", "'{NULL}'", "'{\"\"}'", "ARRAY[repeat('x', 1025)]", "'[5:6]={a,b}'");
	my $function = $self->_one_of('at_head', 'status');

	return "DO \$\$ BEGIN PERFORM gw_bootstrap_$function(expected_heads => $expected, known_heads => NULL, head_table => " . _literal($table)
	  . ', head_column => ' . _literal($column) . ", head_rule => '$rule', head_order => '$self->{order}', head_condition => " . _literal($condition) . ");
		EXCEPTION WHEN OTHERS THEN IF SQLSTATE NOT IN ('22023', '42602', '42601', '0A000', '42501', '42703', '42809') THEN RAISE; END IF; END \$\$;\n";
}

# The client knows no set but that of an image.
sub is_for_client { my ($self) = @_; return !$self->{known}; }

sub options
{
	my ($self) = @_;
	return ((map { ('-e', $_) } @{ $self->{expected} }), '--head-table', 'heads', '--head-column', $self->{column},
		'--head-rule', $self->{rule}, '--head-order', $self->{order}, $self->{condition} ? ('--head-condition', $self->{condition}) : ());
}

1;
