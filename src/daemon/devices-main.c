/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mdevmgr-devices up|down, the program of mdevmgr-devices.service. Whatever happens, it is
 * told in the journal and the exit status is 0: no boot or shutdown fails for a device. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/devices.h"

static volatile sig_atomic_t interrupt_signal;

static void on_signal(int signal)
{
	interrupt_signal = signal;
}

/* Without SA_RESTART: what sleeps wakes up. */
static void install_signals(void)
{
	const struct sigaction stop = { .sa_handler = on_signal };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static int run(struct env *env, const struct journal *journal, bool is_up)
{
	_cleanup_(devices_done) struct devices d = { 0 };
	int r = devices_init(env, journal, &d);

	if (r < 0)
		return r;
	return is_up ? devices_up(&d) : devices_down(&d);
}

int main(int argc, char *argv[])
{
	_cleanup_(env_freep) struct env *env = NULL;
	const char *root = getenv("MDEVCTL_ENV_ROOT");
	struct journal journal;
	struct log log;
	int r;

	if (argc != 2 || (strcmp(argv[1], "up") != 0 && strcmp(argv[1], "down") != 0)) {
		fprintf(stderr, "Usage: mdevmgr-devices up|down\n");
		return 2;
	}
	install_signals();
	journal_init(&journal, &log);
	r = env_new(root ? root : "", &log, &env);
	if (r == 0) {
		env_set_interrupt(env, &interrupt_signal);
		r = run(env, &journal, strcmp(argv[1], "up") == 0);
	}
	if (r < 0)
		log_message(&log, LOG_LEVEL_ERROR, "Cannot bring devices %s: %s", argv[1],
		            strerror(-r));
	return 0;
}
