/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The guard of every start on a subchannel. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ccw.h"
#include "core/failure.h"
#include "core/ops-private.h"
#include "core/recipe-guard.h"
#include "core/recipe-store.h"

static int ask_kind(struct ops *ops, const struct recipe *r, const char *parent,
                    const struct mdev_uuid *uuid, struct error *err)
{
	const struct recipe_kind *kind = recipe_kind(r->type);
	int r2 = kind && kind->guard ? kind->guard(ops, r, parent, uuid, err) : 0;

	if (r2 == -EXDEV)
		error_set_mark(err, FAILURE_OTHER_DISK);
	return r2;
}

/* The usual case by one file: the recipe of the device that is there binds the UUID. */
static bool is_bound_here(struct ops *ops, const struct busid *subchannel,
                          const struct mdev_uuid *uuid)
{
	_cleanup_(recipe_freep) struct recipe *r = NULL;
	char name[BUSID_TEXT_MAX];
	struct busid device;

	if (ccw_device_on(ops->sysfs, subchannel, &device) < 0)
		return false;
	busid_format(&device, name);
	return recipe_read(ops->env, name, &r, NULL) == 0 && recipe_binds(r, uuid);
}

/* It may be just the one that binds the UUID, to another disk. */
static int refuse_unreadable(struct ops *ops, const struct recipe_entry *e,
                             const struct mdev_uuid *uuid, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
	char text[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(uuid, text);
	recipe_add_path(ops->env, e->name, &path);
	error_set(err, -EINVAL, "Device %s may belong to another disk", text);
	error_set_cause(err, "the recipe %s cannot be used: %s", strbuf_str(&path), e->problem);
	error_set_advice(err, "mend or remove that file");
	error_set_mark(err, FAILURE_OTHER_DISK);
	return -EINVAL;
}

static int ask_all(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                   struct error *err)
{
	_cleanup_(recipes_done) struct recipes recipes = { 0 };
	int r = recipes_load(ops->env, &recipes);

	if (r < 0)
		return error_set_errno(err, r, "Cannot read the recipes in %s", RECIPE_DIR);
	for (size_t i = 0; r >= 0 && i < recipes.n; i++) {
		const struct recipe_entry *e = &recipes.items[i];

		if (e->recipe)
			r = ask_kind(ops, e->recipe, parent, uuid, err);
		else if (strcmp(e->name, RECIPE_MATRIX) != 0)
			r = refuse_unreadable(ops, e, uuid, err);
	}
	return r;
}

int recipe_guard(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                 struct error *err)
{
	struct busid subchannel;

	if (busid_parse(parent, &subchannel) < 0 || is_bound_here(ops, &subchannel, uuid))
		return 0;
	return ask_all(ops, parent, uuid, err);
}
