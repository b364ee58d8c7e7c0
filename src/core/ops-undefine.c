/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Removing definitions, broken ones included. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/busid.h"
#include "core/ops-private.h"

struct undefine {
	struct ops *ops;
	const struct store_hit *hit;
};

static int undefine_remove(struct operation *op, struct error *err)
{
	const struct undefine *u = op->userdata;
	_cleanup_(lock_freep) struct lock *lock = NULL;
	int r = ops_lock_definitions(u->ops, "remove", &u->hit->entry.uuid, &lock, err);

	if (r == 0)
		r = store_remove(u->ops->store, u->hit->parent, &u->hit->entry, err);
	if (r == 0)
		ops_forget_campaign(u->ops, u->hit->parent, &u->hit->entry.uuid);
	return r;
}

/* A definition that cannot be read has no type to ask callouts about: it just goes. */
static int undefine_broken(struct undefine *u, struct error *why, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	struct operation op = { .ops = u->ops, .userdata = u };

	error_format(why, &text);
	log_warn(env_log(u->ops->env), "Removing a broken definition without asking callouts: %s",
	         strbuf_str(&text));
	return undefine_remove(&op, err);
}

static int undefine_plan(struct undefine *u, struct plan *plan, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT, path = STRBUF_INIT;
	const struct mdev_uuid *uuid = &u->hit->entry.uuid;
	struct plan_step step = { .kind = PLAN_DELETE_DEFINITION, .uuid = *uuid };
	int r;

	store_add_path(u->ops->store, u->hit->parent, &u->hit->entry, &path);
	/* What cannot be read can still be deleted; the plan shows what there is. */
	if (ops_read_hit_bytes(u->ops, u->hit, &text, NULL) < 0)
		strbuf_clear(&text);
	step.path = strbuf_str(&path);
	step.parent = u->hit->parent;
	step.old_text = strbuf_str(&text);
	r = ops_plan_callouts(plan, PLAN_ASK, uuid, u->hit->parent, CALLOUT_UNDEFINE);
	if (r == 0)
		r = plan_add(plan, &step);
	if (r == 0)
		r = ops_plan_callouts(plan, PLAN_NOTIFY, uuid, u->hit->parent, CALLOUT_UNDEFINE);
	return ops_result(r, err);
}

/* Of ours, and no word on the definition. */
static bool is_shortage(int r)
{
	return r == -ENOMEM || r == -EMFILE || r == -ENFILE;
}

static int undefine_one(struct undefine *u, const struct change_options *options,
                        struct plan *ret_plan, struct error *err)
{
	_cleanup_(definition_freep) struct definition *d = NULL;
	_cleanup_(error_done) struct error why = ERROR_INIT;
	struct operation op = { .ops = u->ops,
		                .action = CALLOUT_UNDEFINE,
		                .force = options->force,
		                .body = undefine_remove,
		                .userdata = u };
	int r;

	if (options->dry_run)
		return undefine_plan(u, ret_plan, err);
	r = ops_read_hit(u->ops, u->hit, &d, &why);
	if (r < 0)
		return is_shortage(r) ? error_move(&why, err) : undefine_broken(u, &why, err);
	op.subject = (struct callout_subject){ .uuid = &u->hit->entry.uuid,
		                               .parent = u->hit->parent,
		                               .type = d->type,
		                               .definition = d };
	return operation_run(&op, err);
}

static void warn_failed(struct ops *ops, const struct store_hit *hit, const struct error *why)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&hit->entry.uuid, uuid);
	error_format(why, &text);
	log_warn(env_log(ops->env), "Undefine of %s on parent %s failed with error: %s", uuid,
	         hit->parent, strbuf_str(&text));
}

/* What bound the device to its disk goes with its definition. */
static int undefine_binding(struct ops *ops, const struct mdev_uuid *uuid,
                            const struct store_hits *hits, const struct change_options *options,
                            struct plan *ret_plan, struct error *err)
{
	for (size_t i = 0; i < hits->n; i++)
		if (busid_is_canonical(hits->items[i].parent))
			return ops_unbind_ccw(ops, uuid, options->dry_run ? ret_plan : NULL, err);
	return 0;
}

int ops_undefine(struct ops *ops, const struct mdev_uuid *uuid, const char *parent,
                 const struct change_options *options, struct plan *ret_plan, struct error *err)
{
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };
	char text[MDEV_UUID_TEXT_MAX];
	int r, failed = 0;

	r = store_find(ops->store, uuid, parent, &hits);
	if (r < 0)
		return ops_result(r, err);
	mdev_uuid_format(uuid, text);
	if (hits.n == 0) {
		error_set(err, -ENOENT, "No devices match the specified uuid");
		error_set_cause(err, "%s is not defined%s%s", text, parent ? " on parent " : "",
		                parent ? parent : "");
		return -ENOENT;
	}
	for (size_t i = 0; i < hits.n; i++) {
		_cleanup_(error_done) struct error why = ERROR_INIT;
		struct undefine u = { .ops = ops, .hit = &hits.items[i] };

		r = undefine_one(&u, options, ret_plan, &why);
		if (r < 0) {
			warn_failed(ops, &hits.items[i], &why);
			failed = r;
		}
	}
	if (failed < 0) {
		error_set(err, failed, "Undefine failed");
		error_set_cause(err, "device %s; the warnings above say why", text);
		return failed;
	}
	return undefine_binding(ops, uuid, &hits, options, ret_plan, err);
}
