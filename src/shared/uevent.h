/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kernel's own uevents (NETLINK_KOBJECT_UEVENT, group 1), by libnl. They need no
 * udevd. Anybody may listen. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "shared/macro.h"

struct netlink_library; /* shared/netlink.h */

/* What is longer is not the kernel's: a path and 2 KiB of fields (Linux 6.1). */
#define UEVENT_SIZE_MAX 16384

/* The receive buffer that the daemon asks for, in bytes. */
#define UEVENT_BUFFER (8 * 1024 * 1024)

/* One event. Texts live until the next is received. */
struct uevent {
	const char *action;    /* add, remove, bind, unbind, change, ... */
	const char *devpath;   /* below /sys, begins with / */
	const char *subsystem; /* "" if it tells none */
	const char *fields;    /* KEY=VALUE, each with a NUL, fields_len bytes in all */
	size_t fields_len;
};

struct uevents;

/** Opens the socket, non-blocking, its receive buffer forced to `buffer` bytes where we may
 * (CAP_NET_ADMIN), else as large as it gets. library is borrowed. Negative errno. */
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

/** Reads the n bytes of a message, into which ret points then: ACTION@DEVPATH and fields,
 * each with its NUL. -EBADMSG for anything else, udevd's own messages among it. */
int uevent_parse(char *bytes, size_t n, struct uevent *ret) _must_check_;

/** False where no event of the kernel can arrive: in a user namespace of our own, whose
 * network namespace gets none (Linux 6.1). proc is a descriptor of /proc. */
bool uevents_can_arrive(int proc);
