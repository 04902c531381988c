/*-------------------------------------------------------------------------
 *
 * fence_settings.c
 *		The settings of the fence, and that none of them fails open.
 *
 * PostgreSQL only warns when a setting that was made before the library was
 * loaded turns out to be bad or forbidden, and goes on with the default, which
 * here would be no fence.  So whatever was asked for as the key and did not
 * become it ends the session.  Where it may come from is the role, the
 * database and the configuration file, never the client.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/guc.h"

#include "compat.h"
#include "fence.h"
#include "fence_guard.h"

#define FENCE_KEY "gw_bootstrap.fence_key"

static const struct config_enum_entry modes[] = {
	{"enforce", FENCE_ENFORCE, false},
	{"warn", FENCE_WARN, false},
	{NULL, 0, false}};

static char *key_setting = NULL;
static char *fenced_setting = NULL;	/* never used, see show_fenced() */

static bool
parse_key(const char *value, int64 *key)
{
	char	   *end;

	errno = 0;
	*key = strtoll(value, &end, 10);

	return errno == 0 && end != value && *end == '\0';
}

/*
 * Only sessions of clients are fenced, so no other process may fail by this,
 * unless it is the whole server that would start without the fence.
 */
static void
refuse_session(const char *value)
{
	if (MyBackendType != B_BACKEND && !process_shared_preload_libraries_in_progress)
		return;
	ereport(FATAL,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("cannot fence this session by the value \"%s\" of \"%s\"", value, FENCE_KEY),
			 errdetail("It must be the key of an advisory lock, a bigint, and a setting of the role, the database or the configuration file, not of the client."),
			 errhint("Mend it by ALTER ROLE ... SET, or leave it out of the connection string.")));
}

static bool
check_key(char **newval, void **extra, GucSource source)
{
	int64		key;

	if (*newval == NULL)
		return true;
	if (source == PGC_S_CLIENT || source == PGC_S_INTERACTIVE || source == PGC_S_SESSION)
	{
		GUC_check_errcode(ERRCODE_CANT_CHANGE_RUNTIME_PARAM);
		GUC_check_errmsg("parameter \"%s\" cannot be set by a client", FENCE_KEY);
		GUC_check_errhint("A superuser sets it by ALTER ROLE ... SET.");
		return false;
	}
	if (!parse_key(*newval, &key))
	{
		if (source >= PGC_S_GLOBAL && source <= PGC_S_DATABASE_USER)
			refuse_session(*newval);
		GUC_check_errdetail("It must be the key of an advisory lock, a bigint.");
		return false;
	}
	return true;
}

static void
assign_key(const char *newval, void *extra)
{
	int64		key = 0;
	bool		is_set = newval != NULL && parse_key(newval, &key);

	set_fence(is_set, key);
}

/*
 * The value of a setting that no client can make, not even before the library
 * is loaded.
 */
static const char *
show_fenced(void)
{
	return key_setting ? key_setting : "";
}

/*
 * True if what was asked for before the library was loaded is not the key now.
 */
static bool
is_other_key(const char *asked_for)
{
	return asked_for != NULL && (key_setting == NULL || strcmp(key_setting, asked_for) != 0);
}

void
define_fence_settings(void)
{
	const char *placeholder = GetConfigOption(FENCE_KEY, true, false);
	char	   *asked_for = placeholder ? pstrdup(placeholder) : NULL;

	DefineCustomStringVariable(FENCE_KEY,
							   "Key under whose lock alone the sessions of a role may write.",
							   NULL, &key_setting, NULL, PGC_SUSET,
							   GUC_NOT_IN_SAMPLE, check_key, assign_key, NULL);
	DefineCustomEnumVariable("gw_bootstrap.fence_mode",
							 "Whether a write of a fenced session without the lock is an error or a warning.",
							 NULL, &fence_mode, FENCE_ENFORCE, modes, PGC_SUSET,
							 GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	DefineCustomStringVariable("gw_bootstrap.token",
							   "Token of the guard under which this session works.",
							   "If it is not set, application_name may show the token.",
							   &token_setting, NULL, PGC_USERSET,
							   GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	DefineCustomStringVariable("gw_bootstrap.fenced",
							   "Key by which this session is fenced; empty if it is not.",
							   NULL, &fenced_setting, NULL, PGC_INTERNAL,
							   GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL, NULL, show_fenced);
	EmitWarningsOnPlaceholders("gw_bootstrap");

	if (is_other_key(asked_for))
		refuse_session(asked_for);
	if (asked_for)
		pfree(asked_for);
}
