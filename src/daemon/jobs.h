/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Work that may block, in child processes of the daemon: at most so many at a time, the
 * others wait in order. A child reports while it works. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "shared/macro.h"

struct jobs;
struct job;

struct job_calls {
	/* In the child: does the work. What it writes to report_fd comes to report(); what it
	 * reads there is from job_send(). It has
	 * no descriptors but 0, 1, 2 and this one, an empty signal mask, default dispositions
	 * but for SIGPIPE, which is ignored, and a session of its own: a child outlives the
	 * daemon. Returns the child's exit status. */
	int (*work)(void *userdata, int report_fd);
	/* In the daemon: a piece of the report, as it comes. May be NULL. */
	void (*report)(void *userdata, const char *bytes, size_t n);
	/* In the daemon, once: the child is gone and its report is complete; status is its exit
	 * status, or a negative errno (-ECHILD: killed by a signal; -ETIMEDOUT: it did not end in
	 * its time and was left to itself; -ECANCELED: dropped by jobs_free(); others: no child
	 * could be made). userdata is the callee's again. */
	void (*done)(void *userdata, int status);
};

/** event is borrowed; SIGCHLD must be blocked. max is at least 1. -ENOMEM. */
int jobs_new(sd_event *event, unsigned max, struct jobs **ret) _must_check_;

/** Drops all: done() is called with -ECANCELED; children go on, and nobody waits for them.
 * Not from within report() or done(). NULL is fine. */
void jobs_free(struct jobs *jobs);
DEFINE_CLEANUP(struct jobs, jobs_free);

/** Changes the limit for what begins from now on. */
void jobs_set_max(struct jobs *jobs, unsigned max);

/** Queues one. limit is in microseconds of running, 0: none; a child is never killed. *ret
 * may be NULL; it is valid until done(). On failure done() is not called. */
int jobs_add(struct jobs *jobs, const struct job_calls *calls, void *userdata, uint64_t limit,
             struct job **ret) _must_check_;

/** Sends to a child, which reads it from report_fd, after the one byte that lets it begin.
 * -EAGAIN if not all of it has room there; others: it is gone, or has not begun. */
int job_send(struct job *job, const void *bytes, size_t n) _must_check_;

/** The child reads the end of what is sent. */
void job_end(struct job *job);

/** Another limit, from now on. 0: none. */
void job_set_limit(struct job *job, uint64_t limit);

/** Children that run, without those left to themselves, and jobs that wait for one. */
size_t jobs_running(const struct jobs *jobs);
size_t jobs_waiting(const struct jobs *jobs);
