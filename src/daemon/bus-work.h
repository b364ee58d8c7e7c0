/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One operation that somebody on the bus asked for: done in a child of the daemon, which
 * hears of the outcome in a report and makes the reply from it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "core/env.h"
#include "core/request.h"
#include "core/settings.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

/* A child reports no more than this: bytes. */
#define BUS_REPORT_MAX (256 * 1024)

/** In the child: does what the message asks for in the world of env, and reports. A
 * SIGTERM undoes what is half done. Returns the exit status. */
int bus_work_do(const struct env *env, const struct settings *settings, enum request_kind kind,
                sd_bus_message *m, int report_fd);

/** How long the child may take, in microseconds: more than all that it may wait for.
 * Past that it hangs in something that nobody can end, as a read of sysfs may. 0: without
 * end. is_wait: it waits for a device's users. */
uint64_t bus_work_limit(const struct settings *settings, enum request_kind kind, bool is_wait);

/** The process that reports, once it has said so; else 0. */
pid_t bus_work_pid(const struct strbuf *report);

/** Answers the call: the result, or the error that was reported. A report that is not whole
 * is an error; status is the job's, which tells why. Negative errno if no answer could be
 * sent. */
int bus_work_reply(const struct strbuf *report, int status, sd_bus_message *call);
