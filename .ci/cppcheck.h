/*
 * cppcheck.h
 *		What cppcheck must know of PostgreSQL, whose headers it does not read: without a version
 *		our own header refuses to go on, and an unknown macro ends the file that has it.
 */
#define PG_VERSION_NUM 150000
#define pg_attribute_printf(format, first)
#define pg_attribute_noreturn()
#define PG_FUNCTION_INFO_V1(function) extern Datum function(PG_FUNCTION_ARGS)
#define PG_MODULE_MAGIC extern int magic
#define PG_TRY() do { if (true) {
#define PG_CATCH() } else {
#define PG_END_TRY() } } while (0)
#define foreach(cell, list) for (cell = list_head(list); cell != NULL; cell = lnext(list, cell))
