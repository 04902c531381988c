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
find_hosts(Hosts *hosts, PGconn *conn)
{
	PQconninfoOption *options = PQconninfo(conn);
	const char *lists;

	hosts->host = take_list(options, "host");
	hosts->hostaddr = take_list(options, "hostaddr");
	hosts->port = take_list(options, "port");
	hosts->most = strtol(setting_value(options, "connect_timeout"), NULL, 10) * (Millis) 1000;
	lists = hosts->hostaddr ? hosts->hostaddr : hosts->host;
	hosts->count = lists ? count_items(lists) : 1;
	PQconninfoFree(options);
}

/*
 * A connection has been started: from now on divide the time among its hosts.
 */
void
hosts_begin(Hosts *hosts, PGconn *conn, Millis until)
{
	if (hosts->count == 0)
		find_hosts(hosts, conn);
	hosts->turn = (until - now_ms()) / hosts->count;
	if (hosts->most > 0)
		hosts->turn = Min(hosts->turn, hosts->most);
	hosts->current = NULL;
}

/*
 * Until when to wait for the host that libpq is trying.
 */
Millis
hosts_turn(Hosts *hosts, const PGconn *conn, Millis until)
{
	/* each host has a string of its own, even if it says the same */
	const char *current = PQhost(conn);

	if (hosts->count == 1)
		return until;
	if (current != hosts->current)
	{
		hosts->current = current;
		hosts->begun = now_ms();
	}
	return Min(until, hosts->begun + hosts->turn);
}

/*
 * Its turn has ended: leave it out.  Returns false if no other is left.
 */
bool
hosts_skip(Hosts *hosts, const PGconn *conn)
{
	/* PQhost() tells an address if there is no name */
	const char *names = hosts->host ? hosts->host : hosts->hostaddr;
	int			n = 0;

	if (hosts->count <= 1)
		return false;
	while (n < hosts->count - 1 &&
		   !(item_fits(names, n, PQhost(conn)) && item_fits(hosts->port, n, PQport(conn))))
		n++;
	log_debug("leaving out host \"%s\", port %s, which is silent", PQhost(conn), PQport(conn));
	hosts->skipped = true;
	remove_item(hosts->host, n);
	remove_item(hosts->hostaddr, n);
	remove_item(hosts->port, n);
	hosts->count--;
	return true;
}

void
hosts_free(Hosts *hosts)
{
	free(hosts->host);
	free(hosts->hostaddr);
	free(hosts->port);
	memset(hosts, 0, sizeof(*hosts));
}
