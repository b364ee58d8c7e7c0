/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include "core/event.h"
#include "lib/unit.h"

#define U    "11111111-1111-1111-1111-11111111111a"
#define MTTY "/devices/virtual/mtty/mtty"
/* 255 bytes, the longest name that a directory can have */
#define N50  "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define N255 N50 N50 N50 N50 N50 "nnnnn"

static const struct {
	const char *action;
	const char *devpath;
	const char *fields; /* separated by blanks */
	enum event_kind kind;
	const char *parent;
} rows[] = {
	{ "change", MTTY, "SUBSYSTEM=mtty MDEV_STATE=registered", EVENT_PARENT_REGISTERED, "mtty" },
	{ "change", MTTY, "MDEV_STATE=unregistered", EVENT_PARENT_UNREGISTERED, "mtty" },
	{ "change", "/devices/vfio_ap/matrix", "SUBSYSTEM=matrix MDEV_STATE=registered",
	  EVENT_PARENT_REGISTERED, "matrix" },
	{ "change", "/devices/pci0000:3a/0000:3b:00.4", "SUBSYSTEM=pci MDEV_STATE=registered",
	  EVENT_PARENT_REGISTERED, "0000:3b:00.4" },
	{ "change", "/we!ird\\ x", "MDEV_STATE=registered", EVENT_PARENT_REGISTERED, "we!ird\\ x" },
	{ "change", "/d/" N255, "MDEV_STATE=registered", EVENT_PARENT_REGISTERED, N255 },
	{ "add", MTTY "/" U, "SUBSYSTEM=mdev", EVENT_DEVICE_ADDED, "mtty" },
	{ "bind", MTTY "/" U, "SUBSYSTEM=mdev DRIVER=vfio_mdev", EVENT_DEVICE_BOUND, "mtty" },
	{ "unbind", MTTY "/" U, "SUBSYSTEM=mdev", EVENT_DEVICE_UNBOUND, "mtty" },
	{ "remove", MTTY "/" U, "SUBSYSTEM=mdev", EVENT_DEVICE_REMOVED, "mtty" },
	{ "remove", "/devices/css0/0.0.0313", "SUBSYSTEM=css", EVENT_PARENT_GONE, "0.0.0313" },
	{ "unbind", "/devices/pci0000:00/0000:00:02.0", "SUBSYSTEM=pci", EVENT_PARENT_GONE,
	  "0000:00:02.0" },
	{ "remove", MTTY, "", EVENT_PARENT_GONE, "mtty" },
	/* nothing of ours */
	{ "change", MTTY, "SUBSYSTEM=mtty", EVENT_OTHER, NULL },
	{ "change", MTTY, "MDEV_STATE=resting", EVENT_OTHER, NULL },
	{ "change", MTTY, "MDEV_STATE=", EVENT_OTHER, NULL },
	{ "add", MTTY, "MDEV_STATE=registered", EVENT_OTHER, NULL },
	{ "add", MTTY, "SUBSYSTEM=mtty", EVENT_OTHER, NULL },
	{ "bind", "/devices/css0/0.0.0313", "SUBSYSTEM=css", EVENT_OTHER, NULL },
	{ "change", MTTY "/" U, "SUBSYSTEM=mdev SYNTH_ARG_MDEVMGR=ready", EVENT_OTHER, NULL },
	{ "add", "/bus/mdev", "SUBSYSTEM=bus", EVENT_OTHER, NULL },
	/* names that are none */
	{ "add", MTTY "/not-a-uuid", "SUBSYSTEM=mdev", EVENT_OTHER, NULL },
	{ "add", MTTY "/11111111-1111-1111-1111-11111111111A", "SUBSYSTEM=mdev", EVENT_OTHER,
	  NULL },
	{ "add", MTTY "/1111111111111111111111111111111a", "SUBSYSTEM=mdev", EVENT_OTHER, NULL },
	{ "add", "/" U, "SUBSYSTEM=mdev", EVENT_OTHER, NULL },
	{ "add", "//" U, "SUBSYSTEM=mdev", EVENT_OTHER, NULL },
	{ "add", "/devices/../" U, "SUBSYSTEM=mdev", EVENT_OTHER, NULL },
	{ "add", "/devices/./" U, "SUBSYSTEM=mdev", EVENT_OTHER, NULL },
	{ "add", "/devices/a\nb/" U, "SUBSYSTEM=mdev", EVENT_OTHER, NULL },
	{ "add", "/d/" N255 "n/" U, "SUBSYSTEM=mdev", EVENT_OTHER, NULL },
	{ "change", "/d/" N255 "n", "MDEV_STATE=registered", EVENT_OTHER, NULL },
	{ "change", "/", "MDEV_STATE=registered", EVENT_OTHER, NULL },
	{ "change", "/devices/..", "MDEV_STATE=registered", EVENT_OTHER, NULL },
	{ "remove", "/devices/", "", EVENT_OTHER, NULL },
};

/* The kernel's bytes for a row. */
static size_t make_message(size_t i, char *bytes, size_t size)
{
	int n = snprintf(bytes, size, "%s@%s", rows[i].action, rows[i].devpath);
	size_t header = (size_t)n + 1;

	if (rows[i].fields[0] == '\0')
		return header;
	n = snprintf(bytes + header, size - header, "%s", rows[i].fields);
	for (char *blank = bytes + header; (blank = strchr(blank, ' '));)
		*blank = '\0';
	return header + (size_t)n + 1;
}

static void test_kinds_and_names(void **state)
{
	struct mdev_uuid uuid;

	assert_int_equal(mdev_uuid_parse(U, &uuid), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char bytes[1024];
		size_t n = make_message(i, bytes, sizeof(bytes));
		struct uevent uevent;
		struct event event;

		assert_int_equal(uevent_parse(bytes, n, &uevent), 0);
		event_read(&uevent, &event);
		if (event.kind != rows[i].kind)
			print_message("row %zu: %s %s\n", i, rows[i].action, rows[i].devpath);
		assert_int_equal(event.kind, rows[i].kind);
		if (rows[i].parent)
			assert_string_equal(event.parent, rows[i].parent);
		if (event.kind >= EVENT_DEVICE_ADDED)
			assert_int_equal(mdev_uuid_compare(&event.uuid, &uuid), 0);
	}
}

static void test_hardware(void **state)
{
	static const struct {
		const char *action, *subsystem, *fields;
		bool is_hardware;
	} cases[] = {
		{ "add", "css", "", true },
		{ "unbind", "css", "", true },
		{ "change", "css", "MDEV_STATE=registered", false },
		{ "change", "css", "", false },
		{ "add", "ccw", "", true },
		{ "remove", "ccw", "", false },
		{ "change", "ap", "BINDINGS=complete COMPLETECOUNT=1", true },
		{ "add", "pci", "", false },
		{ "add", "mdev", "", false },
		{ "add", "", "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char bytes[512];
		struct uevent uevent;
		int n = snprintf(bytes, sizeof(bytes), "%s@/d/x SUBSYSTEM=%s%s%s", cases[i].action,
		                 cases[i].subsystem, *cases[i].fields ? " " : "", cases[i].fields);

		for (int j = 0; j < n; j++)
			if (bytes[j] == ' ')
				bytes[j] = '\0';
		assert_int_equal(uevent_parse(bytes, (size_t)n + 1, &uevent), 0);
		assert_int_equal(event_is_hardware(&uevent), cases[i].is_hardware);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds_and_names),
		cmocka_unit_test(test_hardware),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
