{
	files => sub {
		return map { sprintf('migrations/%05d_step.sql', $_->{n}) => "-- +goose Up\n$_->{sql}\n-- +goose Down\n" } @_;
	},
	leaves => [ 1, 5 ],
	newer => 6,
	pruned => 1,
};
