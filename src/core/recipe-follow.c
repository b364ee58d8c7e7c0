/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Moving definitions after their disks. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ccw.h"
#include "core/ops-private.h"
#include "core/recipe-follow.h"
#include "core/recipe-store.h"

/* One definition on its way. */
struct move {
	struct mdev_uuid uuid;
	char device[BUSID_TEXT_MAX];
	char to[BUSID_TEXT_MAX];
	struct store_hits from; /* exactly one */
};

struct follow {
	struct ops *ops;
	struct recipes recipes;
	struct ccw_map map;
	struct move *moves;
	size_t n;
	size_t n_moved;
};

static void follow_done(struct follow *f)
{
	for (size_t i = 0; i < f->n; i++)
		store_hits_done(&f->moves[i].from);
	free(f->moves);
	recipes_done(&f->recipes);
	ccw_map_done(&f->map);
}

static void warn(struct ops *ops, const struct error *why)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	error_format(why, &text);
	log_warn(env_log(ops->env), "%s", strbuf_str(&text));
}

/* ---- what has to move ------------------------------------------------------------------------ */

/* Those below other parents than subchannels are none of ours. */
static int find_strays(struct follow *f, const struct mdev_uuid *uuid, const char *place,
                       struct store_hits *ret, bool *ret_is_home)
{
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };
	int r = store_find(f->ops->store, uuid, NULL, &hits);

	*ret_is_home = false;
	for (size_t i = 0; r >= 0 && i < hits.n; i++) {
		if (strcmp(hits.items[i].parent, place) == 0)
			*ret_is_home = true;
		else if (busid_is_canonical(hits.items[i].parent))
			r = store_hits_add(ret, hits.items[i].parent, &hits.items[i].entry);
	}
	return r;
}

static void warn_of_several(struct follow *f, const struct mdev_uuid *uuid, const char *device,
                            const struct store_hits *strays)
{
	char text[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(uuid, text);
	log_warn(env_log(f->ops->env),
	         "Device %s, which belongs to device number %s, has a definition below %s that "
	         "cannot follow: there is another one; undefine one of them",
	         text, device, strays->items[0].parent);
}

static int plan_move(struct follow *f, const struct recipe *r, const struct mdev_uuid *uuid,
                     const char *place)
{
	_cleanup_(store_hits_done) struct store_hits strays = { 0 };
	struct move *moves;
	bool is_home;
	int r2;

	/* Bound twice: the first has it. */
	if (recipes_find_uuid(&f->recipes, uuid) != r)
		return 0;
	r2 = find_strays(f, uuid, place, &strays, &is_home);
	if (r2 < 0 || strays.n == 0)
		return r2;
	moves = reallocarray(f->moves, f->n + 1, sizeof(*moves));
	if (!moves)
		return -ENOMEM;
	f->moves = moves;
	moves += f->n;
	*moves = (struct move){ .uuid = *uuid };
	busid_format(&r->ccw.device, moves->device);
	strcpy(moves->to, place);
	if (is_home || strays.n > 1) {
		warn_of_several(f, uuid, moves->device, &strays);
		return 0;
	}
	moves->from = strays;
	strays = (struct store_hits){ 0 };
	f->n++;
	return 0;
}

/* Linux 6.12 leaves vfio_ccw the subchannel of a disk that goes without a mediated device: what
 * comes there is not the host's, and no recipe knows of that place any more. */
static void warn_of_what_is_left(struct follow *f, const struct recipe *r)
{
	_cleanup_(ccw_subchannel_done) struct ccw_subchannel s = { 0 };
	char device[BUSID_TEXT_MAX], left[BUSID_TEXT_MAX], other[BUSID_TEXT_MAX];

	if (!r->ccw.has_subchannel ||
	    ccw_subchannel_read(f->ops->sysfs, &r->ccw.subchannel, &s) < 0 || !s.override ||
	    strcmp(s.override, r->ccw.driver) != 0)
		return;
	busid_format(&s.device, other);
	if (s.has_device && recipes_find(&f->recipes, other))
		return;
	busid_format(&r->ccw.device, device);
	busid_format(&s.id, left);
	log_warn(env_log(f->ops->env),
	         "Subchannel %s, where device %s was, is still with %s: mdevmgr-parents.d(5), "
	         "LIMITS, says how the host gets it back",
	         left, device, r->ccw.driver);
}

/* Where the device was seen last is for people, for a define of what is not visible, and for a
 * release of what has gone. */
static void note_place(struct follow *f, const struct recipe *r, const struct busid *place)
{
	_cleanup_(recipe_freep) struct recipe *copy = NULL;
	_cleanup_(error_done) struct error why = ERROR_INIT;

	if (r->ccw.has_subchannel && busid_compare(&r->ccw.subchannel, place) == 0)
		return;
	warn_of_what_is_left(f, r);
	if (recipe_copy(r, &copy) < 0)
		return;
	copy->ccw.has_subchannel = true;
	copy->ccw.subchannel = *place;
	if (recipe_write(f->ops->env, copy, &why) < 0)
		warn(f->ops, &why);
}

static int plan_recipe(struct follow *f, const struct recipe *r)
{
	char text[BUSID_TEXT_MAX];
	struct busid place;
	int r2 = 0;

	if (ccw_map_find(&f->map, &r->ccw.device, &place) < 0)
		return 0;
	busid_format(&place, text);
	for (size_t i = 0; r2 == 0 && i < r->ccw.n_uuids; i++)
		r2 = plan_move(f, r, &r->ccw.uuids[i], text);
	if (r2 == 0)
		note_place(f, r, &place);
	return r2;
}

static bool has_subchannels(const struct recipes *recipes)
{
	for (size_t i = 0; i < recipes->n; i++)
		if (recipes->items[i].recipe && recipes->items[i].recipe->type == RECIPE_VFIO_CCW)
			return true;
	return false;
}

static int plan_all(struct follow *f)
{
	int r = recipes_load(f->ops->env, &f->recipes);

	if (r == 0 && has_subchannels(&f->recipes))
		r = ccw_map_read(f->ops->sysfs, &f->map);
	for (size_t i = 0; r == 0 && i < f->recipes.n; i++)
		if (f->recipes.items[i].recipe &&
		    f->recipes.items[i].recipe->type == RECIPE_VFIO_CCW)
			r = plan_recipe(f, f->recipes.items[i].recipe);
	return r;
}

/* ---- moving ------------------------------------------------------------------------------------ */

/* A registration that has begun before it came knows nothing of it. */
static void arm(struct follow *f, const struct move *m)
{
	const struct change_options options = { 0 };
	_cleanup_(error_done) struct error why = ERROR_INIT;
	size_t n;

	if (!records_exist(f->ops->records))
		return;
	if (ops_retry(f->ops, &m->uuid, m->to, &options, &n, &why) < 0)
		log_debug(env_log(f->ops->env), "No campaign on parent %s: %s", m->to,
		          why.message ? why.message : "");
}

static void move_one(struct follow *f, const struct move *m)
{
	_cleanup_(error_done) struct error why = ERROR_INIT;
	const struct store_hit *from = &m->from.items[0];
	char text[MDEV_UUID_TEXT_MAX];

	if (store_move(f->ops->store, from->parent, &from->entry, m->to, &why) < 0) {
		warn(f->ops, &why);
		return;
	}
	mdev_uuid_format(&m->uuid, text);
	f->n_moved++;
	log_warn(env_log(f->ops->env),
	         "Definition of device %s follows device number %s from subchannel %s to %s", text,
	         m->device, from->parent, m->to);
	ops_forget_campaign(f->ops, from->parent, &m->uuid);
}

static int move_all(struct follow *f, struct error *err)
{
	_cleanup_(lock_freep) struct lock *lock = NULL;
	int r;

	if (f->n == 0)
		return 0;
	r = lock_definitions(f->ops->env, &f->moves[0].uuid, &lock, err);
	for (size_t i = 0; r == 0 && i < f->n; i++)
		move_one(f, &f->moves[i]);
	return r;
}

int recipes_follow(struct ops *ops, size_t *ret_n, struct error *err)
{
	_cleanup_(follow_done) struct follow f = { .ops = ops };
	int r = plan_all(&f);

	if (r < 0)
		return error_set_errno(err, r, "Cannot find the disks of recipes");
	r = move_all(&f, err);
	for (size_t i = 0; r == 0 && i < f.n; i++)
		arm(&f, &f.moves[i]);
	if (ret_n)
		*ret_n = f.n_moved;
	return r;
}
