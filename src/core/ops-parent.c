/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recipes defined, removed and listed. Applying them: ops-parent-apply.c. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ccw.h"
#include "core/ops-parent-private.h"
#include "shared/diff.h"

/* A number that was taken for a subchannel's may mean a device, too, that is out of sight. */
static int check_hidden(struct ops *ops, const char *text, const struct busid *device,
                        struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf recipe = STRBUF_INIT;
	char name[BUSID_TEXT_MAX];
	struct busid named;

	if (busid_parse_short(text, &named) < 0 || busid_compare(&named, device) == 0)
		return 0;
	busid_format(&named, name);
	if (recipe_read_text(ops->env, name, &recipe) < 0 && ccw_is_ignored(ops->env, &named) <= 0)
		return 0;
	return ccw_refuse_ambiguous(&named, err);
}

int ops_parent_name(struct ops *ops, const char *text, char ret[static BUSID_TEXT_MAX],
                    struct error *err)
{
	struct busid id;
	int r;

	if (strcmp(text, RECIPE_MATRIX) == 0) {
		strcpy(ret, RECIPE_MATRIX);
		return 0;
	}
	r = ccw_resolve_device(ops->sysfs, text, &id, err);
	if (r == 0)
		r = check_hidden(ops, text, &id, err);
	if (r == 0)
		busid_format(&id, ret);
	return r;
}

/* ---- define --------------------------------------------------------------------------------- */

static int misplaced(const char *option, const char *parent, struct error *err)
{
	error_set(err, -EINVAL, "Cannot define parent %s", parent);
	error_set_cause(err, "%s is not for this kind of parent", option);
	error_set_kind(err, ERROR_USAGE);
	return -EINVAL;
}

static int check_options(const struct parent_define_request *req, enum recipe_type type,
                         const char *name, struct error *err)
{
	if (type == RECIPE_VFIO_AP && req->driver)
		return misplaced("a driver", name, err);
	if (type == RECIPE_VFIO_AP && req->subchannel)
		return misplaced("a subchannel", name, err);
	if (type == RECIPE_VFIO_CCW && req->adapters)
		return misplaced("reserving adapters", name, err);
	if (type == RECIPE_VFIO_CCW && req->domains)
		return misplaced("reserving domains", name, err);
	return 0;
}

static int bad_value(const char *what, const char *value, struct error *err)
{
	error_set(err, -EINVAL, "Invalid %s '%s'", what, value);
	error_set_kind(err, ERROR_USAGE);
	return -EINVAL;
}

static int set_driver(struct recipe_ccw *ccw, const char *driver, struct error *err)
{
	if (!recipe_driver_is_valid(driver))
		return bad_value("driver", driver, err);
	strcpy(ccw->driver, driver);
	return 0;
}

static int set_subchannel(struct recipe_ccw *ccw, const char *text, struct error *err)
{
	const char *number = strncmp(text, "css:", 4) == 0 ? text + 4 : text;

	if (busid_parse_short(number, &ccw->subchannel) < 0)
		return bad_value("subchannel", text, err);
	ccw->has_subchannel = true;
	return 0;
}

static int set_numbers(struct ap_set *set, const char *list, struct error *err)
{
	int r = list ? ap_set_parse(list, set, err) : 0;

	if (r < 0 && r != -ENOMEM)
		error_set_kind(err, ERROR_USAGE);
	return r;
}

/* A disk may have moved since the recipe was written; who names a subchannel knows better. */
static void update_subchannel(struct ops *ops, const struct parent_define_request *req,
                              struct recipe *recipe)
{
	struct busid found;

	if (recipe->type != RECIPE_VFIO_CCW || req->subchannel || !recipe->ccw.has_subchannel ||
	    ccw_find(ops->sysfs, &recipe->ccw.device, &found) < 0)
		return;
	recipe->ccw.subchannel = found;
}

/* Only what was given changes. */
static int fill(const struct parent_define_request *req, struct recipe *recipe, struct error *err)
{
	int r = 0;

	if (req->driver)
		r = set_driver(&recipe->ccw, req->driver, err);
	if (r == 0 && req->subchannel)
		r = set_subchannel(&recipe->ccw, req->subchannel, err);
	if (r == 0)
		r = set_numbers(&recipe->ap.adapters, req->adapters, err);
	if (r == 0)
		r = set_numbers(&recipe->ap.domains, req->domains, err);
	return r;
}

static enum recipe_type type_of_name(const char *name)
{
	return strcmp(name, RECIPE_MATRIX) == 0 ? RECIPE_VFIO_AP : RECIPE_VFIO_CCW;
}

/* What can be told without a look at anything, before anything is locked. */
static int check_request(const struct parent_define_request *req, const char *name,
                         struct error *err)
{
	_cleanup_(recipe_freep) struct recipe *scratch = NULL;
	enum recipe_type type = type_of_name(name);
	int r = check_options(req, type, name, err);

	if (r == 0)
		r = ops_result(recipe_new(type, &scratch), err);
	return r < 0 ? r : fill(req, scratch, err);
}

static int make_new(enum recipe_type type, const char *name, struct recipe **ret)
{
	int r = recipe_new(type, ret);

	if (r == 0 && type == RECIPE_VFIO_CCW) {
		strcpy((*ret)->ccw.driver, RECIPE_DRIVER_DEFAULT);
		r = busid_parse(name, &(*ret)->ccw.device);
	}
	return r;
}

int ops_parent_read_or_new(struct ops *ops, enum recipe_type type, const char *name,
                           struct recipe **ret, struct error *err)
{
	_cleanup_(error_done) struct error reason = ERROR_INIT;
	int r = recipe_read(ops->env, name, ret, &reason);

	if (r == -ENOENT)
		return ops_result(make_new(type, name, ret), err);
	return r < 0 ? error_move(&reason, err) : 0;
}

static int check(struct ops *ops, struct recipe *recipe, bool force, struct error *err)
{
	const struct recipe_kind *kind = recipe_kind(recipe->type);

	if (!kind)
		return error_set(err, -EOPNOTSUPP, "Recipes of kind %s are not supported",
		                 recipe_type_name(recipe->type));
	return kind->check ? kind->check(ops, recipe, force, err) : 0;
}

int ops_parent_plan_file(struct ops *ops, const char *name, const struct recipe *recipe,
                         struct strbuf *out)
{
	_cleanup_(strbuf_done) struct strbuf old = STRBUF_INIT, new = STRBUF_INIT,
					     path = STRBUF_INIT;
	bool is_there = recipe_read_text(ops->env, name, &old) == 0;

	recipe_add_path(ops->env, name, &path);
	if (recipe)
		recipe_print(recipe, &new);
	if (recipe && is_there && strcmp(strbuf_str(&old), strbuf_str(&new)) == 0)
		return 0;
	strbuf_addf(out, "%s %s\n",
	            !recipe    ? "delete"
	            : is_there ? "rewrite"
	                       : "write",
	            strbuf_str(&path));
	return diff_unified(strbuf_str(&path), is_there ? strbuf_str(&old) : NULL,
	                    strbuf_str(&path), recipe ? strbuf_str(&new) : NULL, out);
}

static int define_plan(struct ops *ops, const struct recipe *recipe, const char *name, bool now,
                       struct strbuf *ret_plan, struct error *err)
{
	int r = ops_result(ops_parent_plan_file(ops, name, recipe, ret_plan), err);

	return r == 0 && now ? recipe_plan_text(ops, recipe, false, ret_plan, err) : r;
}

static int define_locked(struct ops *ops, const struct parent_define_request *req, const char *name,
                         struct strbuf *ret_plan, struct error *err)
{
	_cleanup_(recipe_freep) struct recipe *recipe = NULL;
	int r = ops_parent_read_or_new(ops, type_of_name(name), name, &recipe, err);

	if (r == 0)
		r = fill(req, recipe, err);
	if (r < 0)
		return r;
	update_subchannel(ops, req, recipe);
	r = check(ops, recipe, req->options.force, err);
	if (r < 0)
		return r;
	if (req->options.dry_run)
		return define_plan(ops, recipe, name, req->now, ret_plan, err);
	r = recipe_write(ops->env, recipe, err);
	return r == 0 && req->now ? ops_parent_apply_one(ops, recipe, name, err) : r;
}

int ops_parent_define(struct ops *ops, const struct parent_define_request *req,
                      struct strbuf *ret_plan, struct error *err)
{
	_cleanup_(lock_freep) struct lock *lock = NULL;
	char name[BUSID_TEXT_MAX];
	int r = ops_parent_name(ops, req->parent, name, err);

	if (r == 0)
		r = check_request(req, name, err);
	if (r == 0 && !req->options.dry_run)
		r = lock_recipes(ops->env, &lock, err);
	return r < 0 ? r : define_locked(ops, req, name, ret_plan, err);
}

/* ---- undefine --------------------------------------------------------------------------------- */

/* As a recipe that reserves nothing would be refused: told only, undefine takes no --force. */
static void warn_of_what_is_lost(struct ops *ops, const struct recipe *recipe)
{
	_cleanup_(recipe_freep) struct recipe *nothing = NULL;
	_cleanup_(error_done) struct error why = ERROR_INIT;

	if (recipe->type != RECIPE_VFIO_AP || recipe_new(RECIPE_VFIO_AP, &nothing) < 0)
		return;
	if (check(ops, nothing, false, &why) < 0 && why.cause)
		log_warn(env_log(ops->env),
		         "The host gets crypto queues of devices back at the next boot: %s",
		         why.cause);
}

static void warn_of_what_stays(struct ops *ops, const char *name)
{
	_cleanup_(recipe_look_done) struct recipe_look look = { 0 };
	_cleanup_(recipe_freep) struct recipe *recipe = NULL;

	if (recipe_read(ops->env, name, &recipe, NULL) < 0)
		return;
	warn_of_what_is_lost(ops, recipe);
	if (recipe->ccw.n_uuids > 0)
		log_warn(env_log(ops->env),
		         "The devices of parent %s are no longer bound to its device number", name);
	if (recipe_look(ops, recipe, &look, NULL) == 0 && look.state == RECIPE_READY)
		log_warn(env_log(ops->env),
		         "The host does not have the hardware of parent %s back: that is what "
		         "'parent release' is for, before 'parent undefine'",
		         name);
}

int ops_parent_undefine(struct ops *ops, const char *parent, const struct change_options *options,
                        struct strbuf *ret_plan, struct error *err)
{
	_cleanup_(lock_freep) struct lock *lock = NULL;
	char name[BUSID_TEXT_MAX];
	int r = ops_parent_name(ops, parent, name, err);

	if (r == 0 && !options->dry_run)
		r = lock_recipes(ops->env, &lock, err);
	if (r == 0)
		r = ops_parent_must_exist(ops, name, err);
	if (r < 0)
		return r;
	if (options->dry_run)
		return ops_result(ops_parent_plan_file(ops, name, NULL, ret_plan), err);
	warn_of_what_stays(ops, name);
	r = recipe_remove(ops->env, name, err);
	if (r == 0)
		ops_parent_forget(ops, name);
	return r;
}

int ops_parent_must_exist(struct ops *ops, const char *name, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT, path = STRBUF_INIT;
	int r = recipe_read_text(ops->env, name, &text);

	if (r >= 0 || r != -ENOENT)
		return 0;
	recipe_add_path(ops->env, name, &path);
	error_set(err, -ENOENT, "There is no recipe of parent %s", name);
	error_set_cause(err, "%s: %s", strbuf_str(&path), strerror(ENOENT));
	return -ENOENT;
}

/* ---- list ----------------------------------------------------------------------------------------- */

/* A failure that was told, or a state that nothing of ours changes. */
static bool is_bad(enum recipe_state state, const struct recipe_record *record)
{
	switch (state) {
	case RECIPE_READY:
	case RECIPE_ABSENT:
		return false;
	case RECIPE_HIDDEN:
	case RECIPE_HOST:
	case RECIPE_PARTIAL:
		return record->errnum != 0;
	case RECIPE_IN_USE:
	case RECIPE_FOREIGN:
	case RECIPE_FAILED:
	case _RECIPE_STATE_MAX:
		break;
	}
	return true;
}

static void describe_look(const struct recipe_look *look, struct parent_info *info)
{
	info->parent = look->parent;
	info->advice = look->advice;
	if (look->state != RECIPE_READY)
		info->reason = look->reason ? look->reason : info->record.reason;
	info->state = recipe_state_name(look->state);
	info->is_bad = is_bad(look->state, &info->record);
	/* What the last try failed on says more than that it has not been tried. */
	if (info->is_bad && info->record.reason)
		info->reason = info->record.reason;
	if (!info->record.is_paused || look->state == RECIPE_READY)
		return;
	info->state = PARENT_STATE_PAUSED;
	info->is_bad = info->record.errnum != 0;
	if (info->is_bad)
		return;
	info->reason = "released; it is applied by 'mdevmgr parent apply', and at the next boot";
}

static int tell(struct ops *ops, const struct recipe_entry *e,
                int (*each)(void *userdata, const struct parent_info *info), void *userdata)
{
	_cleanup_(recipe_look_done) struct recipe_look look = { 0 };
	_cleanup_(error_done) struct error reason = ERROR_INIT;
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	struct parent_info info = { .name = e->name, .recipe = e->recipe, .is_bad = true };
	int r;

	if (recipe_record_read(ops->records, e->name, &info.record) < 0)
		info.record = (struct recipe_record){ 0 };
	if (!e->recipe) {
		info.state = PARENT_STATE_BROKEN;
		info.reason = e->problem;
	} else if (recipe_look(ops, e->recipe, &look, &reason) < 0) {
		error_format(&reason, &text);
		info.state = PARENT_STATE_UNKNOWN;
		info.reason = strbuf_str(&text);
	} else {
		describe_look(&look, &info);
	}
	r = each(userdata, &info);
	recipe_record_done(&info.record);
	return r;
}

int ops_parent_list(struct ops *ops, const char *parent,
                    int (*each)(void *userdata, const struct parent_info *info), void *userdata,
                    struct error *err)
{
	_cleanup_(recipes_done) struct recipes recipes = { 0 };
	char name[BUSID_TEXT_MAX] = "";
	int r = 0;

	if (parent)
		r = ops_parent_name(ops, parent, name, err);
	if (r == 0 && parent)
		r = ops_parent_must_exist(ops, name, err);
	if (r < 0)
		return r;
	r = parent ? recipes_load_one(ops->env, name, &recipes) : recipes_load(ops->env, &recipes);
	if (r < 0)
		return error_set_errno(err, r, "Cannot read the recipes in %s", RECIPE_DIR);
	for (size_t i = 0; r >= 0 && i < recipes.n; i++)
		r = tell(ops, &recipes.items[i], each, userdata);
	return r;
}
