/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells systemd how things are: READY=, STATUS=, RELOADING=, STOPPING=. */
#pragma once

#include "daemon/manager.h"
#include "shared/strbuf.h"

struct notify {
	const struct manager *manager;
	struct manager_observer observer;
};

/** Fills in notify->observer, which keeps STATUS= up to date; manager is borrowed. */
void notify_init(struct notify *notify, const struct manager *manager);

/** The first look is over, or the settings were read again. */
void notify_ready(const struct notify *notify);

/** The settings are being read again: notify_ready() must follow. */
void notify_reloading(void);

/** The end. */
void notify_stopping(void);

/** Appends the line that says how things are: "14 of 16 active, 1 waiting for its parent, 1
 * failed". */
void notify_format(const struct manager_counts *counts, unsigned rescans_every, struct strbuf *out);
