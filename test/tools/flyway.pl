{
	files => sub {
		return map { ("sql/V$_->{n}__step.sql" => "$_->{sql}\n") } @_;
	},
	# not in a transaction, which would leave no row
	broken => 'CREATE INDEX CONCURRENTLY step_4 ON no_such_table (x);',
	leaves => [ 1, 7 ],
	newer => 6,
	pruned => 1,
	direct => 'it has a session for its lock beside that of the migration',
};
