{
	files => sub {
		return map { sprintf('migrations/202401%02d000000_step.sql', $_->{n}) => "$_->{sql}\n" } @_;
	},
	leaves => [ 1, 5 ],
	newer => 6,
	pruned => 1,
	direct => 'it keeps named prepared statements on a pooled backend',
};
