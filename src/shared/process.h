/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a program to its end: input written while output is drained, everything
 * bounded in size and time, its whole process group killed when the time is over. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/macro.h"
#include "shared/strbuf.h"

struct process_request {
	const char *path; /* executed directly, no shell, no PATH */
	const char *const *argv;
	char *const *envp;
	const char *input; /* stdin's content, input_len bytes; then EOF */
	size_t input_len;
	unsigned timeout_ms; /* then SIGKILL to the process group */
	size_t output_max;   /* bytes kept of stdout and of stderr each; what is beyond is
				  * drained and dropped, the result says so */
	const volatile sig_atomic_t *interrupt; /* may be NULL; once nonzero: as timed out */
};

struct process_result {
	bool skipped; /* not executable (EACCES, ENOEXEC, ENOENT, EISDIR...): never ran */
	int status;   /* exit status, -1 when killed by a signal */
	int signal;   /* 0 or the signal that ended it */
	bool timed_out;
	bool interrupted;
	bool truncated;
	struct strbuf out; /* stdout */
	struct strbuf err; /* stderr */
};

/** Runs it. 0 whatever its end was; negative errno only when we could not run a
 * process at all (EAGAIN, ENOMEM, EMFILE). The child is a direct child of ours in a
 * process group of its own, with an empty signal mask, default dispositions (SIGPIPE
 * too), no descriptors but 0, 1, 2. A background child that keeps stdout open does
 * not hold us: after the main child's exit what is in the pipe is read, no more. */
int process_run(const struct process_request *req, struct process_result *ret) _must_check_;

/** Releases the buffers. */
void process_result_done(struct process_result *r);
