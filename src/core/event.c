/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As drivers/vfio/mdev sends them (Linux 6.1, 6.12): MDEV_STATE in a change event of the
 * parent; the devices' own events with the parent's directory in their path. */
#include "config.h"

#include <string.h>

#include "core/event.h"
#include "core/sysfs.h"

struct word {
	const char *text;
	enum event_kind kind;
};

static const struct word states[] = {
	{ "registered", EVENT_PARENT_REGISTERED },
	{ "unregistered", EVENT_PARENT_UNREGISTERED },
};

static const struct word device_actions[] = {
	{ "add", EVENT_DEVICE_ADDED },
	{ "bind", EVENT_DEVICE_BOUND },
	{ "unbind", EVENT_DEVICE_UNBOUND },
	{ "remove", EVENT_DEVICE_REMOVED },
};

static const struct word other_actions[] = {
	{ "unbind", EVENT_PARENT_GONE },
	{ "remove", EVENT_PARENT_GONE },
};

static enum event_kind find_word(const struct word *words, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i].text, text) == 0)
			return words[i].kind;
	return EVENT_OTHER;
}

static enum event_kind kind_of(const struct uevent *uevent)
{
	const char *state = uevent_field(uevent, "MDEV_STATE");

	if (state)
		return strcmp(uevent->action, "change") == 0
		               ? find_word(states, ARRAY_SIZE(states), state)
		               : EVENT_OTHER;
	if (strcmp(uevent->subsystem, "mdev") == 0)
		return find_word(device_actions, ARRAY_SIZE(device_actions), uevent->action);
	return find_word(other_actions, ARRAY_SIZE(other_actions), uevent->action);
}

/* The last component of a path of n bytes; *n becomes what stands before its slash. */
static bool take_name(const char *path, size_t *n, char ret[static EVENT_PARENT_MAX])
{
	const char *slash = memrchr(path, '/', *n);
	size_t len = slash ? *n - (size_t)(slash - path) - 1 : 0;

	if (!slash || len >= EVENT_PARENT_MAX)
		return false;
	memcpy(ret, slash + 1, len);
	ret[len] = '\0';
	*n = (size_t)(slash - path);
	return sysfs_name_is_plain(ret);
}

static bool take_uuid(const char *path, size_t *n, struct mdev_uuid *ret)
{
	char name[EVENT_PARENT_MAX];

	return take_name(path, n, name) && mdev_uuid_is_canonical(name) &&
	       mdev_uuid_parse(name, ret) == 0;
}

void event_read(const struct uevent *uevent, struct event *ret)
{
	struct event event = { .kind = kind_of(uevent) };
	size_t n = strlen(uevent->devpath);
	bool is_device = event.kind >= EVENT_DEVICE_ADDED;

	ret->kind = EVENT_OTHER;
	if (event.kind == EVENT_OTHER)
		return;
	if (is_device && !take_uuid(uevent->devpath, &n, &event.uuid))
		return;
	if (!take_name(uevent->devpath, &n, event.parent))
		return;
	*ret = event;
}

/* css: a subchannel, its driver; ccw: the device on it, as long as the host has it, and
 * whether it is online; ap: adapters and queues, and /devices/ap itself, which has no
 * subsystem in sysfs and yet says ap (drivers/s390/crypto/ap_bus.c, Linux 6.12). */
static const struct {
	const char *subsystem;
	const char *action;
} hardware[] = {
	{ "css", "add" }, { "css", "remove" }, { "css", "bind" }, { "css", "unbind" },
	{ "ccw", "add" }, { "ccw", "change" }, { "ap", "add" },   { "ap", "change" },
};

bool event_is_hardware(const struct uevent *uevent)
{
	/* Our own doing, most of the time; told by the parent itself. */
	if (uevent_field(uevent, "MDEV_STATE"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(hardware); i++)
		if (strcmp(uevent->subsystem, hardware[i].subsystem) == 0 &&
		    strcmp(uevent->action, hardware[i].action) == 0)
			return true;
	return false;
}
