{
	files => sub {
		return map { sprintf('migrations/%03d_step.sql', $_->{n}) => "$_->{sql}\n---- create above / drop below ----\n" } @_;
	},
	leaves => [ 1, 5 ],
	newer => 6,
	direct => 'it keeps named prepared statements on a pooled backend',
};
