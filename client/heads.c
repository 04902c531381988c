/*-------------------------------------------------------------------------
 *
 * heads.c
 *		"gw_bootstrap heads": what the other commands would expect.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "base/output.h"
#include "commands.h"
#include "migrations/migration_set.h"

ExitCode
do_heads(const Options *options)
{
	for (SimpleStringListCell *cell = options->target.expected_heads.head; cell; cell = cell->next)
	{
		if (!fits_list(cell->val))
		{
			log_event(LOG_ERROR,
					  "A list has one head a line without blanks around it; \"#\" begins a comment.",
					  NULL, "expected head \"%s\" cannot be shown in a list of heads", cell->val);
			return EXIT_USAGE;
		}
	}
	for (SimpleStringListCell *cell = options->target.expected_heads.head; cell; cell = cell->next)
		puts(cell->val);
	return output_arrived() ? EXIT_READY : EXIT_STEP_FAILED;
}
