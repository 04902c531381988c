{
	files => sub {
		return map { sprintf('db/migrations/202401%02d000000_step.sql', $_->{n}) => "-- migrate:up\n$_->{sql}\n\n-- migrate:down\n" } @_;
	},
	leaves => [ 1, 5 ],
	newer => 6,
	pruned => 1,
};
