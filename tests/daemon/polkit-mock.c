/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * polkit-mock MODE: a polkit authority on the bus of DBUS_SYSTEM_BUS_ADDRESS that says the
 * same to everybody. Prints "ready" once it has the name, then a line for each question:
 * kind of subject, name, action, flags. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "shared/macro.h"

#define INTERFACE "org.freedesktop.PolicyKit1.Authority"

enum mode {
	ALLOW,
	DENY,
	CHALLENGE, /* no, but a password would help */
	ERROR,
	NONSENSE, /* an answer of the wrong type */
	SILENT,
	_MODE_MAX,
};

static const char *const modes[_MODE_MAX] = {
	[ALLOW] = "allow", [DENY] = "deny",         [CHALLENGE] = "challenge",
	[ERROR] = "error", [NONSENSE] = "nonsense", [SILENT] = "silent",
};

static int print_question(sd_bus_message *m)
{
	const char *kind, *name, *action;
	uint32_t flags;
	int r = sd_bus_message_read(m, "(sa{sv})", &kind, 1, &name, "s", &name);

	if (r > 0)
		r = sd_bus_message_read(m, "s", &action);
	if (r > 0)
		r = sd_bus_message_skip(m, "a{ss}");
	if (r > 0)
		r = sd_bus_message_read(m, "u", &flags);
	if (r < 0)
		return r;
	printf("%s %s %s %u\n", kind, name, action, flags);
	return fflush(stdout);
}

static int on_check(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const enum mode *mode = userdata;
	int r;

	if (!sd_bus_message_is_method_call(m, INTERFACE, "CheckAuthorization"))
		return 0;
	r = print_question(m);
	if (r < 0)
		return r;
	switch (*mode) {
	case ALLOW:
	case DENY:
	case CHALLENGE:
		return sd_bus_reply_method_return(m, "(bba{ss})", *mode == ALLOW,
		                                  *mode == CHALLENGE, 0);
	case ERROR:
		return sd_bus_reply_method_errorf(m, "org.freedesktop.PolicyKit1.Error.Failed",
		                                  "It cannot be found out");
	case NONSENSE:
		return sd_bus_reply_method_return(m, "s", "yes");
	case SILENT:
	case _MODE_MAX:
		break;
	}
	return 1;
}

static int serve(sd_bus *bus)
{
	int r;

	while ((r = sd_bus_process(bus, NULL)) >= 0)
		if (r == 0 && (r = sd_bus_wait(bus, UINT64_MAX)) < 0)
			break;
	/* The bus has gone: so do we. */
	return r == -ECONNRESET || r == -ENOTCONN ? 0 : r;
}

int main(int argc, char *argv[])
{
	_cleanup_(sd_bus_unrefp) sd_bus *bus = NULL;
	enum mode mode = 0;
	int r;

	while (argc == 2 && mode < _MODE_MAX && strcmp(argv[1], modes[mode]) != 0)
		mode++;
	if (argc != 2 || mode == _MODE_MAX)
		return 2;
	r = sd_bus_open_system(&bus);
	if (r >= 0)
		/* No vtable: that would not let nonsense through. */
		r = sd_bus_add_object(bus, NULL, "/org/freedesktop/PolicyKit1/Authority", on_check,
		                      &mode);
	if (r >= 0)
		r = sd_bus_request_name(bus, "org.freedesktop.PolicyKit1", 0);
	if (r >= 0) {
		puts("ready");
		fflush(stdout);
		r = serve(bus);
	}
	if (r < 0)
		fprintf(stderr, "polkit-mock: %s\n", strerror(-r));
	return r < 0;
}
