/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The functions of libnl that are used, as a table: a program is linked with them, or
 * loads the library when it needs it. Tests put their own there. */
#pragma once

#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "shared/error.h"
#include "shared/macro.h"

/* clang-format off */
#define NETLINK_FUNCTIONS(each)									\
	each(nl_connect)									\
	each(nl_recv)										\
	each(nl_socket_add_membership)								\
	each(nl_socket_alloc)									\
	each(nl_socket_disable_msg_peek)							\
	each(nl_socket_free)									\
	each(nl_socket_get_fd)									\
	each(nl_socket_set_msg_buf_size)							\
	each(nl_socket_set_nonblocking)								\
	each(nl_socket_set_passcred)
/* clang-format on */

#define NETLINK_MEMBER(name) __typeof__(name) *name;
#define NETLINK_LINK(name)   .name = name,

struct netlink_library {
	NETLINK_FUNCTIONS(NETLINK_MEMBER)
};

/* Initializer for a program that is linked with libnl:
 *     static const struct netlink_library netlink = NETLINK_LINKED; */
#define NETLINK_LINKED                                                                             \
	{                                                                                          \
		NETLINK_FUNCTIONS(NETLINK_LINK)                                                    \
	}

/** Loads libnl. -ELIBACC, -ELIBBAD with a message, as library_load(). */
int netlink_load(struct netlink_library *ret, struct error *err) _must_check_;
