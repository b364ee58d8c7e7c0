/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Planning the start of a device: from definition and facts to steps. Pure. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/failure.h"
#include "core/plan.h"

/* The kernel's own files of a device: writing them is not setting an attribute. */
static bool is_kernel_file(const char *name)
{
	return strcmp(name, "remove") == 0 || strcmp(name, "uevent") == 0;
}

static bool part_is(const char *part, size_t n, const char *text)
{
	return n == strlen(text) && memcmp(part, text, n) == 0;
}

const char *plan_attr_name_problem(const char *name)
{
	if (name[0] == '\0')
		return "its name is empty";
	if (name[0] == '/')
		return "its name is an absolute path";
	if (is_kernel_file(name))
		return "it is the kernel's own file, no attribute";
	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		if (*p < 0x20 || *p == 0x7f)
			return "its name holds a control character";
	for (const char *part = name;; part++) {
		size_t n = strcspn(part, "/");

		if (n == 0 || part_is(part, n, ".") || part_is(part, n, ".."))
			return "its name leads out of the device's directory";
		part += n;
		if (*part == '\0')
			return NULL;
	}
}

static int check_attrs(const char *uuid, const struct attrs *attrs, struct error *err)
{
	for (size_t i = 0; i < attrs->n; i++) {
		const char *problem = plan_attr_name_problem(attrs->items[i].name);

		if (!problem)
			continue;
		error_set(err, -EINVAL, "Invalid attribute '%s'", attrs->items[i].name);
		error_set_cause(err, "device %s: %s", uuid, problem);
		error_set_mark(err, FAILURE_ATTRIBUTE);
		return -EINVAL;
	}
	return 0;
}

static int check_inactive(const char *uuid, const char *parent, const char *type,
                          const struct start_facts *f, struct error *err)
{
	if (!f->is_active)
		return 0;
	if (strcmp(f->active_parent, parent) != 0) {
		error_set(err, -EEXIST, "Device exists under different parent");
		error_set_cause(err, "%s is active on parent %s", uuid, f->active_parent);
		error_set_mark(err, FAILURE_ELSEWHERE);
	} else if (strcmp(f->active_type, type) != 0) {
		error_set(err, -EEXIST, "Device exists with different type");
		error_set_cause(err, "%s is active with type %s", uuid, f->active_type);
	} else {
		error_set(err, -EEXIST, "Device already exists");
		error_set_cause(err, "%s is active on parent %s", uuid, parent);
	}
	error_set_advice(err, "stop it first: mdevmgr stop -u %s", uuid);
	return -EEXIST;
}

static int check_parent(const char *parent, const char *type, const struct start_facts *f,
                        struct error *err)
{
	if (!f->has_parent) {
		if (f->similar_parent)
			return error_set(err, -ENODEV,
			                 "Unable to find parent device '%s'. Did you mean '%s'?",
			                 parent, f->similar_parent);
		error_set(err, -ENODEV, "Unable to find parent device '%s'", parent);
		error_set_advice(err, "it is not there, or its driver has not registered it; "
		                      "'mdevmgr types' lists the parents");
		return -ENODEV;
	}
	if (!f->has_types) {
		error_set(err, -ENODEV, "Parent %s is not currently registered for mdev support",
		          parent);
		error_set_advice(err, "is its driver loaded and set up for mediated devices?");
		return -ENODEV;
	}
	if (!f->has_type) {
		error_set(err, -ENOENT, "Parent %s does not support mdev type %s", parent, type);
		error_set_advice(err, "'mdevmgr types -p %s' lists what it offers", parent);
		error_set_mark(err, FAILURE_NO_TYPE);
		return -ENOENT;
	}
	return 0;
}

static int check_available(const char *parent, const char *type, const struct start_facts *f,
                           struct error *err)
{
	if (f->available_reason) {
		error_set(err, -EINVAL, "%s", f->available_reason);
		error_add_cause(err, "in available_instances of type %s of parent %s", type,
		                parent);
		return -EINVAL;
	}
	if (f->available_error < 0) {
		error_set(err, f->available_error, "%s", strerror(-f->available_error));
		error_add_cause(err, "reading available_instances of type %s of parent %s", type,
		                parent);
		return f->available_error;
	}
	/* Only zero means none: drivers that do not count say a negative number. */
	if (f->available == 0) {
		error_set(err, -ENOSPC, "No available instances of %s on %s", type, parent);
		error_set_advice(err, "stop another device of this parent first");
		error_set_mark(err, FAILURE_NO_INSTANCE);
		return -ENOSPC;
	}
	return 0;
}

static int add_create(const struct mdev_uuid *uuid, const char *parent, const struct definition *d,
                      struct plan *plan)
{
	const struct plan_step step = {
		.kind = PLAN_CREATE, .uuid = *uuid, .parent = parent, .type = d->type
	};

	return plan_add(plan, &step);
}

static int add_attrs(const struct mdev_uuid *uuid, const char *parent, const struct definition *d,
                     size_t first, struct plan *plan)
{
	int r = 0;

	for (size_t i = first; r == 0 && i < d->attrs.n; i++) {
		const struct plan_step step = { .kind = PLAN_SET_ATTRIBUTE,
			                        .uuid = *uuid,
			                        .parent = parent,
			                        .type = d->type,
			                        .word = d->attrs.items[i].name,
			                        .value = d->attrs.items[i].value,
			                        .value_len = d->attrs.items[i].value_len };

		r = plan_add(plan, &step);
	}
	return r;
}

int plan_start(const struct mdev_uuid *uuid, const char *parent, const struct definition *d,
               const struct start_facts *facts, struct plan *ret, struct error *err)
{
	char text[MDEV_UUID_TEXT_MAX];
	int r;

	mdev_uuid_format(uuid, text);
	r = check_inactive(text, parent, d->type, facts, err);
	if (r == 0)
		r = check_parent(parent, d->type, facts, err);
	if (r == 0)
		r = check_available(parent, d->type, facts, err);
	if (r == 0)
		r = check_attrs(text, &d->attrs, err);
	if (r < 0)
		return r;
	r = add_create(uuid, parent, d, ret);
	if (r == 0)
		r = add_attrs(uuid, parent, d, 0, ret);
	return r < 0 ? error_set(err, r, "Out of memory") : 0;
}

int plan_finish(const struct mdev_uuid *uuid, const char *parent, const struct definition *d,
                unsigned n_written, struct plan *ret, struct error *err)
{
	char text[MDEV_UUID_TEXT_MAX];
	int r;

	mdev_uuid_format(uuid, text);
	r = check_attrs(text, &d->attrs, err);
	if (r < 0)
		return r;
	r = add_attrs(uuid, parent, d, n_written, ret);
	return r < 0 ? error_set(err, r, "Out of memory") : 0;
}
