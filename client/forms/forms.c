/*-------------------------------------------------------------------------
 *
 * forms.c
 *		What was asked for, in the forms in which others write it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "forms/conninfo.h"
#include "forms/forms.h"
#include "options/values.h"

/*
 * Make what a driver takes what libpq takes.  Whoever starts no migration, and
 * asks nothing where it would connect, hands --migration-url on unjudged.
 */
void
take_connection_strings(Options *options)
{
	const char *source = option_source("--migration-url");
	bool		own_way = options->migration_conninfo == options->migration_url;

	if (!(options->mode->needs & NEEDS_DATABASE))
		return;
	if (options->migration_url && is_uri(options->migration_url))
		check_text(options->migration_url, source);
	options->conninfo = make_conninfo(options->dbname, option_source("--dbname"));
	options->migration_conninfo = own_way ? make_conninfo(options->migration_url, source) :
											options->conninfo;
}

/*
 * Refuse a command that is no command, before anything is done.
 */
void
take_commands(Options *options)
{
	if (!(options->mode->needs & MAY_MIGRATE))
		return;
	if (options->migrate != NULL && !options->skip_migrations)
		options->migrate_words = command_arguments(options->migrate, option_source("--migrate"));
	if (options->post != NULL)
		options->post_words = command_arguments(options->post, option_source("--post"));
}
