/*-------------------------------------------------------------------------
 *
 * compat.h
 *		Every difference between the server versions that we support.
 *
 * Each block says what upstream changed; no other file looks at
 * PG_VERSION_NUM.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_COMPAT_H
#define GW_BOOTSTRAP_COMPAT_H

#if PG_VERSION_NUM < 130000 || PG_VERSION_NUM >= 200000
#error "gw_bootstrap supports PostgreSQL 13 to 19"
#endif

#include "catalog/pg_authid.h"
#include "storage/lock.h"
#include "utils/regproc.h"

/* 14 moved backend status and wait events out of pgstat.h, and renamed the role. */
#if PG_VERSION_NUM >= 140000
#include "utils/backend_status.h"
#include "utils/wait_event.h"
#define compat_forget_backend_status() pgstat_clear_backend_activity_snapshot()
#else
#include "pgstat.h"
#define compat_forget_backend_status() pgstat_clear_snapshot()
#define ROLE_PG_READ_ALL_STATS DEFAULT_ROLE_READ_ALL_STATS
#endif

/* 14 gave pg_terminate_backend() a timeout; 0 is "do not wait". */
#if PG_VERSION_NUM >= 140000
#define compat_terminate_backend(pid) \
	DirectFunctionCall2(pg_terminate_backend, Int32GetDatum(pid), Int64GetDatum(0))
#else
#define compat_terminate_backend(pid) \
	DirectFunctionCall1(pg_terminate_backend, Int32GetDatum(pid))
#endif

/* 16 added soft errors to name parsing. */
#if PG_VERSION_NUM >= 160000
#define compat_qualified_name_list(name) stringToQualifiedNameList(name, NULL)
#else
#define compat_qualified_name_list(name) stringToQualifiedNameList(name)
#endif

/* 16 moved what is known of varlena types out of postgres.h. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/*
 * 16 renamed the look-up by position, and the SQL functions that take a
 * "backend id" no longer take that position; 17 renamed the id itself.
 */
#if PG_VERSION_NUM >= 170000
#define compat_local_beentry(i) pgstat_get_local_beentry_by_index(i)
#define compat_backend_id(local, i) ((local)->proc_number)
#elif PG_VERSION_NUM >= 160000
#define compat_local_beentry(i) pgstat_get_local_beentry_by_index(i)
#define compat_backend_id(local, i) ((local)->backend_id)
#else
#define compat_local_beentry(i) pgstat_fetch_stat_local_beentry(i)
#define compat_backend_id(local, i) (i)
#endif

/* 17 lets the question whether we hold a lock include stronger modes. */
#if PG_VERSION_NUM >= 170000
#define compat_lock_held_by_me(tag, mode) LockHeldByMe(tag, mode, false)
#else
#define compat_lock_held_by_me(tag, mode) LockHeldByMe(tag, mode)
#endif

/*
 * 17 made the backend id of a virtual transaction a number of its process, and
 * renamed the look-up of that.
 */
#if PG_VERSION_NUM >= 170000
#define compat_vxid_backend(vxid) ((vxid).procNumber)
#define compat_backend_proc(id) ProcNumberGetProc(id)
#else
#define compat_vxid_backend(vxid) ((vxid).backendId)
#define compat_backend_proc(id) BackendIdGetProc(id)
#endif

/* 18 can log that a lock was not had. */
#if PG_VERSION_NUM >= 180000
#define compat_lock_acquire(tag, mode, session, locallock) \
	LockAcquireExtended(tag, mode, session, true, true, locallock, false)
#else
#define compat_lock_acquire(tag, mode, session, locallock) \
	LockAcquireExtended(tag, mode, session, true, true, locallock)
#endif

/* 14 lets hooks know whether they may scribble on a utility statement's tree. */
#if PG_VERSION_NUM >= 140000
#define COMPAT_UTILITY_PARAMETERS \
	PlannedStmt *pstmt, const char *queryString, bool readOnlyTree, \
		ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *queryEnv, \
		DestReceiver *dest, QueryCompletion *qc
#define COMPAT_UTILITY_ARGUMENTS \
	pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc
#else
#define COMPAT_UTILITY_PARAMETERS \
	PlannedStmt *pstmt, const char *queryString, \
		ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *queryEnv, \
		DestReceiver *dest, QueryCompletion *qc
#define COMPAT_UTILITY_ARGUMENTS \
	pstmt, queryString, context, params, queryEnv, dest, qc
#endif

/* 18 took away the last parameter of ExecutorRun(). */
#if PG_VERSION_NUM >= 180000
#define COMPAT_EXECUTE_ONCE_PARAMETER
#define COMPAT_EXECUTE_ONCE
#else
#define COMPAT_EXECUTE_ONCE_PARAMETER , bool execute_once
#define COMPAT_EXECUTE_ONCE , execute_once
#endif

/* 18 lets a library tell its name and version: pg_get_loaded_modules(). */
#if PG_VERSION_NUM >= 180000
#define COMPAT_MODULE_MAGIC(module_name, module_version) \
	PG_MODULE_MAGIC_EXT(.name = module_name, .version = module_version)
#else
#define COMPAT_MODULE_MAGIC(module_name, module_version) PG_MODULE_MAGIC
#endif

/* 18 added generated columns that are computed on reading. */
#if PG_VERSION_NUM >= 180000
#define compat_is_virtual(att) ((att)->attgenerated == ATTRIBUTE_GENERATED_VIRTUAL)
#else
#define compat_is_virtual(att) false
#endif

#endif							/* GW_BOOTSTRAP_COMPAT_H */
