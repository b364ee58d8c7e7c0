/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * register CONTROL PARENTS DEVICES N CPUSTAT|- [LIMIT]: lets parents register and waits until N mediated
 * devices are active and udevd has nothing left to do; prints what that took:
 * milliseconds until all were active, milliseconds until udevd was done, the system's CPU time until
 * then, processes made, CPU time of our own loop, CPU time of the control group whose cpu.stat is given.
 *
 * PARENTS: a file with what is written to CONTROL, line by line. DEVICES: "-", or a file with lines
 * "FILE UUID": the bare loop that others are compared with writes each UUID to its file.
 */
#include "config.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define POLL_NS 100000000

struct usage {
	double cpu; /* milliseconds of the whole system, idle and waiting left out */
	unsigned long processes;
	double group;
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1000000;
}

static FILE *open_file(const char *path)
{
	FILE *f = fopen(path, "re");

	if (!f)
		err(EXIT_FAILURE, "%s", path);
	return f;
}

static void read_stat(struct usage *ret)
{
	unsigned long long v[10] = { 0 };
	char line[4096];
	FILE *f = open_file("/proc/stat");

	while (fgets(line, sizeof(line), f)) {
		/* user nice system idle iowait irq softirq steal; guest is in user */
		if (sscanf(line, "cpu  %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1],
		           &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) == 8)
			ret->cpu = (double)(v[0] + v[1] + v[2] + v[5] + v[6]) * 1000 /
			           (double)sysconf(_SC_CLK_TCK);
		sscanf(line, "processes %lu", &ret->processes);
	}
	fclose(f);
}

static void read_group(const char *path, struct usage *ret)
{
	unsigned long long us = 0;
	char line[256];
	FILE *f;

	if (strcmp(path, "-") == 0)
		return;
	f = open_file(path);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "usage_usec %llu", &us) == 1)
			break;
	fclose(f);
	ret->group = (double)us / 1000;
}

static void read_usage(const char *group, struct usage *ret)
{
	memset(ret, 0, sizeof(*ret));
	read_stat(ret);
	read_group(group, ret);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(EXIT_FAILURE, "%s: %s", path, text);
	close(fd);
}

static void register_parents(const char *control, const char *path)
{
	char line[512];
	FILE *f = open_file(path);

	while (fgets(line, sizeof(line), f))
		write_file(control, line);
	fclose(f);
}

static void create_devices(const char *path)
{
	char line[1024], file[900], uuid[64];
	FILE *f = open_file(path);

	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%899s %63s", file, uuid) == 2)
			write_file(file, uuid);
	fclose(f);
}

static unsigned long count_devices(void)
{
	DIR *dir = opendir("/sys/bus/mdev/devices");
	unsigned long n = 0;

	if (!dir)
		err(EXIT_FAILURE, "/sys/bus/mdev/devices");
	for (struct dirent *e; (e = readdir(dir));)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* False when the limit came first. */
static int wait_for(int (*is_there)(unsigned long), unsigned long arg, double end)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };

	while (!is_there(arg)) {
		if (now_ms() > end)
			return 0;
		nanosleep(&pause, NULL);
	}
	return 1;
}

static int all_are_active(unsigned long n)
{
	return count_devices() >= n;
}

/* udevd's own sign, which udevadm settle looks at. */
static int udev_is_done(unsigned long unused)
{
	return access("/run/udev/queue", F_OK) < 0;
}

/* More than one look: what is done in answer to events makes new ones. */
static int udev_stays_done(unsigned long unused)
{
	const struct timespec pause = { .tv_nsec = 3 * POLL_NS };

	for (int i = 0; i < 5; i++) {
		if (!udev_is_done(0))
			return 0;
		nanosleep(&pause, NULL);
	}
	return 1;
}

static double own_cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

int main(int argc, char *argv[])
{
	double begin, end, active, done, loop = 0;
	struct usage before, after;
	unsigned long n;

	if (argc < 6)
		errx(EXIT_FAILURE, "usage: register CONTROL PARENTS DEVICES N CPUSTAT [LIMIT]");
	n = strtoul(argv[4], NULL, 10);
	read_usage(argv[5], &before);
	begin = now_ms();
	end = begin + (argc > 6 ? strtod(argv[6], NULL) : 900) * 1000;
	register_parents(argv[1], argv[2]);
	if (strcmp(argv[3], "-") != 0) {
		loop = own_cpu();
		create_devices(argv[3]);
		loop = own_cpu() - loop;
	}
	if (!wait_for(all_are_active, n, end))
		errx(EXIT_FAILURE, "%lu of %lu devices are active", count_devices(), n);
	active = now_ms();
	if (!wait_for(udev_stays_done, 0, end))
		errx(EXIT_FAILURE, "udevd is not done");
	done = now_ms();
	read_usage(argv[5], &after);
	printf("%.0f %.0f %.0f %lu %.0f %.0f\n", active - begin, done - begin,
	       after.cpu - before.cpu, after.processes - before.processes, loop,
	       after.group - before.group);
	return 0;
}
