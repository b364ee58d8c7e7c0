/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * flood CONNECTIONS CALLS PID UID [fd]: as user UID sends CALLS calls of Undefine on each of so many
 * connections before it reads any answer, then waits for all. Prints how many were answered, with what,
 * and the most private memory, in KiB, that process PID had meanwhile. With "fd" each call carries a file
 * descriptor for its UUID. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#include "shared/macro.h"

#define LIMIT_S    300
#define NAMES_MAX  8
#define SAMPLE_ALL 20 /* answers */

struct tally {
	unsigned answers;
	unsigned results;
	struct {
		char name[128];
		unsigned n;
	} errors[NAMES_MAX];
	const char *pid;
	bool with_fd;
	unsigned long private_kib;
};

static unsigned long private_kib(const char *pid)
{
	unsigned long sum = 0, kib;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/smaps_rollup", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Private_%*[^:]: %lu kB", &kib) == 1)
			sum += kib;
	if (f)
		fclose(f);
	return sum;
}

static void sample(struct tally *tally)
{
	unsigned long kib = private_kib(tally->pid);

	if (kib > tally->private_kib)
		tally->private_kib = kib;
}

static void count_error(struct tally *tally, const char *name)
{
	for (size_t i = 0; i < NAMES_MAX; i++) {
		if (tally->errors[i].n > 0 && strcmp(tally->errors[i].name, name) != 0)
			continue;
		snprintf(tally->errors[i].name, sizeof(tally->errors[i].name), "%s", name);
		tally->errors[i].n++;
		return;
	}
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const sd_bus_error *e = sd_bus_message_get_error(m);
	struct tally *tally = userdata;

	if (tally->answers++ % SAMPLE_ALL == 0)
		sample(tally);
	if (e)
		count_error(tally, e->name);
	else
		tally->results++;
	return 0;
}

static int send_calls(sd_bus *bus, unsigned connection, unsigned calls, struct tally *tally)
{
	char uuid[37];
	int r = 0;

	for (unsigned i = 0; r >= 0 && i < calls; i++) {
		_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

		snprintf(uuid, sizeof(uuid), "00000000-0000-4000-8000-%04x%08x",
		         connection & 0xffff, i);
		r = sd_bus_message_new_method_call(bus, &m, "org.mdevmgr1", "/org/mdevmgr1",
		                                   "org.mdevmgr1.Manager", "Undefine");
		if (r >= 0)
			r = tally->with_fd
			            ? sd_bus_message_append(m, "a{sv}", 1, "uuid", "h",
			                                    STDIN_FILENO)
			            : sd_bus_message_append(m, "a{sv}", 1, "uuid", "s", uuid);
		if (r >= 0)
			r = sd_bus_call_async(bus, NULL, m, on_answer, tally, UINT64_MAX);
	}
	return r < 0 ? r : sd_bus_flush(bus);
}

/* Each connection in turn; a blocked one must not keep the others. */
static int read_answers(sd_bus **buses, unsigned n, unsigned expected, struct tally *tally)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	time_t end = time(NULL) + LIMIT_S;

	while (tally->answers < expected && time(NULL) < end) {
		int busy = 0;

		for (unsigned i = 0; i < n; i++) {
			int r = sd_bus_process(buses[i], NULL);

			if (r < 0)
				return r;
			busy |= r;
		}
		if (!busy)
			nanosleep(&pause, NULL);
	}
	return tally->answers == expected ? 0 : -ETIMEDOUT;
}

static void print_tally(const struct tally *tally)
{
	printf("answers %u\nresults %u\n", tally->answers, tally->results);
	for (size_t i = 0; i < NAMES_MAX && tally->errors[i].n > 0; i++)
		printf("%s %u\n", tally->errors[i].name, tally->errors[i].n);
	printf("private %lu\n", tally->private_kib);
}

/* The bus takes the effective user of this moment; the daemon's memory is root's to look at. */
static int open_as(uid_t uid, sd_bus **buses, unsigned n)
{
	int r = seteuid(uid) < 0 ? -errno : 0;

	for (unsigned i = 0; r >= 0 && i < n; i++)
		r = sd_bus_open_system(&buses[i]);
	return seteuid(getuid()) < 0 ? -errno : r;
}

static int flood(sd_bus **buses, unsigned n, unsigned calls, struct tally *tally)
{
	int r = 0;

	for (unsigned i = 0; r >= 0 && i < n; i++)
		r = send_calls(buses[i], i, calls, tally);
	return r < 0 ? r : read_answers(buses, n, n * calls, tally);
}

int main(int argc, char *argv[])
{
	unsigned n = argc == 5 || argc == 6 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	sd_bus **buses = calloc(n + 1, sizeof(*buses));
	struct tally tally = { .pid = n > 0 ? argv[3] : NULL,
		               .with_fd = argc == 6 && strcmp(argv[5], "fd") == 0 };
	int r;

	if (n == 0 || !buses) {
		free(buses);
		return 2;
	}
	r = open_as((uid_t)strtoul(argv[4], NULL, 10), buses, n);
	if (r >= 0)
		r = flood(buses, n, (unsigned)strtoul(argv[2], NULL, 10), &tally);
	if (r < 0)
		fprintf(stderr, "flood: %s\n", strerror(-r));
	print_tally(&tally);
	for (unsigned i = 0; i < n; i++)
		sd_bus_flush_close_unref(buses[i]);
	free(buses);
	return r < 0;
}
