/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Defining a device by its crypto matrix: a definition below the parent of all matrices, and
 * if asked for the recipe that reserves its adapters. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ap-facts.h"
#include "core/ap-matrix.h"
#include "core/ops-parent-private.h"

/* Queues that a warning names. */
#define NAMES_MAX 8

struct define_ap {
	struct ops *ops;
	const struct define_request *req;
	struct mdev_uuid uuid;
	struct ap_matrix matrix;
	struct attrs attrs;
	struct recipe *before; /* NULL: there is none yet */
	struct recipe *recipe; /* NULL: nothing is reserved that is not yet */
};

static void define_ap_done(struct define_ap *d)
{
	attrs_done(&d->attrs);
	recipe_free(d->before);
	recipe_free(d->recipe);
}

static int read_matrix(struct define_ap *d, struct error *err)
{
	int r = ap_matrix_parse(d->req->ap, &d->matrix, err);

	if (r < 0 && r != -ENOMEM)
		error_set_kind(err, ERROR_USAGE);
	if (d->req->uuid)
		d->uuid = *d->req->uuid;
	else
		mdev_uuid_generate(&d->uuid);
	return r < 0 ? r : ops_result(ap_matrix_to_attrs(&d->matrix, &d->attrs), err);
}

static int read_recipe(struct define_ap *d, struct error *err)
{
	_cleanup_(error_done) struct error why = ERROR_INIT;
	int r = recipe_read(d->ops->env, RECIPE_MATRIX, &d->before, &why);

	if (r < 0 && r != -ENOENT)
		return error_move(&why, err);
	r = ops_parent_read_or_new(d->ops, RECIPE_VFIO_AP, RECIPE_MATRIX, &d->recipe, err);
	if (r == 0)
		d->recipe->ap.adapters = ap_set_union(&d->recipe->ap.adapters, &d->matrix.adapters);
	return r;
}

static int check_recipe(struct define_ap *d, struct error *err)
{
	const struct recipe_kind *kind = recipe_kind(RECIPE_VFIO_AP);

	return kind && kind->check ? kind->check(d->ops, d->recipe, d->req->options.force, err) : 0;
}

/* ---- what the host loses ------------------------------------------------------------------- */

static bool is_lost(const struct define_ap *d, const struct ap_masks *now,
                    const struct ap_queue *queue)
{
	return ap_set_has(&d->recipe->ap.adapters, queue->adapter) &&
	       !(d->before && ap_set_has(&d->before->ap.adapters, queue->adapter)) &&
	       !ap_set_has(&d->matrix.domains, queue->domain) &&
	       ap_set_has(&now->adapters, queue->adapter) &&
	       ap_set_has(&now->domains, queue->domain);
}

/* An adapter is reserved with all its domains: those that the matrix does not have are gone
 * for the host too. */
static void warn_of_lost(const struct define_ap *d)
{
	_cleanup_(closep) int fd = sysfs_open_dir(d->ops->sysfs, "bus/ap/devices");
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(names_done) struct names names = { 0 };
	struct ap_masks now;
	size_t n = 0;

	if (fd < 0 || ap_masks_read(d->ops->sysfs, &now) < 0 || dir_names(fd, &names) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		struct ap_queue queue;

		if (ap_queue_parse(names.items[i], &queue) < 0 || !is_lost(d, &now, &queue))
			continue;
		if (n++ < NAMES_MAX)
			strbuf_addf(&text, "%s%s", n > 1 ? ", " : "", names.items[i]);
	}
	if (n > NAMES_MAX)
		strbuf_addf(&text, " and %zu more", n - NAMES_MAX);
	if (n > 0)
		log_warn(env_log(d->ops->env),
		         "An adapter is reserved with all its domains: the host loses %s too",
		         strbuf_str(&text));
}

/* ---- both files ---------------------------------------------------------------------------- */

static int plan_recipe(const struct define_ap *d, struct plan *plan, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf old = STRBUF_INIT, new = STRBUF_INIT,
					     path = STRBUF_INIT;
	struct plan_step step = { .kind = PLAN_WRITE_DEFINITION, .uuid = d->uuid };

	recipe_add_path(d->ops->env, RECIPE_MATRIX, &path);
	recipe_print(d->recipe, &new);
	if (d->before && recipe_read_text(d->ops->env, RECIPE_MATRIX, &old) == 0)
		step.old_text = strbuf_str(&old);
	step.path = strbuf_str(&path);
	step.value = strbuf_str(&new);
	step.value_len = new.len;
	return ops_result(plan_add(plan, &step), err);
}

static void take_back(const struct define_ap *d)
{
	_cleanup_(error_done) struct error why = ERROR_INIT;
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	int r = d->before ? recipe_write(d->ops->env, d->before, &why)
	                  : recipe_remove(d->ops->env, RECIPE_MATRIX, &why);

	if (r >= 0)
		return;
	error_format(&why, &text);
	log_warn(env_log(d->ops->env), "The recipe of parent %s could not be taken back: %s",
	         RECIPE_MATRIX, strbuf_str(&text));
}

static int define_it(const struct define_ap *d, struct plan *ret_plan, struct error *err)
{
	const struct define_request inner = { .uuid = &d->uuid,
		                              .parent = RECIPE_MATRIX,
		                              .type = AP_TYPE,
		                              .autostart = d->req->autostart,
		                              .attrs = &d->attrs,
		                              .recipe = d->recipe,
		                              .options = d->req->options };
	struct mdev_uuid uuid;

	return ops_define(d->ops, &inner, &uuid, ret_plan, err);
}

/* The recipe first: without it an automatic definition could not be kept. */
static int define_both(struct define_ap *d, struct plan *ret_plan, struct error *err)
{
	bool dry_run = d->req->options.dry_run;
	int r = dry_run ? plan_recipe(d, ret_plan, err) : recipe_write(d->ops->env, d->recipe, err);

	if (r < 0)
		return r;
	r = define_it(d, ret_plan, err);
	if (r < 0 && !dry_run)
		take_back(d);
	if (r == 0)
		warn_of_lost(d);
	return r;
}

static int define_and_reserve(struct define_ap *d, struct plan *ret_plan, struct error *err)
{
	_cleanup_(lock_freep) struct lock *lock = NULL;
	int r = d->req->options.dry_run ? 0 : lock_recipes(d->ops->env, &lock, err);

	if (r == 0)
		r = read_recipe(d, err);
	if (r == 0)
		r = check_recipe(d, err);
	return r == 0 ? define_both(d, ret_plan, err) : r;
}

int ops_define_ap(struct ops *ops, const struct define_request *req, struct mdev_uuid *ret_uuid,
                  struct plan *ret_plan, struct error *err)
{
	_cleanup_(define_ap_done) struct define_ap d = { .ops = ops, .req = req };
	int r = read_matrix(&d, err);

	if (r == 0)
		r = req->reserve ? define_and_reserve(&d, ret_plan, err)
		                 : define_it(&d, ret_plan, err);
	if (r == 0)
		*ret_uuid = d.uuid;
	return r;
}
