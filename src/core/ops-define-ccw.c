/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Defining a device by the number of its disk: a definition below the subchannel that carries
 * it now, and the recipe that keeps the two together. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ccw.h"
#include "core/ops-parent-private.h"

#define TYPE "vfio_ccw-io"

struct define_ccw {
	struct ops *ops;
	const struct define_request *req;
	struct mdev_uuid uuid;
	char name[BUSID_TEXT_MAX];       /* the device number, and the recipe's name */
	char subchannel[BUSID_TEXT_MAX]; /* that carries it */
	struct recipe *before;           /* NULL: there is none yet */
	struct recipe *recipe;
};

static void define_ccw_done(struct define_ccw *d)
{
	recipe_free(d->before);
	recipe_free(d->recipe);
}

static int parse_device(struct define_ccw *d, struct error *err)
{
	const char *text = d->req->ccw;
	struct busid id;
	int r;

	/* That it is a device number has been said already. */
	if (busid_parse_short(text, &id) == 0) {
		busid_format(&id, d->name);
		return 0;
	}
	r = ccw_resolve_device(d->ops->sysfs, text, &id, err);
	if (r < 0) {
		error_set_kind(err, r == -EINVAL ? ERROR_USAGE : ERROR_FAILED);
		return r;
	}
	busid_format(&id, d->name);
	return 0;
}

static int parse_subchannel(struct define_ccw *d, struct error *err)
{
	const char *text = d->req->subchannel;

	if (!text)
		return 0;
	if (busid_parse_short(strncmp(text, "css:", 4) == 0 ? text + 4 : text,
	                      &d->recipe->ccw.subchannel) < 0) {
		error_set(err, -EINVAL, "Invalid subchannel '%s'", text);
		error_set_advice(err, "it is a number like 0.0.0313");
		error_set_kind(err, ERROR_USAGE);
		return -EINVAL;
	}
	d->recipe->ccw.has_subchannel = true;
	return 0;
}

static int read_recipe(struct define_ccw *d, struct error *err)
{
	_cleanup_(error_done) struct error why = ERROR_INIT;
	int r = recipe_read(d->ops->env, d->name, &d->before, &why);

	if (r < 0 && r != -ENOENT)
		return error_move(&why, err);
	return ops_parent_read_or_new(d->ops, RECIPE_VFIO_CCW, d->name, &d->recipe, err);
}

/* Where the device is, and whether it may be taken. */
static int find_place(struct define_ccw *d, struct error *err)
{
	int r = recipe_kind(RECIPE_VFIO_CCW)->check(d->ops, d->recipe, d->req->options.force, err);

	if (r < 0)
		return r;
	if (!d->recipe->ccw.has_subchannel)
		return ccw_not_visible(d->ops->env, &d->recipe->ccw.device, false, err);
	busid_format(&d->recipe->ccw.subchannel, d->subchannel);
	return 0;
}

/* ---- the UUID ------------------------------------------------------------------------------ */

static int check_bound(const struct define_ccw *d, const struct recipe *other, struct error *err)
{
	char uuid[MDEV_UUID_TEXT_MAX], name[BUSID_TEXT_MAX];

	if (!other)
		return 0;
	recipe_name(other, name);
	if (strcmp(name, d->name) == 0)
		return 0;
	mdev_uuid_format(&d->uuid, uuid);
	error_set(err, -EEXIST, "Device %s belongs to device number %s already", uuid, name);
	error_set_advice(err, "undefine it first, or take another UUID");
	return -EEXIST;
}

static void warn_of_another(const struct define_ccw *d)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	if (d->recipe->ccw.n_uuids == 0 || recipe_binds(d->recipe, &d->uuid))
		return;
	mdev_uuid_format(&d->recipe->ccw.uuids[0], uuid);
	log_warn(env_log(d->ops->env),
	         "Device number %s has device %s already: only one of them can be active", d->name,
	         uuid);
}

static int bind_uuid(struct define_ccw *d, struct error *err)
{
	_cleanup_(recipes_done) struct recipes recipes = { 0 };
	int r = recipes_load(d->ops->env, &recipes);

	if (d->req->uuid)
		d->uuid = *d->req->uuid;
	else
		mdev_uuid_generate(&d->uuid);
	if (r == 0)
		r = check_bound(d, recipes_find_uuid(&recipes, &d->uuid), err);
	if (r < 0)
		return ops_result(r, err);
	warn_of_another(d);
	r = recipe_bind(d->recipe, &d->uuid);
	if (r == -E2BIG)
		return error_set(err, r, "Device number %s has %d devices already", d->name,
		                 RECIPE_DEVICES_MAX);
	return ops_result(r, err);
}

/* ---- both files ------------------------------------------------------------------------------ */

static struct define_request inner_request(const struct define_ccw *d)
{
	return (struct define_request){ .uuid = &d->uuid,
		                        .parent = d->subchannel,
		                        .type = TYPE,
		                        .autostart = d->req->autostart,
		                        .options = d->req->options };
}

static int plan_recipe(struct ops *ops, const struct recipe *recipe, struct plan *plan,
                       struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf old = STRBUF_INIT, new = STRBUF_INIT,
					     path = STRBUF_INIT;
	struct plan_step step = { .kind = PLAN_WRITE_DEFINITION };
	char name[BUSID_TEXT_MAX];

	recipe_name(recipe, name);
	recipe_add_path(ops->env, name, &path);
	recipe_print(recipe, &new);
	if (recipe_read_text(ops->env, name, &old) == 0)
		step.old_text = strbuf_str(&old);
	step.path = strbuf_str(&path);
	step.value = strbuf_str(&new);
	step.value_len = new.len;
	return ops_result(plan_add(plan, &step), err);
}

static void take_back(const struct define_ccw *d)
{
	_cleanup_(error_done) struct error why = ERROR_INIT;
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	int r = d->before ? recipe_write(d->ops->env, d->before, &why)
	                  : recipe_remove(d->ops->env, d->name, &why);

	if (r >= 0)
		return;
	error_format(&why, &text);
	log_warn(env_log(d->ops->env), "The recipe of device number %s could not be taken back: %s",
	         d->name, strbuf_str(&text));
}

/* The recipe first: a definition without it would be bound to a place. */
static int define_both(struct define_ccw *d, struct plan *ret_plan, struct error *err)
{
	const struct define_request inner = inner_request(d);
	bool dry_run = d->req->options.dry_run;
	struct mdev_uuid uuid;
	int r = dry_run ? plan_recipe(d->ops, d->recipe, ret_plan, err)
	                : recipe_write(d->ops->env, d->recipe, err);

	if (r < 0)
		return r;
	r = ops_define(d->ops, &inner, &uuid, ret_plan, err);
	if (r < 0 && !dry_run)
		take_back(d);
	return r;
}

int ops_define_ccw(struct ops *ops, const struct define_request *req, struct mdev_uuid *ret_uuid,
                   struct plan *ret_plan, struct error *err)
{
	_cleanup_(define_ccw_done) struct define_ccw d = { .ops = ops, .req = req };
	_cleanup_(lock_freep) struct lock *lock = NULL;
	int r = parse_device(&d, err);

	if (r == 0 && !req->options.dry_run)
		r = lock_recipes(ops->env, &lock, err);
	if (r == 0)
		r = read_recipe(&d, err);
	if (r == 0)
		r = parse_subchannel(&d, err);
	if (r == 0)
		r = find_place(&d, err);
	if (r == 0)
		r = bind_uuid(&d, err);
	if (r == 0)
		r = define_both(&d, ret_plan, err);
	if (r == 0)
		*ret_uuid = d.uuid;
	return r;
}

/* ---- undefine ---------------------------------------------------------------------------------- */

static bool is_still_defined(struct ops *ops, const struct mdev_uuid *uuid)
{
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };

	if (store_find(ops->store, uuid, NULL, &hits) < 0)
		return true;
	for (size_t i = 0; i < hits.n; i++)
		if (busid_is_canonical(hits.items[i].parent))
			return true;
	return false;
}

static void tell_of_the_last(struct ops *ops, const struct recipe *recipe)
{
	char name[BUSID_TEXT_MAX];

	recipe_name(recipe, name);
	if (recipe->ccw.n_uuids == 0)
		log_warn(env_log(ops->env),
		         "Device number %s keeps its recipe, and the host does not get it: "
		         "'mdevmgr parent release %s' and 'mdevmgr parent undefine %s' end that",
		         name, name, name);
}

static int unbind(struct ops *ops, const struct mdev_uuid *uuid, struct plan *ret_plan,
                  struct error *err)
{
	_cleanup_(recipes_done) struct recipes recipes = { 0 };
	_cleanup_(recipe_freep) struct recipe *copy = NULL;
	const struct recipe *recipe;
	int r = recipes_load(ops->env, &recipes);

	recipe = r < 0 ? NULL : recipes_find_uuid(&recipes, uuid);
	if (!recipe)
		return ops_result(r, err);
	r = recipe_copy(recipe, &copy);
	if (r < 0)
		return ops_result(r, err);
	recipe_unbind(copy, uuid);
	if (ret_plan)
		return plan_recipe(ops, copy, ret_plan, err);
	r = recipe_write(ops->env, copy, err);
	if (r == 0)
		tell_of_the_last(ops, copy);
	return r;
}

static bool is_bound(struct ops *ops, const struct mdev_uuid *uuid)
{
	_cleanup_(recipes_done) struct recipes recipes = { 0 };

	return recipes_load(ops->env, &recipes) == 0 && recipes_find_uuid(&recipes, uuid);
}

int ops_unbind_ccw(struct ops *ops, const struct mdev_uuid *uuid, struct plan *ret_plan,
                   struct error *err)
{
	_cleanup_(lock_freep) struct lock *lock = NULL;
	int r = 0;

	/* Most have never been bound: then there is nothing to wait for. */
	if (!is_bound(ops, uuid))
		return 0;
	if (!ret_plan)
		r = lock_recipes(ops->env, &lock, err);
	if (r < 0 || (!ret_plan && is_still_defined(ops, uuid)))
		return r;
	return unbind(ops, uuid, ret_plan, err);
}
