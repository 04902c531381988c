/*-------------------------------------------------------------------------
 *
 * hosts.c
 *		Give each of several hosts its turn, although one of them is silent.
 *
 * libpq goes on to the next host when one refuses, but waits for ever for one
 * that accepts and then says nothing, such as a stopped server: what it knows
 * as connect_timeout does nothing for PQconnectPoll().  So each host may take
 * its share of the time, or the user's connect_timeout if that is less, and a
 * silent one is left out of the next attempt.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include "base/log.h"
#include "server/hosts.h"
#include "server/setting.h"

/* The hosts of a connection string that are left, and the one being tried. */
typedef struct Hosts
{
	int			count;			/* 0 if not known yet */
	bool		any_role;		/* a standby will do, as far as libpq is told */
	const char *current;		/* libpq's name of it, or NULL */
	Millis		most;			/* connect_timeout, or 0 */
	Millis		turn;			/* how long each may take */
	Millis		begun;			/* of the current one */
	bool		skipped;		/* one is left out, for as long as another answers */
} Hosts;

static int
count_items(const char *list)
{
	int			count = 1;

	for (const char *p = list; *p; p++)
		count += *p == ',';
	return count;
}

/*
 * The nth item of a list, and its length.
 */
static const char *
find_item(const char *list, int n, int *len)
{
	for (; n > 0; n--)
		list += strcspn(list, ",") + 1;
	*len = strcspn(list, ",");
	return list;
}

/*
 * True if that is what the list has there, or leaves to a default.
 */
static bool
item_fits(const char *list, int n, const char *value)
{
	const char *item;
	int			len;

	if (list == NULL)
		return true;
	item = find_item(list, count_items(list) == 1 ? 0 : n, &len);
	return len == 0 || (strlen(value) == len && strncmp(item, value, len) == 0);
}

/*
 * Remove the nth item of a list; a single one stands for all.
 */
static void
remove_item(char *list, int n)
{
	char	   *item;
	int			len;

	if (list == NULL || count_items(list) == 1)
		return;
	item = (char *) find_item(list, n, &len);
	if (item[len] == ',')
		memmove(item, item + len + 1, strlen(item + len + 1) + 1);
	else
		item[-1] = '\0';
}

static char *
take_list(const PQconninfoOption *options, const char *keyword)
{
	const char *list = setting_value(options, keyword);

	return *list ? pg_strdup(list) : NULL;
}

static void
find_hosts(Session *session, Hosts *hosts)
{
	PQconninfoOption *options = PQconninfo(session->conn);
	const char *wanted = setting_value(options, "target_session_attrs");
	const char *lists;

	session->host = take_list(options, "host");
	session->hostaddr = take_list(options, "hostaddr");
	session->port = take_list(options, "port");
	hosts->most = strtol(setting_value(options, "connect_timeout"), NULL, 10) * (Millis) 1000;
	hosts->any_role = *wanted == '\0' || strcmp(wanted, "any") == 0;
	lists = session->hostaddr ? session->hostaddr : session->host;
	hosts->count = lists ? count_items(lists) : 1;
	PQconninfoFree(options);
}

/*
 * A connection has been started: from now on divide the time among its hosts.
 */
static void
begin_turns(Session *session, Hosts *hosts, Millis until)
{
	if (hosts->count == 0)
		find_hosts(session, hosts);
	hosts->turn = (until - now_ms()) / hosts->count;
	if (hosts->most > 0)
		hosts->turn = Min(hosts->turn, hosts->most);
	/* libpq passes a standby over only if that is asked for */
	session->standby_hint = hosts->count > 1 && hosts->any_role ?
		"Of several hosts, target_session_attrs=read-write takes the primary." :
		NULL;
}

/*
 * Until when to wait for the host that libpq is trying.
 */
static Millis
host_turn(Session *session, Millis until)
{
	Hosts	   *hosts = session->hosts;
	/* each host has a string of its own, even if it says the same */
	const char *current = PQhost(session->conn);

	if (hosts->current == NULL)
		begin_turns(session, hosts, until);
	if (current != hosts->current)
	{
		hosts->current = current;
		hosts->begun = now_ms();
	}
	return hosts->count == 1 ? until : Min(until, hosts->begun + hosts->turn);
}

/*
 * Its turn has ended: leave it out.  Returns false if no other is left.
 */
static bool
skip_host(Session *session, Hosts *hosts)
{
	const char *host = PQhost(session->conn);	/* an address if there is no name */
	const char *port = PQport(session->conn);
	const char *names = session->host ? session->host : session->hostaddr;
	int			n = 0;

	if (hosts->count <= 1)
		return false;
	while (n < hosts->count - 1 && !(item_fits(names, n, host) && item_fits(session->port, n, port)))
		n++;
	log_debug("leaving out host \"%s\", port %s, which is silent", host, port);
	hosts->skipped = true;
	remove_item(session->host, n);
	remove_item(session->hostaddr, n);
	remove_item(session->port, n);
	hosts->count--;
	return true;
}

static void
forget_hosts(Session *session)
{
	free(session->host);
	free(session->hostaddr);
	free(session->port);
	free(session->hosts);
	session->host = session->hostaddr = session->port = NULL;
	session->hosts = NULL;
	session->turn = NULL;
}

/*
 * A host failed before, and may come back: that is told, too, and is worth trying
 * again.
 */
static void
tell_earlier(Failure *failure, const Failure *earlier)
{
	char	   *both = psprintf("%s; %s", earlier->message, failure->message);

	free(failure->message);
	failure->message = both;
	failure_set_kind(failure, FAILURE_RETRY);
}

/*
 * Connect to the first of the hosts that answers.  Whoever connects again and
 * again does not wait for a silent one each time.
 */
bool
open_in_turns(Session *session, const char *conninfo, Millis until)
{
	Failure		silent = {0};
	bool		opened;

	if (session->hosts == NULL)
		session->hosts = pg_malloc0(sizeof(Hosts));
	session->turn = host_turn;
	for (;;)
	{
		session->hosts->current = NULL;
		opened = session_try_to_open(session, conninfo, until);
		if (opened || !session->failure.timed_out || now_ms() >= until || stop_signal() != 0 ||
			!skip_host(session, session->hosts))
			break;
		failure_copy(&silent, &session->failure);
		session_drop(session);
	}
	if (!opened && silent.kind != FAILURE_NONE && session->failure.kind == FAILURE_FINAL)
		tell_earlier(&session->failure, &silent);
	failure_clear(&silent);
	if (!opened || !session->hosts->skipped)
		forget_hosts(session);
	return opened;
}
