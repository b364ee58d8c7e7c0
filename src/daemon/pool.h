/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tasks that may block, served by processes that outlive them: to make and end a process
 * costs more than most tasks. A process has one task at a time; as long as all are held up,
 * tasks that wait get more of them, at most so many. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "shared/macro.h"
#include "shared/strbuf.h"

struct pool;

struct pool_calls {
	/* In the daemon, when a process is there for it: appends the task as a text. */
	void (*format)(void *task, struct strbuf *out);
	/* In the process: does it, as struct job_calls' work(). What it writes to report_fd has
	 * no NUL. The process may exit in it, which is the end of this task too, and exits when it
	 * returns a negative errno. */
	int (*serve)(void *userdata, const char *text, int report_fd);
	/* In the daemon: a process has it, or begins with it. NULL: nobody cares. */
	void (*begun)(void *task);
	/* In the daemon: a piece of the report. */
	void (*report)(void *task, const char *bytes, size_t n);
	/* In the daemon, once: as struct job_calls' done(). task is the callee's again. */
	void (*done)(void *task, int status);
};

/** event is borrowed, calls too. userdata is serve()'s, as it was when the process was made;
 * max is at least 1. -ENOMEM. */
int pool_new(sd_event *event, const struct pool_calls *calls, void *userdata, unsigned max,
             struct pool **ret) _must_check_;

/** Drops all, as jobs_free(): processes end after the task that they have. NULL is fine. */
void pool_free(struct pool *pool);
DEFINE_CLEANUP(struct pool, pool_free);

/** Lets processes that know what was until now end after their task, and changes the limit. */
void pool_renew(struct pool *pool, unsigned max);

/** Queues a task. limit is in microseconds from when a process has it: then it is left to
 * itself. On failure done() is not called. */
int pool_add(struct pool *pool, void *task, uint64_t limit) _must_check_;

/** In a process: it comes forward with its task, and is not held up. */
void pool_step(struct pool *pool);

/** Tasks that wait or are being done. */
size_t pool_busy(const struct pool *pool);
