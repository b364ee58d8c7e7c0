/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The program: sets up messages and signals, hands argv to the command line. */
#include "config.h"

#include <errno.h>
#include <signal.h>

#include "cli/cli.h"

static volatile sig_atomic_t interrupt_signal;

static void on_signal(int signal)
{
	interrupt_signal = signal;
}

/* Without SA_RESTART: a blocked read or write returns, and what is half done is undone.
 * One that whoever started us ignores (nohup, a shell's background jobs) stays ignored. */
static void stop_on(int signal)
{
	struct sigaction stop = { .sa_handler = on_signal }, before;

	if (sigaction(signal, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(signal, &stop, NULL);
}

/* A terminal that goes away must leave no half-made device either. A closed pipe is an
 * error of write(), not our death. */
static void install_signals(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	stop_on(SIGINT);
	stop_on(SIGTERM);
	stop_on(SIGHUP);
	sigaction(SIGPIPE, &ignore, NULL);
}

int main(int argc, char *argv[])
{
	_cleanup_(env_freep) struct env *env = NULL;
	const char *root = getenv("MDEVCTL_ENV_ROOT");
	struct messages messages;
	struct log log;
	int status, r;

	install_signals();
	messages_init(&messages);
	messages_open_log(&messages, &log);
	r = env_new(root ? root : "", &log, &env);
	if (r < 0) {
		_cleanup_(error_done) struct error err = ERROR_INIT;

		error_set_errno(&err, r, "Cannot begin");
		return messages_print_error(&messages, &err);
	}
	env_set_interrupt(env, &interrupt_signal);
	status = cli_main(argc, argv, env, &messages);
	return status != CLI_SUCCESS && interrupt_signal ? 128 + interrupt_signal : status;
}
