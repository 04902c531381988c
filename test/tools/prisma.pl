# Its schema engine is a download of its own, which not every place has; the same
# engine as WebAssembly is in the package, over a driver adapter.
{
	files => sub {
		return (
			'prisma/schema.prisma' => qq(datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n),
			'prisma/migrations/migration_lock.toml' => qq(provider = "postgresql"\n),
			'prisma.config.mjs' => <<'JS',
import Result from 'pg/lib/result.js'
import { PrismaPg } from '@prisma/adapter-pg'

// The adapter does not know the type "name", for which that engine asks.
const addFields = Result.prototype.addFields
Result.prototype.addFields = function (fields) {
  for (const field of fields) if (field.dataTypeID === 19) field.dataTypeID = 25
  return addFields.call(this, fields)
}

export default {
  schema: 'prisma/schema.prisma',
  experimental: { adapter: true },
  engine: 'js',
  adapter: async () => new PrismaPg({ connectionString: process.env.DATABASE_URL, max: 1 }),
}
JS
			map { sprintf('prisma/migrations/202401%02d000000_step/migration.sql', $_->{n}) => "$_->{sql}\n" } @_);
	},
	leaves => [ 1, 7 ],
	newer => 6,
	pruned => 1,
	direct => 'its lock stays on a pooled backend',
};
