{
	files => sub {
		return map { sprintf('migrations/202401%02d000000_step.js', $_->{n}) =>
			  "exports.up = knex => knex.raw(`$_->{sql}`);\nexports.down = () => {};\n" } @_;
	},
	leaves => [ 1, 5 ],
	newer => 6,
	pruned => 1,
};
