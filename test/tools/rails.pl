# The smallest application.
{
	files => sub {
		return (
			'bin/rails' => "#!/usr/bin/env ruby\nAPP_PATH = File.expand_path('../config/application', __dir__)\nrequire 'rails/commands'\n",
			'config/environment.rb' => "require_relative 'application'\nRails.application.initialize!\n",
			'Rakefile' => "require_relative 'config/application'\nRails.application.load_tasks\n",
			'config/application.rb' => <<'RUBY',
require 'rails'
require 'active_record/railtie'

class Gateway < Rails::Application
  config.eager_load = false
  config.secret_key_base = 'none'
  config.active_record.dump_schema_after_migration = false
end
RUBY
			map { sprintf('db/migrate/202401%02d000000_step%d.rb', $_->{n}, $_->{n}) =>
				  "class Step$_->{n} < ActiveRecord::Migration[6.1]\n  def up\n    execute <<-SQL\n$_->{sql}\n    SQL\n  end\nend\n" } @_);
	},
	environment => { RAILS_ENV => 'production' },
	leaves => [ 1, 5 ],
	newer => 6,
	pruned => 1,
	direct => 'it leaves IntervalStyle and client_min_messages on a pooled backend',
};
