/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recipes for subchannels: what is there, and what that is called. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ccw-tools.h"
#include "core/ops-private.h"
#include "core/recipe-ccw-private.h"
#include "core/recipe-store.h"
#include "core/types.h"
#include "shared/file.h"

#define PATH_TEXT_MAX 128

/* ---- facts ------------------------------------------------------------------------------ */

static void forget_subchannel(struct ccw_facts *f)
{
	ccw_subchannel_done(&f->subchannel);
	f->is_ours = f->is_registered = false;
	free(TAKE_PTR(f->mdev));
	free(TAKE_PTR(f->driverctl));
}

void ccw_facts_free(struct ccw_facts *f)
{
	if (!f)
		return;
	forget_subchannel(f);
	ccw_device_done(&f->device);
	free(f->use_reason);
	free(f->chzdev);
	free(f);
}

static void free_facts(void *facts)
{
	ccw_facts_free(facts);
}

/* The first name below the subchannel that is a device, half made or half removed too. */
static int find_mdev(const struct sysfs *sysfs, const char *subchannel, char **ret)
{
	_cleanup_(names_done) struct names names = { 0 };
	_cleanup_(closep) int fd = -1;
	char path[PATH_TEXT_MAX];
	int r;

	snprintf(path, sizeof(path), CCW_SUBCHANNELS "/%s", subchannel);
	fd = sysfs_open_dir(sysfs, path);
	r = fd < 0 ? 0 : dir_names(fd, &names);
	for (size_t i = 0; r >= 0 && i < names.n; i++)
		if (mdev_uuid_is_canonical(names.items[i])) {
			*ret = TAKE_PTR(names.items[i]);
			return 0;
		}
	return r < 0 ? r : 0;
}

static int read_use(struct ops *ops, const struct recipe *r, struct ccw_facts *f)
{
	const struct ccw_use_request req = { .env = ops->env,
		                             .sysfs = ops->sysfs,
		                             .subchannel = f->subchannel.id,
		                             .device = r->ccw.device };

	if (!f->device.is_there || f->device.online == 0)
		return 0;
	return ccw_use_find(&req, &f->use, &f->use_reason);
}

static bool is_registered(const struct sysfs *sysfs, const char *subchannel)
{
	_cleanup_(closep) int fd = types_open(sysfs, subchannel);

	return fd >= 0;
}

bool ccw_is_driver(const char *driver, const char *name)
{
	return driver && strcmp(driver, name) == 0;
}

/* Who drives the subchannel, and who else has something to say. */
static int read_holders(struct ops *ops, const struct recipe *r, struct ccw_facts *f)
{
	char name[BUSID_TEXT_MAX];
	int r2;

	f->is_ours = ccw_is_driver(f->subchannel.driver, r->ccw.driver);
	busid_format(&f->subchannel.id, name);
	f->is_registered = f->is_ours && is_registered(ops->sysfs, name);
	r2 = find_mdev(ops->sysfs, name, &f->mdev);
	return r2 < 0 ? r2 : ccw_tools_driverctl(ops->env, &f->subchannel.id, &f->driverctl);
}

/* A recipe that cannot be read may be one for it. */
static bool has_recipe(struct ops *ops, const struct busid *device)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	char name[BUSID_TEXT_MAX];

	busid_format(device, name);
	return recipe_read_text(ops->env, name, &text) != -ENOENT;
}

/* Linux 6.12 leaves vfio_ccw a subchannel whose device goes, and says so to nobody; another
 * device may be there by now. What somebody else uses or has a setting for is not left. */
static bool is_left(struct ops *ops, const struct recipe *r, const struct ccw_facts *f)
{
	const struct ccw_subchannel *s = &f->subchannel;

	if (f->mdev || f->driverctl || (s->has_device && has_recipe(ops, &s->device)))
		return false;
	return s->override ? ccw_is_driver(s->override, r->ccw.driver) : f->is_ours;
}

static int read_left(struct ops *ops, const struct recipe *r, struct ccw_facts *f)
{
	int r2 = -ENOENT;

	if (r->ccw.has_subchannel)
		r2 = ccw_subchannel_read(ops->sysfs, &r->ccw.subchannel, &f->subchannel);
	if (r2 == 0)
		r2 = read_holders(ops, r, f);
	if (r2 == 0)
		f->is_left = is_left(ops, r, f);
	if (!f->is_left)
		forget_subchannel(f);
	return r2 == -ENOENT ? 0 : r2;
}

static int read_place(struct ops *ops, const struct recipe *r, struct ccw_facts *f)
{
	struct busid id;
	int r2 = ccw_find(ops->sysfs, &r->ccw.device, &id);

	f->is_ambiguous = r2 == -ENOTUNIQ;
	if (f->is_ambiguous)
		return 0;
	if (r2 == 0)
		r2 = ccw_subchannel_read(ops->sysfs, &id, &f->subchannel);
	/* It may have gone meanwhile. */
	if (r2 == -ENOENT)
		return read_left(ops, r, f);
	f->has_subchannel = r2 == 0;
	if (r2 == 0)
		r2 = read_holders(ops, r, f);
	if (r2 == 0)
		r2 = ccw_device_read(ops->sysfs, &r->ccw.device, &f->device);
	return r2 < 0 ? r2 : read_use(ops, r, f);
}

static int read_facts(struct ops *ops, const struct recipe *r, struct ccw_facts *f)
{
	char path[PATH_TEXT_MAX];
	_cleanup_(closep) int fd = -1;
	int r2;

	snprintf(path, sizeof(path), "bus/css/drivers/%.*s", RECIPE_DRIVER_MAX, r->ccw.driver);
	fd = sysfs_open_dir(ops->sysfs, path);
	f->has_driver = fd >= 0;
	r2 = read_place(ops, r, f);
	if (r2 == 0)
		r2 = ccw_tools_chzdev(ops->env, &r->ccw.device, &f->chzdev);
	if (r2 == 0 && !f->has_subchannel)
		f->is_ignored = ccw_is_ignored(ops->env, &r->ccw.device);
	return r2;
}

int ccw_facts_read(struct ops *ops, const struct recipe *r, struct ccw_facts **ret,
                   struct error *err)
{
	_cleanup_(ccw_facts_freep) struct ccw_facts *f = calloc(1, sizeof(*f));
	char name[BUSID_TEXT_MAX];
	int r2;

	r2 = f ? read_facts(ops, r, f) : -ENOMEM;
	if (r2 < 0) {
		busid_format(&r->ccw.device, name);
		return error_set_errno(err, r2, "Cannot look at device %s", name);
	}
	*ret = TAKE_PTR(f);
	return 0;
}

/* ---- verdict ---------------------------------------------------------------------------- */

static int say(char **ret, const char *fmt, ...) _printf_(2, 3);
static int say(char **ret, const char *fmt, ...)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_addv(&text, fmt, ap);
	va_end(ap);
	free(*ret);
	*ret = strbuf_take(&text);
	return *ret ? 0 : -ENOMEM;
}

static int foreign_driverctl(const struct ccw_facts *f, char **ret_reason, char **ret_advice)
{
	char id[BUSID_TEXT_MAX];
	int r;

	busid_format(&f->subchannel.id, id);
	r = say(ret_reason, "driverctl gives subchannel %s to driver %.64s (%s/css-%s)", id,
	        f->driverctl, CCW_DRIVERCTL_DIR, id);
	return r < 0 ? r : say(ret_advice, "'driverctl -b css unset-override %s' ends that", id);
}

static int foreign_chzdev(const struct recipe *r, const struct ccw_facts *f, char **ret_reason,
                          char **ret_advice)
{
	char id[BUSID_TEXT_MAX];
	int r2;

	busid_format(&r->ccw.device, id);
	r2 = say(ret_reason, "chzdev sets device %s online for the host (%s/%s)", id, CCW_RULES_DIR,
	         f->chzdev);
	return r2 < 0 ? r2 : say(ret_advice, "'chzdev --disable %s' ends that", id);
}

static int foreign_override(const struct ccw_facts *f, char **ret_reason, char **ret_advice)
{
	char id[BUSID_TEXT_MAX];
	int r;

	busid_format(&f->subchannel.id, id);
	r = say(ret_reason, "the driver_override of subchannel %s is %.64s, set by another", id,
	        f->subchannel.override);
	return r < 0 ? r : say(ret_advice, "who set it has to take it back");
}

int ccw_foreign_reason(const struct recipe *r, const struct ccw_facts *f, char **ret_reason,
                       char **ret_advice)
{
	const char *override = f->subchannel.override;

	if (f->driverctl && strcmp(f->driverctl, r->ccw.driver) != 0)
		return foreign_driverctl(f, ret_reason, ret_advice);
	if (override && strcmp(override, r->ccw.driver) != 0)
		return foreign_override(f, ret_reason, ret_advice);
	return f->chzdev ? foreign_chzdev(r, f, ret_reason, ret_advice) : 0;
}

void ccw_left_text(const struct recipe *r, const struct ccw_facts *f, struct strbuf *out)
{
	char subchannel[BUSID_TEXT_MAX], device[BUSID_TEXT_MAX];

	busid_format(&f->subchannel.id, subchannel);
	strbuf_addf(out, "subchannel %s, where it was, is still with %s", subchannel,
	            r->ccw.driver);
	if (!f->subchannel.has_device)
		return;
	busid_format(&f->subchannel.device, device);
	strbuf_addf(out, ", and carries %s now", device);
}

static int judge_left(const struct recipe *r, const struct ccw_facts *f, struct recipe_look *ret)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	char device[BUSID_TEXT_MAX], subchannel[BUSID_TEXT_MAX];
	int r2;

	busid_format(&r->ccw.device, device);
	busid_format(&f->subchannel.id, subchannel);
	ccw_left_text(r, f, &text);
	if (strbuf_error(&text) < 0)
		return -ENOMEM;
	r2 = say(&ret->left, "%s", subchannel);
	if (r2 == 0)
		r2 = say(&ret->reason, "no subchannel carries device %s; %s", device,
		         strbuf_str(&text));
	return r2 < 0 ? r2
	              : say(&ret->advice, "'mdevmgr parent release %s' gives that back to the host",
	                    device);
}

static int judge_missing(const struct recipe *r, const struct ccw_facts *f, struct recipe_look *ret)
{
	char id[BUSID_TEXT_MAX];

	busid_format(&r->ccw.device, id);
	ret->state = RECIPE_ABSENT;
	if (f->is_ambiguous)
		return say(&ret->reason, "several subchannels say that they carry device %s", id);
	if (f->is_left)
		return judge_left(r, f, ret);
	if (f->is_ignored <= 0)
		return say(&ret->reason, "no subchannel carries device %s", id);
	ret->state = RECIPE_HIDDEN;
	return say(&ret->reason, "cio_ignore hides device %s", id);
}

/* What no step of ours mends. */
static int judge_unfit(const struct recipe *r, const struct ccw_facts *f, struct recipe_look *ret)
{
	const char *problem = ccw_device_problem(&f->device);
	char id[BUSID_TEXT_MAX];

	busid_format(&r->ccw.device, id);
	if (f->subchannel.type > CCW_TYPE_IO)
		return say(&ret->reason, "the subchannel of device %s is none for I/O (type %d)",
		           id, f->subchannel.type);
	if (problem)
		return say(&ret->reason, "%s cannot drive device %s: %s", r->ccw.driver, id,
		           problem);
	if (f->device.group)
		return say(&ret->reason, "device %s is a part of group device %.64s", id,
		           f->device.group);
	return 0;
}

static int judge_host(const struct recipe *r, const struct ccw_facts *f, struct recipe_look *ret)
{
	const char *override = f->subchannel.override;
	char id[BUSID_TEXT_MAX];

	busid_format(&r->ccw.device, id);
	if (f->use == CCW_USED) {
		ret->state = RECIPE_IN_USE;
		return say(&ret->reason, "the host uses device %s: %s", id, f->use_reason);
	}
	ret->state = override || !f->subchannel.driver ? RECIPE_PARTIAL : RECIPE_HOST;
	if (f->use == CCW_USE_UNKNOWN)
		return say(&ret->reason, "%s", f->use_reason);
	if (f->subchannel.driver)
		return say(&ret->reason, "the host has device %s (driver %.64s)", id,
		           f->subchannel.driver);
	return say(&ret->reason, "the subchannel of device %s has no driver", id);
}

static int judge_found(const struct recipe *r, const struct ccw_facts *f, struct recipe_look *ret)
{
	char id[BUSID_TEXT_MAX];
	int r2;

	busid_format(&f->subchannel.id, id);
	if (f->is_registered) {
		ret->state = RECIPE_READY;
		return say(&ret->parent, "%s", id);
	}
	if (f->is_ours) {
		ret->state = RECIPE_PARTIAL;
		return say(&ret->reason, "%s has subchannel %s, but it is no parent yet",
		           r->ccw.driver, id);
	}
	ret->state = RECIPE_FAILED;
	r2 = judge_unfit(r, f, ret);
	if (r2 < 0 || ret->reason)
		return r2;
	ret->state = RECIPE_FOREIGN;
	r2 = ccw_foreign_reason(r, f, &ret->reason, &ret->advice);
	if (r2 < 0 || ret->reason)
		return r2;
	return judge_host(r, f, ret);
}

static int ccw_look(struct ops *ops, const struct recipe *r, struct recipe_look *ret,
                    struct error *err)
{
	_cleanup_(recipe_look_done) struct recipe_look look = { .free_facts = free_facts };
	struct ccw_facts *f = NULL;
	int r2 = ccw_facts_read(ops, r, &f, err);

	if (r2 < 0)
		return r2;
	look.facts = f;
	r2 = f->has_subchannel ? judge_found(r, f, &look) : judge_missing(r, f, &look);
	if (r2 < 0)
		return ops_result(r2, err);
	*ret = look;
	look = (struct recipe_look){ 0 };
	return 0;
}

const struct recipe_kind recipe_kind_vfio_ccw = {
	.type = RECIPE_VFIO_CCW,
	.look = ccw_look,
	.plan = ccw_plan,
	.is_done = ccw_is_done,
	.explain = ccw_explain,
	.guard = ccw_guard,
	.check = ccw_check,
};
