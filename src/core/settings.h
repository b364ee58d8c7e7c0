/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The administrator's settings: /etc/mdevmgr/mdevmgr.conf, its drop-ins, and the same
 * below /usr/lib. For command line and daemon. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/campaign.h"
#include "core/env.h"
#include "shared/log.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

/* A larger file is passed over. */
#define SETTINGS_SIZE_MAX 65536

/* Times in microseconds. */
struct settings {
	struct campaign_policy retry;
	int64_t create_timeout;  /* a driver that takes longer is told as stuck */
	int64_t callout_timeout; /* pre, post, live and notify scripts */
	int64_t settle;          /* after an event, before looking */
	int64_t settle_max;      /* ... however many come */
	unsigned workers_max;    /* parents worked on at the same time */
	unsigned calls_max;      /* D-Bus calls worked on at the same time */
	int64_t parent_grace;    /* boot: how long a missing parent is waited for */
	int64_t devices_timeout; /* boot: how long mdevmgr-devices.service waits at all */
	int64_t users_grace;     /* shutdown: how long users may take to leave */
	bool stop_at_shutdown;   /* shutdown: take defined devices down at all */
	bool worker_sandbox;     /* false: workers run outside the daemon's sandbox */
};

/** The defaults. */
void settings_init(struct settings *ret);

/** Reads all files: /usr/lib/mdevmgr/mdevmgr.conf or, instead, /etc/mdevmgr/mdevmgr.conf,
 * then mdevmgr.conf.d/NAME.conf of both in order of their names, one of /etc hiding one of
 * /usr/lib of the same name. Unknown keys and bad values are warned about with file and
 * line, and passed over. Missing files are fine. *ret holds the defaults for all else.
 * -ENOMEM. */
int settings_read(const struct env *env, struct settings *ret) _must_check_;

/** Takes over what one file says; path is its name in warnings. log may be NULL. -ENOMEM,
 * with *ret unchanged. */
int settings_parse(const char *bytes, size_t n, const char *path, const struct log *log,
                   struct settings *ret) _must_check_;

/** Appends all settings as a file that settings_parse() reads. */
void settings_format(const struct settings *s, struct strbuf *out);
