/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kernel's own uevents (NETLINK_KOBJECT_UEVENT, group 1), by libnl. They need no
 * udevd. Anybody may listen. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "shared/macro.h"

/* The functions of libnl that are used: the daemon is linked with them, the command line
 * loads the library when a verb needs it. */
struct netlink_library;

/* One event. Texts live until the next is received. */
struct uevent {
	const char *action;    /* add, remove, bind, unbind, change, ... */
	const char *devpath;   /* below /sys, begins with / */
	const char *subsystem; /* "" if it tells none */
	const char *fields;    /* KEY=VALUE, each with a NUL, fields_len bytes in all */
	size_t fields_len;
};

struct uevents;

/** Opens the socket, non-blocking, its receive buffer forced to `buffer` bytes (8 MiB) where
 * we may, else as large as it gets. library is borrowed. Negative errno. */
int uevents_open(const struct netlink_library *library, size_t buffer,
                 struct uevents **ret) _must_check_;

/** NULL is fine. */
void uevents_close(struct uevents *u);
DEFINE_CLEANUP(struct uevents, uevents_close);

/** To poll for reading. */
int uevents_fd(const struct uevents *u);

/** Receives one event: 1, or 0 when there is none. -ENOBUFS: events were lost; the kernel
 * tells it once and drops all that comes until the queue is empty, so read on until 0 and
 * look at everything anew then. What does not come from the kernel (sender's pid and uid 0)
 * is passed over. */
int uevents_receive(struct uevents *u, struct uevent *ret) _must_check_;

/** The value of a field, or NULL. */
const char *uevent_field(const struct uevent *e, const char *key);

/** Reads a message's bytes; for the fuzz target. -EBADMSG. */
int uevent_parse(const char *bytes, size_t n, struct uevent *ret) _must_check_;

/** False where no event of the kernel can arrive: in a user namespace of our own, whose
 * network namespace gets none (Linux 6.1). proc is a descriptor of /proc. */
bool uevents_can_arrive(int proc);
