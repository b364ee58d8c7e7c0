/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mdevmgrd: options, messages, who may run it. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <syslog.h>

#include "core/store.h"
#include "daemon/daemon.h"

#define EXIT_USAGE 2

enum {
	OPTION_ONCE = 256,
	OPTION_PARENT,
	OPTION_NO_BUS,
	OPTION_WORKER,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option options[] = {
	{ "once", no_argument, NULL, OPTION_ONCE },
	{ "parent", required_argument, NULL, OPTION_PARENT },
	{ "no-bus", no_argument, NULL, OPTION_NO_BUS },
	{ "worker", no_argument, NULL, OPTION_WORKER },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL },
};

static const char usage[] =
	"Usage: mdevmgrd [--no-bus]\n"
	"       mdevmgrd --once [--parent=PARENT]\n"
	"\n"
	"Keeps mediated devices as they are defined: the daemon of mdevmgr.\n"
	"\n"
	"      --once           start what is due, then end\n"
	"      --parent=PARENT  only for this parent, which has just registered\n"
	"      --no-bus         do not connect to the system bus\n"
	"      --help           print this\n"
	"      --version        print the version\n"
	"\n"
	"See mdevmgrd(8).\n";

static int print(const char *text)
{
	return fputs(text, stdout) == EOF || fflush(stdout) == EOF ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int refuse(const char *why)
{
	fprintf(stderr, "mdevmgrd: %s (try mdevmgrd --help)\n", why);
	return EXIT_USAGE;
}

/* -1: go on. Else the exit status. */
static int parse(int argc, char *argv[], struct daemon_options *ret)
{
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case OPTION_ONCE:
			ret->once = true;
			break;
		case OPTION_PARENT:
			ret->parent = optarg;
			break;
		case OPTION_NO_BUS:
			ret->no_bus = true;
			break;
		case OPTION_WORKER:
			ret->worker = true;
			break;
		case OPTION_HELP:
			return print(usage);
		case OPTION_VERSION:
			return print("mdevmgrd " PACKAGE_VERSION "\n");
		default:
			/* getopt has said why. */
			return EXIT_USAGE;
		}
	if (optind < argc)
		return refuse("no arguments are known");
	if (ret->parent && !ret->once)
		return refuse("--parent needs --once");
	if (ret->parent && store_parent_problem(ret->parent))
		return refuse("--parent is no name of a parent");
	return -1;
}

static int fail(const struct journal *journal, const struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	error_format(err, &text);
	journal_tell(journal, &(struct journal_entry){ .priority = LOG_ERR,
	                                               .errnum = err->errnum,
	                                               .text = strbuf_str(&text) });
	return EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
	_cleanup_(error_done) struct error err = ERROR_INIT;
	_cleanup_(env_freep) struct env *env = NULL;
	_cleanup_(log_told_done) struct log_told told = { .n = 0 };
	struct daemon_options given = { .once = false };
	const char *root = getenv("MDEVCTL_ENV_ROOT");
	struct journal journal;
	struct log log;
	int r = parse(argc, argv, &given);

	if (r >= 0)
		return r;
	journal_init(&journal, &log);
	log.told = &told;
	if (!root && geteuid() != 0) {
		error_set(&err, -EPERM, "mdevmgrd must be run by root");
		return fail(&journal, &err);
	}
	r = env_new(root ? root : "", &log, &env);
	if (r < 0)
		error_set_errno(&err, r, "Cannot begin");
	else
		r = daemon_run(&given, env, &log, &journal, &err);
	return r < 0 ? fail(&journal, &err) : EXIT_SUCCESS;
}
