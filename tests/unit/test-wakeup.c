/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What wakes whoever waits, with a socket that does what a test says. */
#include "cli/wakeup.c"

#include <netlink/errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/tree.h"
#include "lib/unit.h"

/* A socket that always has something to read. */
static int pair[2];
static int answer; /* what libnl gives: 0, or its error */
static int answer_errno;
static unsigned n_received;

static int fake_fd(const struct nl_sock *socket)
{
	return pair[0];
}

static int fake_receive(struct nl_sock *socket, struct sockaddr_nl *sender, unsigned char **bytes,
                        struct ucred **creds)
{
	int given = answer;

	n_received++;
	errno = answer_errno;
	answer = -NLE_AGAIN;
	answer_errno = EAGAIN;
	return given;
}

/* A failure stays. */
static int fake_fail(struct nl_sock *socket, struct sockaddr_nl *sender, unsigned char **bytes,
                     struct ucred **creds)
{
	n_received++;
	errno = ENOTCONN;
	return -NLE_FAILURE;
}

static struct wakeup *open_fake(struct tree *t, __typeof__(nl_recv) *receive)
{
	static const struct netlink_library linked = NETLINK_LINKED;
	struct wakeup *w = NULL;

	assert_int_equal(wakeup_new(t->env, &w), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(write(pair[1], "x", 1), 1);
	w->netlink = linked;
	assert_int_equal(uevents_open(&w->netlink, 65536, &w->uevents), 0);
	w->netlink.nl_socket_get_fd = fake_fd;
	w->netlink.nl_recv = receive;
	n_received = 0;
	return w;
}

static void close_fake(struct wakeup *w)
{
	wakeup_free(w);
	close(pair[0]);
	close(pair[1]);
}

static void test_a_broken_socket_wakes_once(void **state)
{
	struct wakeup *w = open_fake(*state, fake_fail);

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(wakeup_wait(w, 0, 10), 0);
	assert_int_equal(n_received, 1);
	close_fake(w);
}

static void test_lost_events_are_a_change_and_no_end(void **state)
{
	struct wakeup *w = open_fake(*state, fake_receive);

	answer = -NLE_NOMEM;
	answer_errno = ENOBUFS;
	assert_true(read_uevents(w));
	assert_int_equal(n_received, 2);
	assert_false(read_uevents(w));
	assert_int_equal(n_received, 3);
	close_fake(w);
}

#define row(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_a_broken_socket_wakes_once),
		row(test_lost_events_are_a_change_and_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
