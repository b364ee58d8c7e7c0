/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs two commands in turn (A, B, A, B, ...) and prints the median of the pairs' ratios of wall time,
 * both medians and both memory peaks. Kept tiny: a child's peak begins with what its launcher had.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_PAIRS 1001

struct sample {
	double us;
	long peak_kib;
};

struct series {
	char **argv;
	double us[MAX_PAIRS];
	double peak_kib[MAX_PAIRS];
};

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

static struct sample run_once(char **argv)
{
	struct sample sample;
	struct rusage usage;
	double start = now_us();
	pid_t pid;
	int status;

	/* fork() would copy page tables in the time that is measured */
	pid = vfork();
	if (pid == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		err(EXIT_FAILURE, "%s", argv[0]);
	sample.us = now_us() - start;
	sample.peak_kib = usage.ru_maxrss;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(EXIT_FAILURE, "%s failed with status 0x%x", argv[0], status);
	return sample;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void run_pair(struct series *a, struct series *b, size_t i)
{
	struct sample sample;

	sample = run_once(a->argv);
	a->us[i] = sample.us;
	a->peak_kib[i] = sample.peak_kib;
	sample = run_once(b->argv);
	b->us[i] = sample.us;
	b->peak_kib[i] = sample.peak_kib;
}

/* The children's output is not what is measured here, but they must produce it. */
static FILE *keep_stdout(void)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), null = open("/dev/null", O_WRONLY);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (!out || null < 0 || dup2(null, STDOUT_FILENO) < 0)
		err(EXIT_FAILURE, "stdout");
	close(null);
	return out;
}

static char **split_commands(char **argv)
{
	for (; *argv; argv++) {
		if (strcmp(*argv, "--") == 0) {
			*argv = NULL;
			return argv + 1;
		}
	}
	return NULL;
}

int main(int argc, char *argv[])
{
	static struct series a, b;
	static double ratio[MAX_PAIRS];
	struct rusage self;
	size_t pairs;
	FILE *out;

	pairs = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
	if (argc > 2) {
		a.argv = argv + 2;
		b.argv = split_commands(a.argv);
	}
	if (pairs < 1 || pairs > MAX_PAIRS || !a.argv[0] || !b.argv || !b.argv[0])
		errx(2, "usage: measure PAIRS COMMAND-A... -- COMMAND-B...  (1 to %d pairs)",
		     MAX_PAIRS);

	out = keep_stdout();
	/* the caches are warm for both */
	run_once(a.argv);
	run_once(b.argv);
	for (size_t i = 0; i < pairs; i++) {
		run_pair(&a, &b, i);
		ratio[i] = b.us[i] / a.us[i];
	}
	getrusage(RUSAGE_SELF, &self);
	fprintf(out, "%.2f %.0f %.0f %.0f %.0f %ld\n", median(ratio, pairs), median(a.us, pairs),
	        median(b.us, pairs), median(a.peak_kib, pairs), median(b.peak_kib, pairs),
	        self.ru_maxrss);
	return fclose(out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
