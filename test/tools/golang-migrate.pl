{
	files => sub {
		return map { sprintf('migrations/%06d_step.up.sql', $_->{n}) => $_->{sql} } @_;
	},
	leaves => [ 1, 7 ],
	newer => 6,
	pruned => 1,
	direct => 'it gives its lock back on another backend than it took it on',
};
