{
	files => sub {
		return map { sprintf('migrations/17000000%05d_step.sql', $_->{n}) => "-- Up Migration\n$_->{sql}\n-- Down Migration\n" } @_;
	},
	leaves => [ 1, 5 ],
	newer => 6,
	pruned => 1,
	direct => 'it leaves its search_path on a pooled backend',
};
