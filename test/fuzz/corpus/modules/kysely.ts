import { Kysely, sql } from 'kysely'
export async function up(db: Kysely<any>): Promise<void> { await sql`select ${1}`.execute(db) }
export const down = async (db) => {}
export { up as up2, down as "down" } from './other'
module.exports = { up, down }; exports.up = up
