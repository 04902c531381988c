{
	files => sub {
		return ('changelog.sql' => "--liquibase formatted sql\n" . join '',
			map { "--changeset me:$_->{n}\n$_->{sql}\n" } @_);
	},
	leaves => [ 1, 5 ],
	newer => 0,
	pruned => 1,
};
