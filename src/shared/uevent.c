/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A netlink socket without netlink headers in its messages: what libnl gives is the
 * socket, its memory and the sender's credentials. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <netlink/errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "shared/file.h"
#include "shared/netlink.h"
#include "shared/uevent.h"

/* Group 1 is the kernel's, 2 is udevd's. */
#define KERNEL_GROUP 1

struct uevents {
	const struct netlink_library *library;
	struct nl_sock *socket;
	unsigned char *message; /* the last one, libnl's memory; freed by free() */
};

/* libnl's own numbers say less than the errno that its failing call leaves. */
static int error_of_libnl(int errnum)
{
	return errnum > 0 ? -errnum : -EIO;
}

/* SO_RCVBUF is capped at 208 KiB (rmem_max) without a word. */
static int set_buffer(int fd, size_t buffer)
{
	int size = buffer < INT_MAX / 2 ? (int)buffer : INT_MAX / 2;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) == 0)
		return 0;
	return setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0 ? -errno : 0;
}

static int connect_socket(struct uevents *u, size_t buffer)
{
	const struct netlink_library *nl = u->library;
	int r;

	errno = 0;
	if (nl->nl_connect(u->socket, NETLINK_KOBJECT_UEVENT) < 0 ||
	    nl->nl_socket_set_nonblocking(u->socket) < 0 ||
	    nl->nl_socket_set_passcred(u->socket, 1) < 0 ||
	    nl->nl_socket_set_msg_buf_size(u->socket, UEVENT_SIZE_MAX) < 0)
		return error_of_libnl(errno);
	nl->nl_socket_disable_msg_peek(u->socket);
	r = set_buffer(nl->nl_socket_get_fd(u->socket), buffer);
	if (r < 0)
		return r;
	/* Last: until then nothing arrives that the small buffer could lose. */
	errno = 0;
	return nl->nl_socket_add_membership(u->socket, KERNEL_GROUP) < 0 ? error_of_libnl(errno)
	                                                                 : 0;
}

int uevents_open(const struct netlink_library *library, size_t buffer, struct uevents **ret)
{
	_cleanup_(uevents_closep) struct uevents *u = calloc(1, sizeof(*u));
	int r;

	if (!u)
		return -ENOMEM;
	u->library = library;
	u->socket = library->nl_socket_alloc();
	if (!u->socket)
		return -ENOMEM;
	r = connect_socket(u, buffer);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(u);
	return 0;
}

void uevents_close(struct uevents *u)
{
	if (!u)
		return;
	if (u->socket)
		u->library->nl_socket_free(u->socket);
	free(u->message);
	free(u);
}

int uevents_fd(const struct uevents *u)
{
	return u->library->nl_socket_get_fd(u->socket);
}

/* ---- reading ---------------------------------------------------------------------- */

/* Splits "ACTION@DEVPATH" in place. */
static int parse_header(char *header, struct uevent *ret)
{
	char *at = strchr(header, '@');

	if (!at || at == header || at[1] != '/')
		return -EBADMSG;
	*at = '\0';
	ret->action = header;
	ret->devpath = at + 1;
	return 0;
}

static bool fields_are_sound(const char *fields, size_t n)
{
	for (const char *f = fields; f < fields + n; f += strlen(f) + 1) {
		const char *equals = strchr(f, '=');

		if (!equals || equals == f)
			return false;
	}
	return true;
}

int uevent_parse(char *bytes, size_t n, struct uevent *ret)
{
	struct uevent e = { 0 };
	size_t header_len;

	/* Once the last byte is a NUL every text in it ends. */
	if (n == 0 || n > UEVENT_SIZE_MAX || bytes[n - 1] != '\0')
		return -EBADMSG;
	header_len = strlen(bytes) + 1;
	e.fields = bytes + header_len;
	e.fields_len = n - header_len;
	if (!fields_are_sound(e.fields, e.fields_len) || parse_header(bytes, &e) < 0)
		return -EBADMSG;
	e.subsystem = uevent_field(&e, "SUBSYSTEM");
	if (!e.subsystem)
		e.subsystem = "";
	*ret = e;
	return 0;
}

const char *uevent_field(const struct uevent *e, const char *key)
{
	size_t len = strlen(key);

	for (const char *f = e->fields; f < e->fields + e->fields_len; f += strlen(f) + 1)
		if (strncmp(f, key, len) == 0 && f[len] == '=')
			return f + len + 1;
	return NULL;
}

/* libnl calls a lost message "out of memory", as it does what really is. */
static int receive_error(int n, int errnum)
{
	switch (-n) {
	case NLE_AGAIN:
		return -EAGAIN;
	case NLE_NOMEM:
		return errnum == ENOMEM ? -ENOMEM : -ENOBUFS;
	case NLE_MSG_TRUNC:
	case NLE_NOADDR:
		return -EBADMSG;
	default:
		return error_of_libnl(errnum);
	}
}

/* nl_recv() and not nl_recvmsgs(), which looks for netlink headers in the message, finds
 * none, and drops it. -EBADMSG: not the kernel's. */
static int receive(struct uevents *u, struct uevent *ret)
{
	_cleanup_(freep) struct ucred *creds = NULL;
	struct sockaddr_nl sender = { 0 };
	int n;

	free(u->message);
	u->message = NULL;
	errno = 0;
	n = u->library->nl_recv(u->socket, &sender, &u->message, &creds);
	if (n < 0)
		return receive_error(n, errno);
	if (n == 0)
		return -EAGAIN;
	if (sender.nl_pid != 0 || !creds || creds->pid != 0 || creds->uid != 0)
		return -EBADMSG;
	return uevent_parse((char *)u->message, (size_t)n, ret);
}

int uevents_receive(struct uevents *u, struct uevent *ret)
{
	int r;

	do
		r = receive(u, ret);
	while (r == -EBADMSG);
	if (r == -EAGAIN)
		return 0;
	return r < 0 ? r : 1;
}

/* ---- can they arrive? ------------------------------------------------------------- */

bool uevents_can_arrive(int proc)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(closep) int fd = openat(proc, "self/uid_map", O_RDONLY | O_CLOEXEC);
	unsigned inside, outside, count;

	/* Kernels without user namespaces have no such file. */
	if (fd < 0 || file_read(fd, 4096, &text) < 0)
		return true;
	return sscanf(strbuf_str(&text), "%u %u %u", &inside, &outside, &count) == 3 &&
	       inside == 0 && outside == 0 && count == UINT_MAX;
}
