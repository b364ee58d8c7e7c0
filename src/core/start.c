/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The start of one device: what sysfs says, the plan, the writes. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ops-private.h"
#include "core/recipe-guard.h"
#include "core/registration.h"
#include "core/start.h"

void start_done(struct start *s)
{
	free(s->parent);
	definition_free(s->definition);
	apply_result_done(&s->result);
	*s = START_INIT;
}

/* ---- what sysfs says ------------------------------------------------------------------- */

struct facts {
	struct start_facts view; /* points into the others */
	struct snapshot active;
	char *similar_parent;
};

static void facts_done(struct facts *f)
{
	snapshot_done(&f->active);
	free(f->similar_parent);
}

/* Running short of something ourselves tells nothing about the parent. */
static bool is_our_shortage(int r)
{
	return r == -ENOMEM || r == -EMFILE || r == -ENFILE;
}

static int look_for_parent(const struct sysfs *sysfs, const char *parent, bool *ret)
{
	_cleanup_(closep) int fd = sysfs_open_parent(sysfs, parent);

	if (is_our_shortage(fd))
		return fd;
	*ret = fd >= 0;
	return 0;
}

static void take_available(int r, struct strbuf *text, struct start_facts *view)
{
	if (r == 0) {
		strbuf_trim(text);
		r = types_parse_instances(strbuf_str(text), &view->available,
		                          &view->available_reason);
	}
	if (r < 0)
		view->available_error = r;
}

static void read_type(int types_fd, const char *type, struct start_facts *view)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(closep) int type_fd = -1;

	view->has_types = types_fd >= 0;
	if (types_fd >= 0 && sysfs_name_is_plain(type))
		type_fd = sysfs_open_dir_beneath(types_fd, type);
	view->has_type = type_fd >= 0;
	if (type_fd >= 0)
		take_available(sysfs_read(type_fd, "available_instances", &text), &text, view);
}

static bool is_over(const struct site *site, const struct start_facts *view)
{
	return (!view->has_type || view->available_error < 0) && site_is_current(site) == 0;
}

/* Of one life of the parent. That the device is not there has been looked up already, and
 * is the kernel's to say anyway. */
static int facts_of_site(struct start *s, struct start_facts *view, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	const char *type = s->definition->type;

	view->has_parent = true;
	view->has_types = s->site->types_fd >= 0;
	view->has_type = site_open_type(s->site, type) >= 0;
	if (view->has_type)
		take_available(site_read_available(s->site, type, &text), &text, view);
	if (is_over(s->site, view))
		return error_set_errno(err, -ESTALE, "Parent %s has gone, or registered anew",
		                       s->parent);
	return 0;
}

static int facts_of_system(const struct start *s, struct facts *ret, struct error *err)
{
	const struct sysfs *sysfs = s->ops->sysfs;
	_cleanup_(closep) int types_fd = -1;
	struct start_facts *view = &ret->view;
	int r;

	/* What cannot be looked up is left to the kernel's verdict. */
	r = ops_find_active(s->ops, &s->uuid, true, &ret->active, err);
	if (r < 0)
		return r;
	view->is_active = ret->active.n == 1;
	if (view->is_active) {
		view->active_parent = snapshot_parent(&ret->active, &ret->active.devices[0]);
		view->active_type = snapshot_type(&ret->active, &ret->active.devices[0]);
	}
	r = look_for_parent(sysfs, s->parent, &view->has_parent);
	if (r < 0)
		return error_set_errno(err, r, "Cannot look at parent %s", s->parent);
	if (view->has_parent) {
		types_fd = types_open(sysfs, s->parent);
		read_type(types_fd, s->definition->type, view);
		return 0;
	}
	if (types_find_similar_parent(sysfs, s->parent, &ret->similar_parent) == 0)
		view->similar_parent = ret->similar_parent;
	return 0;
}

/* ---- doing it ---------------------------------------------------------------------------- */

static int start_compute(struct start *s, struct plan *plan, struct error *err)
{
	_cleanup_(facts_done) struct facts facts = { 0 };
	int r = recipe_guard(s->ops, s->parent, &s->uuid, err);

	if (r < 0)
		return r;
	if (s->is_half_made)
		return plan_finish(&s->uuid, s->parent, s->definition, s->n_written, plan, err);
	r = s->site ? facts_of_site(s, &facts.view, err) : facts_of_system(s, &facts, err);
	return r < 0 ? r : plan_start(&s->uuid, s->parent, s->definition, &facts.view, plan, err);
}

static struct apply apply_at(struct site *site)
{
	struct apply apply = ops_apply(site->ops, site->ops->create_ms);

	apply.registration = site->registration;
	apply.type_fd = site->type.fd;
	if (site->type.fd >= 0)
		apply.create_file = &site->type.create;
	apply.bus_fd = site->bus_fd;
	apply.parent_fd = site->parent_fd;
	return apply;
}

static struct apply apply_of(const struct start *s)
{
	struct apply apply = s->site ? apply_at(s->site) : ops_apply(s->ops, s->ops->create_ms);

	apply.keeps_half_made = s->is_kept;
	return apply;
}

int start_apply(struct start *s, struct error *err)
{
	_cleanup_(plan_done) struct plan plan = { 0 };
	struct apply apply;
	int r = start_compute(s, &plan, err);

	if (r < 0)
		return r;
	apply = apply_of(s);
	return apply_start(&apply, &plan, &s->result, err);
}

int start_undo(struct start *s, struct error *err)
{
	const struct apply apply = apply_of(s);

	return apply_undo(&apply, &s->uuid, &s->result, err);
}

int start_plan(struct start *s, struct plan *plan, struct error *err)
{
	int r = ops_plan_callouts(plan, PLAN_ASK, &s->uuid, s->parent, CALLOUT_START);

	if (r == 0)
		r = start_compute(s, plan, err);
	if (r == 0)
		r = ops_plan_callouts(plan, PLAN_NOTIFY, &s->uuid, s->parent, CALLOUT_START);
	return ops_result(r, err);
}

static void tell_ready(const struct apply *apply, const struct mdev_uuid *uuid,
                       struct apply_result *result)
{
	int r = apply_tell_ready(apply, uuid, result);
	char text[MDEV_UUID_TEXT_MAX];

	/* On trees that do not react there is nothing to tell of. */
	if (r >= 0 || r == -ENOENT)
		return;
	mdev_uuid_format(uuid, text);
	log_debug(env_log(apply->env), "Cannot tell udev that device %s is ready: %s", text,
	          strerror(-r));
}

void ops_tell_ready(struct ops *ops, const struct mdev_uuid *uuid, struct apply_result *result)
{
	const struct apply apply = ops_apply(ops, ops->create_ms);

	tell_ready(&apply, uuid, result);
}

void site_tell_ready(struct site *site, const struct mdev_uuid *uuid, struct apply_result *result)
{
	const struct apply apply = apply_at(site);

	tell_ready(&apply, uuid, result);
}
