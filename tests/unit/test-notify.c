/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The line that systemd shows. */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/notify.h"
#include "lib/tree.h"
#include "lib/unit.h"

struct line {
	struct manager_counts counts;
	unsigned rescans_every;
	const char *text;
};

static void test_lines(void **state)
{
	static const struct line lines[] = {
		{ .counts = { .autos = 0 }, .text = "0 of 0 active" },
		{ .counts = { .autos = 16,
		              .auto_states = { [DEVICE_ACTIVE] = 14,
		                               [DEVICE_WAITING_PARENT] = 1,
		                               [DEVICE_FAILED] = 1 } },
		  .text = "14 of 16 active, 1 waiting for its parent, 1 failed" },
		{ .counts = { .autos = 6,
		              .auto_states = { [DEVICE_WAITING_PARENT] = 2,
		                               [DEVICE_STUCK] = 3,
		                               [DEVICE_INACTIVE] = 1 } },
		  .text = "0 of 6 active, 2 waiting for their parents, 1 stopped, 3 stuck" },
		{ .counts = { .autos = 1, .auto_states = { [DEVICE_ACTIVE] = 1 } },
		  .rescans_every = 30,
		  .text = "1 of 1 active (no kernel events here: looking every 30 s)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

		notify_format(&lines[i].counts, lines[i].rescans_every, &text);
		assert_string_equal(strbuf_str(&text), lines[i].text);
	}
}

/* A state without words would be counted by nobody. */
static void test_every_state_is_told(void **state)
{
	for (int i = 0; i < _DEVICE_STATE_MAX; i++) {
		_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
		struct manager_counts counts = { .autos = 1 };

		counts.auto_states[i] = 1;
		notify_format(&counts, 0, &text);
		assert_string_not_equal(strbuf_str(&text), "0 of 1 active");
	}
}

/* ---- to whom ---------------------------------------------------------------------------- */

static int listen_at(const char *name, socklen_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	memcpy(address.sun_path, name, size);
	size += offsetof(struct sockaddr_un, sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	return fd;
}

static void assert_heard(int fd, const char *text)
{
	char found[64] = "";

	assert_int_equal(recv(fd, found, sizeof(found) - 1, 0), strlen(text));
	assert_string_equal(found, text);
	assert_int_equal(recv(fd, found, sizeof(found), 0), -1);
	assert_int_equal(errno, EAGAIN);
}

/* A service manager that has begun anew has another socket of that name. */
static void test_sends_to_whoever_has_the_name(void **state)
{
	struct tree *t = *state;
	struct notify notify;
	char path[108];
	int fd, kept;

	assert_true((size_t)snprintf(path, sizeof(path), "%s/notify", t->root) < sizeof(path));
	assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
	notify_init(&notify, NULL);
	notify_send(&notify, "STATUS=unheard");
	fd = listen_at(path, (socklen_t)strlen(path) + 1);
	notify_send(&notify, "STATUS=1");
	assert_heard(fd, "STATUS=1");
	kept = notify.fd;
	assert_true(kept >= 0);
	notify_send(&notify, "STATUS=2");
	assert_heard(fd, "STATUS=2");
	close(fd);
	tree_remove(t, "/notify");
	fd = listen_at(path, (socklen_t)strlen(path) + 1);
	notify_send(&notify, "STATUS=3");
	assert_heard(fd, "STATUS=3");
	assert_int_equal(notify.fd, kept);
	close(fd);
	notify_done(&notify);
	unsetenv("NOTIFY_SOCKET");
}

static void test_sends_to_an_abstract_name(void **state)
{
	struct notify notify;
	char name[64];
	int fd, n = snprintf(name, sizeof(name), "@mdevmgr-test-%d", (int)getpid());

	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	name[0] = '\0';
	fd = listen_at(name, (socklen_t)n);
	notify_init(&notify, NULL);
	notify_send(&notify, "STATUS=1");
	assert_heard(fd, "STATUS=1");
	close(fd);
	notify_done(&notify);
	unsetenv("NOTIFY_SOCKET");
	notify_send(&notify, "STATUS=2");
	assert_int_equal(notify.fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_every_state_is_told),
		cmocka_unit_test_setup_teardown(test_sends_to_whoever_has_the_name, tree_setup,
		                                tree_teardown),
		cmocka_unit_test(test_sends_to_an_abstract_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
