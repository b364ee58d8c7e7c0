/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Modules are loaded by those who know how: modprobe, or systemd's unit around it. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/module.h"
#include "shared/process.h"

#define OUTPUT_MAX  4096
#define SYSTEMD_RUN "/run/systemd/system"

static const char *const modprobes[] = { "/usr/sbin/modprobe", "/sbin/modprobe" };
static const char *const systemctls[] = { "/usr/bin/systemctl", "/bin/systemctl" };

/* Runs the first of these programs that there is. Its words, cut to a line, are the cause. */
static int run(const struct env *env, const char *const *programs, size_t n,
               const char *const *argv, unsigned limit_ms, struct error *err)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *const envp[] = { path, NULL };

	for (size_t i = 0; i < n; i++) {
		_cleanup_(process_result_done) struct process_result result = { 0 };
		_cleanup_(freep) char *program = env_path(env, programs[i]);
		const struct process_request req = { .path = program,
			                             .argv = argv,
			                             .envp = envp,
			                             .timeout_ms = limit_ms,
			                             .output_max = OUTPUT_MAX,
			                             .interrupt = env_interrupt(env) };
		int r = program ? process_run(&req, &result) : -ENOMEM;

		if (r < 0)
			return error_set_errno(err, r, "Cannot run %s", programs[i]);
		if (result.skipped)
			continue;
		if (result.interrupted)
			return error_set(err, -EINTR, "Interrupted");
		if (result.timed_out)
			return error_set(err, -ETIMEDOUT, "%s did not end in its time",
			                 programs[i]);
		if (result.status == 0)
			return 0;
		strbuf_trim(&result.err);
		error_set(err, -EIO, "%s failed", programs[i]);
		error_set_cause(err, "%s", strbuf_str(&result.err));
		return -EIO;
	}
	return error_set(err, -ENOENT, "There is no %s", programs[0]);
}

static bool has_systemd(const struct env *env)
{
	_cleanup_(closep) int fd = env_open_dir(env, SYSTEMD_RUN);

	return fd >= 0;
}

int module_load(const struct env *env, const char *name, unsigned limit_ms, struct error *err)
{
	_cleanup_(error_done) struct error reason = ERROR_INIT;
	const char *modprobe[] = { "modprobe", "-b", name, NULL };
	char unit[128];
	const char *systemctl[] = { "systemctl", "start", unit, NULL };
	int r = run(env, modprobes, ARRAY_SIZE(modprobes), modprobe, limit_ms, &reason);

	if (r == 0)
		return 0;
	if (r == -EINTR || !has_systemd(env))
		return error_move(&reason, err);
	snprintf(unit, sizeof(unit), "modprobe@%s.service", name);
	r = run(env, systemctls, ARRAY_SIZE(systemctls), systemctl, limit_ms, err);
	return r == -ENOENT ? error_move(&reason, err) : r;
}
