/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CheckAuthorization of polkit's authority, never waiting for it. */
#include "config.h"

#include <errno.h>
#include <stdint.h>

#include "daemon/polkit.h"

/* Somebody may have to look for a password; an authority that hangs must end, too. */
#define ASK_LIMIT_USEC    (UINT64_C(30) * 1000000)
#define PROMPT_LIMIT_USEC (UINT64_C(600) * 1000000)

#define ALLOW_USER_INTERACTION 1

/* The subject is the connection, not its process: a pid may be somebody else's by now. */
static int append_subject(sd_bus_message *m, const char *sender)
{
	return sd_bus_message_append(m, "(sa{sv})", "system-bus-name", 1, "name", "s", sender);
}

int polkit_ask(sd_bus *bus, sd_bus_message *call, sd_bus_message_handler_t on_reply, void *userdata,
               sd_bus_slot **ret)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	bool may_prompt = sd_bus_message_get_allow_interactive_authorization(call) > 0;
	const char *sender = sd_bus_message_get_sender(call);
	int r;

	if (!sender)
		return -EBADMSG;
	r = sd_bus_message_new_method_call(
		bus, &m, "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
		"org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
	if (r >= 0)
		r = append_subject(m, sender);
	if (r >= 0)
		r = sd_bus_message_append(m, "sa{ss}us", POLKIT_ACTION, 0,
		                          may_prompt ? ALLOW_USER_INTERACTION : 0, "");
	if (r >= 0)
		r = sd_bus_call_async(bus, ret, m, on_reply, userdata,
		                      may_prompt ? PROMPT_LIMIT_USEC : ASK_LIMIT_USEC);
	return r < 0 ? r : 0;
}

bool polkit_is_yes(sd_bus_message *reply)
{
	int is_authorized = 0;

	if (sd_bus_message_is_method_error(reply, NULL))
		return false;
	/* (bba{ss}): the rest says how it could have been authorized */
	return sd_bus_message_enter_container(reply, 'r', "bba{ss}") > 0 &&
	       sd_bus_message_read(reply, "b", &is_authorized) > 0 && is_authorized;
}
