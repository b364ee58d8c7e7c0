/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "lib/tree.h"
#include "lib/unit.h"
#include "shared/netlink.h"
#include "shared/uevent.h"

#define MESSAGE(text) (text), sizeof(text)

/* ---- messages ---------------------------------------------------------------------- */

static void test_a_message_is_read(void **state)
{
	char bytes[] = "add@/devices/virtual/mtty/mtty/u\0ACTION=add\0DEVPATH=/x\0"
		       "SUBSYSTEM=mdev\0EMPTY=\0TWO=a=b";
	struct uevent e;

	assert_int_equal(uevent_parse(bytes, sizeof(bytes), &e), 0);
	assert_string_equal(e.action, "add");
	assert_string_equal(e.devpath, "/devices/virtual/mtty/mtty/u");
	assert_string_equal(e.subsystem, "mdev");
	assert_string_equal(uevent_field(&e, "ACTION"), "add");
	assert_string_equal(uevent_field(&e, "EMPTY"), "");
	assert_string_equal(uevent_field(&e, "TWO"), "a=b");
	assert_null(uevent_field(&e, "ACT"));
	assert_null(uevent_field(&e, "NONE"));
	assert_null(uevent_field(&e, "b"));
}

static void test_a_message_without_fields_is_read(void **state)
{
	char bytes[] = "change@/d";
	struct uevent e;

	assert_int_equal(uevent_parse(bytes, sizeof(bytes), &e), 0);
	assert_string_equal(e.subsystem, "");
	assert_null(uevent_field(&e, "ACTION"));
}

static void test_other_messages_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} rows[] = {
		{ "", 0 },
		{ MESSAGE("") },
		{ MESSAGE("libudev") },
		{ MESSAGE("libudev\0\xfe\xed\xca\xfe") },
		{ MESSAGE("add") },
		{ MESSAGE("add@") },
		{ MESSAGE("add@devices") },
		{ MESSAGE("@/devices") },
		{ "add@/devices", 12 },
		{ "add@/devices\0A=1", 16 },
		{ MESSAGE("add@/devices\0A") },
		{ MESSAGE("add@/devices\0=1") },
		{ MESSAGE("add@/devices\0A=1\0") },
		{ MESSAGE("\0add@/devices\0A=1") },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		/* Of exactly this size, for the sanitizer to see what is read behind it. */
		char *bytes = malloc(rows[i].n > 0 ? rows[i].n : 1);
		struct uevent e;

		memcpy(bytes, rows[i].bytes, rows[i].n);
		assert_int_equal(uevent_parse(bytes, rows[i].n, &e), -EBADMSG);
		free(bytes);
	}
}

static void test_size_is_bounded(void **state)
{
	static char bytes[UEVENT_SIZE_MAX + 1];
	struct uevent e;

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, "add@/", 5);
	bytes[sizeof(bytes) - 2] = '\0';
	assert_int_equal(uevent_parse(bytes, UEVENT_SIZE_MAX, &e), 0);
	assert_int_equal(strlen(e.devpath), UEVENT_SIZE_MAX - 5);
	bytes[3] = '@';
	bytes[sizeof(bytes) - 2] = 'x';
	bytes[sizeof(bytes) - 1] = '\0';
	assert_int_equal(uevent_parse(bytes, UEVENT_SIZE_MAX + 1, &e), -EBADMSG);
}

/* ---- a libnl that gives what a test says ----------------------------------------------- */

struct delivery {
	const char *bytes;
	int n; /* negative: libnl's error, with this errno: */
	int errnum;
	uint32_t sender;
	bool has_creds;
	struct ucred creds;
};

#define FROM_KERNEL(text)                                                                          \
	{                                                                                          \
		.bytes = (text), .n = (int)sizeof(text), .has_creds = true                         \
	}
#define NOTHING                                                                                    \
	{                                                                                          \
		.n = -NLE_AGAIN, .errnum = EAGAIN                                                  \
	}

static const struct delivery *deliveries;

static int give(struct nl_sock *socket, struct sockaddr_nl *sender, unsigned char **bytes,
                struct ucred **creds)
{
	const struct delivery *d = deliveries++;

	errno = d->errnum;
	if (d->n <= 0)
		return d->n;
	sender->nl_pid = d->sender;
	*bytes = malloc((size_t)d->n);
	memcpy(*bytes, d->bytes, (size_t)d->n);
	if (d->has_creds) {
		*creds = malloc(sizeof(**creds));
		**creds = d->creds;
	}
	return d->n;
}

static struct uevents *open_fake(struct netlink_library *library, const struct delivery *given)
{
	static const struct netlink_library linked = NETLINK_LINKED;
	struct uevents *u = NULL;

	*library = linked;
	library->nl_recv = give;
	deliveries = given;
	assert_int_equal(uevents_open(library, 65536, &u), 0);
	return u;
}

static void test_only_the_kernel_is_heard(void **state)
{
	static const struct delivery given[] = {
		{ .bytes = "add@/pid", .n = 9, .sender = 4711, .has_creds = true },
		{ .bytes = "add@/uid", .n = 9, .has_creds = true, .creds = { .uid = 1000 } },
		{ .bytes = "add@/cre", .n = 9, .has_creds = true, .creds = { .pid = 1 } },
		{ .bytes = "add@/non", .n = 9 },
		{ .bytes = "libudev", .n = 8, .has_creds = true },
		{ .n = -NLE_MSG_TRUNC },
		{ .n = -NLE_NOADDR },
		FROM_KERNEL("add@/kernel"),
		NOTHING,
		FROM_KERNEL("add@/later"),
		NOTHING,
	};
	struct netlink_library library;
	struct uevents *u = open_fake(&library, given);
	struct uevent e;

	assert_int_equal(uevents_receive(u, &e), 1);
	assert_string_equal(e.devpath, "/kernel");
	assert_int_equal(uevents_receive(u, &e), 0);
	assert_int_equal(uevents_receive(u, &e), 1);
	assert_string_equal(e.devpath, "/later");
	assert_int_equal(uevents_receive(u, &e), 0);
	uevents_close(u);
}

static void test_losses_are_told(void **state)
{
	static const struct delivery given[] = {
		{ .n = -NLE_NOMEM, .errnum = ENOBUFS },
		FROM_KERNEL("add@/rest"),
		NOTHING,
		{ .n = -NLE_NOMEM, .errnum = ENOMEM },
		{ .n = -NLE_FAILURE, .errnum = ENOTCONN },
		{ .n = -NLE_FAILURE },
		{ .n = 0 },
	};
	static const int want[] = { -ENOBUFS, 1, 0, -ENOMEM, -ENOTCONN, -EIO, 0 };
	struct netlink_library library;
	struct uevents *u = open_fake(&library, given);
	struct uevent e;

	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_int_equal(uevents_receive(u, &e), want[i]);
	uevents_close(u);
}

/* ---- the real libnl ------------------------------------------------------------------ */

static struct nl_sock *no_socket(void)
{
	return NULL;
}

static void test_failures_to_open_are_told(void **state)
{
	struct netlink_library library = NETLINK_LINKED;
	struct uevents *u = NULL;

	library.nl_socket_alloc = no_socket;
	assert_int_equal(uevents_open(&library, 65536, &u), -ENOMEM);
	assert_null(u);
}

static void test_the_socket_is_as_asked_for(void **state)
{
	struct netlink_library library;
	struct uevents *u = NULL;
	struct pollfd poll_fd;
	struct sockaddr_nl name;
	socklen_t len = sizeof(name);
	int size;

	assert_int_equal(netlink_load(&library, NULL), 0);
	assert_int_equal(uevents_open(&library, 65536, &u), 0);
	poll_fd = (struct pollfd){ .fd = uevents_fd(u), .events = POLLIN };
	assert_true(poll(&poll_fd, 1, 0) >= 0);
	assert_int_equal(poll_fd.revents & (POLLERR | POLLNVAL | POLLHUP), 0);
	assert_int_equal(getsockname(poll_fd.fd, (struct sockaddr *)&name, &len), 0);
	assert_int_equal(name.nl_groups, 1);
	len = sizeof(size);
	assert_int_equal(getsockopt(poll_fd.fd, SOL_SOCKET, SO_RCVBUF, &size, &len), 0);
	/* The kernel doubles what is asked for. */
	assert_int_equal(size, 2 * 65536);
	uevents_close(u);
}

/* ---- namespaces ------------------------------------------------------------------------ */

static bool can_arrive(struct tree *t)
{
	int proc = env_open_dir(t->env, "/proc");
	bool can = uevents_can_arrive(proc);

	close(proc);
	return can;
}

static void test_user_namespaces_hear_nothing(void **state)
{
	struct tree *t = *state;

	tree_dir(t, "/proc/self");
	assert_true(can_arrive(t));
	tree_file(t, "/proc/self/uid_map", "         0          0 4294967295\n");
	assert_true(can_arrive(t));
	tree_file(t, "/proc/self/uid_map", "         0     100000      65536\n");
	assert_false(can_arrive(t));
	tree_file(t, "/proc/self/uid_map", "         0          0      65536\n");
	assert_false(can_arrive(t));
	tree_file(t, "/proc/self/uid_map", "");
	assert_false(can_arrive(t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_message_is_read),
		cmocka_unit_test(test_a_message_without_fields_is_read),
		cmocka_unit_test(test_other_messages_are_refused),
		cmocka_unit_test(test_size_is_bounded),
		cmocka_unit_test(test_only_the_kernel_is_heard),
		cmocka_unit_test(test_losses_are_told),
		cmocka_unit_test(test_failures_to_open_are_told),
		cmocka_unit_test(test_the_socket_is_as_asked_for),
		cmocka_unit_test_setup_teardown(test_user_namespaces_hear_nothing, tree_setup,
		                                tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
