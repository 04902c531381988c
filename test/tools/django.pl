# The smallest project, which is given its database as Django itself wants it: in parts.
{
	files => sub {
		my $before = '';
		my %files = (
			'shop/__init__.py' => '',
			'shop/migrations/__init__.py' => '',
			'manage.py' => "import sys\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n",
			'settings.py' => <<'PY');
import os
from psycopg.conninfo import conninfo_to_dict

parts = conninfo_to_dict(os.environ.get("DATABASE_URL", "host=none"))
INSTALLED_APPS = ["shop"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", ""),
        "HOST": parts.pop("host"),
        "PORT": parts.pop("port", ""),
        "USER": parts.pop("user", ""),
        "OPTIONS": parts,
    }
}
PY

		foreach (@_)
		{
			my $name = sprintf '%04d_step', $_->{n};
			$files{"shop/migrations/$name.py"} = <<"PY";
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [$before]
    operations = [migrations.RunSQL("""$_->{sql}""")]
PY
			$before = "('shop', '$name')";
		}
		return %files;
	},
	environment => { DJANGO_SETTINGS_MODULE => 'settings', PYTHONPATH => '.' },
	leaves => [ 1, 5 ],
	newer => 0,
	pruned => 1,
};
