# docs/recipes/alembic.md: a guard in env.py, and Alembic migrating over another
# connection, in one transaction and in one per migration, with CREATE INDEX
# CONCURRENTLY; and under the client with an env.py as Alembic makes it.

use strict;
use warnings;

use GwBootstrap::Recipe;
use PostgreSQL::Test::Utils;

my $recipe = GwBootstrap::Recipe->new('alembic');
my $node = $recipe->server;

$ENV{PATH} = "$ENV{DRIVER}/bin:$ENV{PATH}";
$recipe->try_out($node, 'alembic', {}, 'sh', 'start.sh');

$recipe->build('sed', '-i', 's/^transaction_per_migration = false$/transaction_per_migration = true/', 'alembic.ini');
$recipe->try_out($node, 'alembic-each', { ways => [qw(direct transaction pool2)] }, 'sh', 'start.sh');

# Fenced, with what the page says instead; and an env.py of Alembic's own, which has its URL
# from the ini file.
$recipe->instead('migrations/env.py', 'yield', 'migrations/env.py');
$recipe->build(qw(alembic -c plain.ini init plain));
$recipe->build('sh', '-c', 'cp migrations/versions/*.py plain/versions');
my $plain = q(ini=plain.$$.ini; url=$(echo "$DATABASE_URL" | sed 's/^postgresql/&+psycopg2/');)
  . q( sed "s|^sqlalchemy.url = .*|sqlalchemy.url = $url|" plain.ini >$ini; alembic -c $ini upgrade heads);
$recipe->try_out_fenced($node, 'alembic', [ 'one role', 'sh', 'start.sh' ], $plain);
$recipe->finish($node);
