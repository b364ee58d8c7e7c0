/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * uevent_parse(), and event_read() of what it takes: nothing but a plain name is ever
 * told, and what is told can be found in the message. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/event.h"
#include "core/sysfs.h"
#include "fuzz/fuzz.h"

static void require_inside(const char *text, const char *bytes, size_t n)
{
	fuzz_require(text >= bytes && text + strlen(text) < bytes + n);
}

static void require_sound(const struct uevent *e, const char *bytes, size_t n)
{
	const char *f = e->fields;
	size_t left = e->fields_len;

	require_inside(e->action, bytes, n);
	require_inside(e->devpath, bytes, n);
	fuzz_require(e->action[0] != '\0' && e->devpath[0] == '/');
	fuzz_require(e->subsystem[0] == '\0' || uevent_field(e, "SUBSYSTEM") == e->subsystem);
	while (left > 0) {
		size_t len = strnlen(f, left);

		fuzz_require(len < left && memchr(f, '=', len) > (const void *)f);
		f += len + 1;
		left -= len + 1;
	}
	fuzz_require(f == bytes + n);
}

static void require_event(const struct uevent *e)
{
	char uuid[MDEV_UUID_TEXT_MAX];
	struct event event;

	event_read(e, &event);
	if (event.kind == EVENT_OTHER)
		return;
	fuzz_require(sysfs_name_is_plain(event.parent));
	fuzz_require(strstr(e->devpath, event.parent));
	if (event.kind < EVENT_DEVICE_ADDED)
		return;
	mdev_uuid_format(&event.uuid, uuid);
	fuzz_require(strcmp(strrchr(e->devpath, '/') + 1, uuid) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size > 0 ? size : 1);
	struct uevent e;
	int r;

	fuzz_require(bytes);
	if (size > 0)
		memcpy(bytes, data, size);
	r = uevent_parse(bytes, size, &e);
	fuzz_require(r == 0 || r == -EBADMSG);
	if (r == 0) {
		require_sound(&e, bytes, size);
		require_event(&e);
	}
	free(bytes);
	return 0;
}
