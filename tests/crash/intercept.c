/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a command, numbers its calls that can change files below a directory and, at one of them, kills
 * it or lets calls fail. A hook may stand in for a driver behind a fake sysfs.
 */
#include "config.h"

#include "intercept.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_UNABLE  77
#define EXIT_BROKEN  125
#define MAX_FAILURES 8

struct failure {
	unsigned long at;
	int error;
};

struct session {
	const char *prefix;
	const char *hook;
	FILE *log;
	bool count_all;
	bool log_reads;
	unsigned long kill_at;
	struct failure failures[MAX_FAILURES];
	size_t n_failures;
	unsigned long seen;
	int listener;
	pid_t pid;
};

struct verdict {
	bool kill;
	int error;
};

static const struct {
	const char *name;
	int number;
} errors[] = {
	{ "EIO", EIO },       { "ENOSPC", ENOSPC }, { "EINTR", EINTR },
	{ "EROFS", EROFS },   { "EDQUOT", EDQUOT }, { "ENOLCK", ENOLCK },
	{ "EBADF", EBADF },   { "EACCES", EACCES }, { "EPERM", EPERM },
	{ "EAGAIN", EAGAIN }, { "EINVAL", EINVAL }, { "EOPNOTSUPP", EOPNOTSUPP },
};

static int parse_errno(const char *name)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].number;
	errx(EXIT_BROKEN, "%s: unknown errno", name);
}

static bool below(const char *path, const char *prefix)
{
	return strncmp(path, prefix, strlen(prefix)) == 0;
}

/* The hook's exit status is the errno that the writer gets, 0 lets the write happen. */
static int ask_hook(const struct session *s, const struct seccomp_data *data, pid_t pid,
                    const struct call *call)
{
	char text[4096];
	int status;
	pid_t hook;

	call_written_text(data, pid, text, sizeof(text));
	hook = fork();
	if (hook == 0) {
		execl(s->hook, s->hook, call->path, text, NULL);
		_exit(EXIT_BROKEN);
	}
	if (hook < 0 || waitpid(hook, &status, 0) != hook || !WIFEXITED(status))
		errx(EXIT_BROKEN, "%s failed", s->hook);
	return WEXITSTATUS(status);
}

/* Of processes that the command starts, only what they do to files counts. */
static bool is_ours(const struct session *s, const struct call *call, pid_t pid)
{
	if (call->path[0])
		return below(call->path, s->prefix) || below(call->target, s->prefix);
	return pid == s->pid;
}

static int planned_error(const struct session *s)
{
	for (size_t i = 0; i < s->n_failures; i++)
		if (s->failures[i].at == s->seen)
			return s->failures[i].error;
	return 0;
}

static struct verdict judge(struct session *s, const struct seccomp_data *data, pid_t pid)
{
	struct verdict verdict = { .kill = false };
	struct call call;

	if (s->count_all) {
		s->seen++;
		return verdict;
	}
	if (!call_decode(data, pid, &call) || (!call.writes && !s->log_reads))
		return verdict;
	if (!is_ours(s, &call, pid))
		return verdict;

	s->seen++;
	fprintf(s->log, "%lu %s %s%s%s\n", s->seen, call.name, call.path,
	        call.target[0] ? " -> " : "", call.target);
	fflush(s->log);
	verdict.kill = s->seen == s->kill_at;
	verdict.error = planned_error(s);
	if (verdict.error == 0 && s->hook && !verdict.kill && data->nr == SYS_write)
		verdict.error = ask_hook(s, data, pid, &call);
	return verdict;
}

/* The kernel's structures may be larger than ours. */
union request {
	struct seccomp_notif notif;
	char space[1024];
};

union reply {
	struct seccomp_notif_resp resp;
	char space[1024];
};

static void serve_one(struct session *s)
{
	union request request;
	union reply reply;
	struct verdict verdict;

	memset(&request, 0, sizeof(request));
	memset(&reply, 0, sizeof(reply));
	/* ENOENT: killed before it could be looked at */
	if (ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
		return;
	verdict = judge(s, &request.notif.data, request.notif.pid);
	if (verdict.kill)
		kill(s->pid, SIGKILL);
	/* an answer would let the dying process make the call */
	if (verdict.kill && (pid_t)request.notif.pid == s->pid)
		return;
	reply.resp.id = request.notif.id;
	reply.resp.error = -verdict.error;
	reply.resp.flags = verdict.error ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

static int serve(struct session *s)
{
	struct pollfd pollfd = { .fd = s->listener, .events = POLLIN };
	int status;

	/* hung up once nobody is left who uses the filter */
	while (poll(&pollfd, 1, -1) > 0 && !(pollfd.revents & POLLHUP))
		serve_one(s);
	if (waitpid(s->pid, &status, 0) != s->pid)
		err(EXIT_BROKEN, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void parse_failure(struct session *s, const char *text)
{
	const char *equals = strchr(text, '=');

	if (!equals || s->n_failures == MAX_FAILURES)
		errx(EXIT_BROKEN, "%s: not NUMBER=ERRNO, or too many", text);
	s->failures[s->n_failures++] = (struct failure){ .at = strtoul(text, NULL, 10),
		                                         .error = parse_errno(equals + 1) };
}

static void parse_options(struct session *s, int argc, char **argv)
{
	const char *log = NULL;

	for (int opt; (opt = getopt(argc, argv, "+p:o:k:f:x:rc")) != -1;) {
		switch (opt) {
		case 'p':
			s->prefix = optarg;
			break;
		case 'o':
			log = optarg;
			break;
		case 'k':
			s->kill_at = strtoul(optarg, NULL, 10);
			break;
		case 'f':
			parse_failure(s, optarg);
			break;
		case 'x':
			s->hook = optarg;
			break;
		case 'r':
			s->log_reads = true;
			break;
		case 'c':
			s->count_all = true;
			break;
		default:
			exit(EXIT_BROKEN);
		}
	}
	if (optind == argc || !log)
		errx(EXIT_BROKEN,
		     "usage: intercept -o LOG [-p DIR] [-k N] [-f N=ERRNO]... [-x HOOK] "
		     "[-r | -c] -- COMMAND...");
	s->log = fopen(log, "we");
	if (!s->log)
		err(EXIT_BROKEN, "%s", log);
}

int main(int argc, char *argv[])
{
	struct session s = { .prefix = "/" };
	int status;

	parse_options(&s, argc, argv);
	s.listener = listener_spawn(argv + optind, s.count_all, &s.pid);
	if (s.listener < 0) {
		warnx("seccomp notification is not possible here: %s", strerror(-s.listener));
		return EXIT_UNABLE;
	}
	status = serve(&s);
	if (s.count_all)
		fprintf(s.log, "%lu\n", s.seen);
	if (fclose(s.log) != 0)
		err(EXIT_BROKEN, "log");
	return status;
}
