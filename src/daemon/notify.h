/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells systemd how things are: READY=, STATUS=, RELOADING=, STOPPING=. */
#pragma once

#include "daemon/manager.h"
#include "shared/strbuf.h"

struct notify {
	const struct manager *manager;
	struct manager_observer observer;
	int fd; /* of notify_send(), -1: not open yet */
};

/** Fills in notify->observer, which keeps STATUS= up to date; manager is borrowed. */
void notify_init(struct notify *notify, const struct manager *manager);

/** Closes what is open. */
void notify_done(struct notify *notify);

/** As sd_notify(), for what is told often: one call, where that makes eleven. The socket is
 * kept, and not connected: whoever has the name now hears it. */
void notify_send(struct notify *notify, const char *text);

/** The first look is over, or the settings were read again. */
void notify_ready(struct notify *notify);

/** The settings are being read again: notify_ready() must follow. */
void notify_reloading(void);

/** The end. */
void notify_stopping(void);

/** Appends the line that says how things are: "14 of 16 active, 1 waiting for its parent, 1
 * failed". */
void notify_format(const struct manager_counts *counts, unsigned rescans_every, struct strbuf *out);
