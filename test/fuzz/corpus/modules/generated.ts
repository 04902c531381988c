// migration:generate
export class Init1700000000002 implements MigrationInterface {
    name = 'Init1700000000002'
    async up(q) { await q.query("CREATE TABLE \"a\" (b text)"); /* class No1700000000009 */ }
    async down(q) { await q.query('DROP TABLE "a"') }
}
