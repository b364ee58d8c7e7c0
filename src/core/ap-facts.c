/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From sysfs and files to claims, masks and overrides. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "core/ap-facts.h"
#include "core/ap-live.h"
#include "core/ap-rule.h"
#include "core/recipe-store.h"
#include "core/snapshot.h"
#include "shared/file.h"

/* Below /sys. (Documentation/arch/s390/vfio-ap.rst) */
#define AP_BUS    "bus/ap"
#define AP_QUEUES "bus/ap/devices"
#define AP_PARAMS "module/ap/parameters"

/* ---- masks ----------------------------------------------------------------------------- */

static int read_mask(int dirfd, const char *name, struct ap_set *ret)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	int r = sysfs_read(dirfd, name, &text);

	return r < 0 ? r : ap_set_parse_mask(strbuf_str(&text), ret);
}

int ap_masks_read(const struct sysfs *sysfs, struct ap_masks *ret)
{
	_cleanup_(closep) int fd = sysfs_open_dir(sysfs, AP_BUS);
	struct ap_masks masks;
	int r;

	if (fd < 0)
		return fd;
	r = read_mask(fd, "apmask", &masks.adapters);
	if (r == 0)
		r = read_mask(fd, "aqmask", &masks.domains);
	if (r == 0)
		*ret = masks;
	return r;
}

/* What a kernel begins with that was booted as this one. Anything but a whole mask (a list
 * of changes, no leave to read it) is left at what the mask is now. */
static void read_boot_mask(int dirfd, const char *name, struct ap_set *set)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	int r = dirfd < 0 ? dirfd : sysfs_read(dirfd, name, &text);

	if (r == -ENOENT || (r == 0 && strcmp(strbuf_str(&text), "(null)") == 0))
		*set = ap_set_all();
	else if (r == 0)
		r = ap_set_parse_mask(strbuf_str(&text), set);
}

static void read_boot_masks(const struct sysfs *sysfs, struct ap_masks *masks)
{
	_cleanup_(closep) int fd = sysfs_open_dir(sysfs, AP_PARAMS);

	read_boot_mask(fd, "apmask", &masks->adapters);
	read_boot_mask(fd, "aqmask", &masks->domains);
}

static void warn_of_rule(const struct env *env, unsigned line)
{
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;

	env_add_path(env, &path, AP_RULE_FILE);
	log_warn(env_log(env), "Passing over %s: line %u sets a mask that is none",
	         strbuf_str(&path), line);
}

/* 1 if there is a rule that can be read. */
static int read_rule(const struct env *env, struct ap_rule *ret)
{
	_cleanup_(freep) char *path = env_path(env, AP_RULE_FILE);
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(closep) int fd = -1;
	unsigned line = 0;
	int r;

	if (!path)
		return -ENOMEM;
	fd = file_open_regular(AT_FDCWD, path);
	r = fd < 0 ? fd : file_read(fd, AP_RULE_SIZE_MAX, &text);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = ap_rule_parse(strbuf_str(&text), text.len, ret, &line);
	if (r < 0)
		warn_of_rule(env, line);
	return r == 0;
}

/* 1 if there is a recipe that can be read: what it reserves. */
static int read_reserved(const struct ap_world *world, struct ap_masks *ret)
{
	_cleanup_(recipe_freep) struct recipe *own = NULL;
	const struct recipe *recipe = world->recipe;
	int r = recipe ? 0 : recipe_read(world->env, RECIPE_MATRIX, &own, NULL);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	recipe = recipe ? recipe : own;
	ret->adapters = recipe->ap.adapters;
	ret->domains = recipe->ap.domains;
	return 1;
}

/* Of a recipe none of whose numbers the rule gives to the host: else it is never applied, no
 * number of it (core/recipe-ap.c). */
static void take_reserved(const struct ap_masks *reserved, const struct ap_rule *rule,
                          struct ap_masks *masks)
{
	const struct ap_set adapters = ap_set_intersect(&reserved->adapters, &masks->adapters);
	const struct ap_set domains = ap_set_intersect(&reserved->domains, &masks->domains);

	if ((rule->has_adapters && !ap_set_is_empty(&adapters)) ||
	    (rule->has_domains && !ap_set_is_empty(&domains)))
		return;
	masks->adapters = ap_set_minus(&masks->adapters, &reserved->adapters);
	masks->domains = ap_set_minus(&masks->domains, &reserved->domains);
}

int ap_masks_read_persistent(const struct ap_world *world, struct ap_masks *ret)
{
	struct ap_masks masks, reserved = { 0 };
	struct ap_rule rule = { 0 };
	int has_rule = read_rule(world->env, &rule), has_recipe = has_rule;
	bool has_masks = ap_masks_read(world->sysfs, &masks) == 0;

	if (has_rule >= 0)
		has_recipe = read_reserved(world, &reserved);
	if (has_recipe < 0)
		return has_recipe;
	if (!has_masks)
		masks = (struct ap_masks){ ap_set_all(), ap_set_all() };
	/* From what they are now the recipe has been taken already. */
	if (has_recipe)
		read_boot_masks(world->sysfs, &masks);
	if (rule.has_adapters)
		masks.adapters = rule.masks.adapters;
	if (rule.has_domains)
		masks.domains = rule.masks.domains;
	take_reserved(&reserved, &rule, &masks);
	*ret = masks;
	return has_recipe || has_rule || has_masks;
}

/* ---- queues ---------------------------------------------------------------------------- */

/* 1 if the kernel knows overrides of queues; "\n" alone is none set. */
static int read_override(int dirfd, const char *name, const struct ap_queue *queue,
                         struct ap_overrides *ret)
{
	_cleanup_(strbuf_done) struct strbuf driver = STRBUF_INIT;
	_cleanup_(closep) int fd = sysfs_open_entry(dirfd, name);
	int r = fd < 0 ? fd : sysfs_read(fd, "driver_override", &driver);

	if (r < 0)
		return r == -ENOMEM ? r : r != -ENOENT || fd < 0;
	strbuf_trim(&driver);
	if (driver.len == 0 || strcmp(strbuf_str(&driver), "(null)") == 0)
		return 1;
	r = ap_overrides_add(ret, queue, strbuf_str(&driver));
	return r < 0 ? r : 1;
}

static int read_overrides(const struct sysfs *sysfs, struct ap_overrides *ret)
{
	_cleanup_(closep) int fd = sysfs_open_dir(sysfs, AP_QUEUES);
	_cleanup_(names_done) struct names names = { 0 };
	int r = fd < 0 ? 0 : dir_names(fd, &names);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		struct ap_queue queue;

		if (ap_queue_parse(names.items[i], &queue) < 0)
			continue;
		r = read_override(fd, names.items[i], &queue, ret);
		/* A kernel that does not know them does so for none. */
		if (r == 0)
			break;
	}
	return r < 0 ? r : 0;
}

/* ---- claims ---------------------------------------------------------------------------- */

static int read_device(const struct sysfs *sysfs, const struct mdev_uuid *uuid,
                       struct ap_matrix *ret)
{
	char text[MDEV_UUID_TEXT_MAX], path[128];
	_cleanup_(closep) int fd = -1;

	mdev_uuid_format(uuid, text);
	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s", text);
	fd = sysfs_open_dir(sysfs, path);
	return fd < 0 ? fd : ap_live_read(fd, ret, NULL);
}

static int read_active(const struct ap_world *world, struct ap_claims *ret)
{
	_cleanup_(snapshot_done) struct snapshot s = { 0 };
	int r = snapshot_scan(world->sysfs, env_log(world->env), NULL, NULL, &s);

	for (size_t i = 0; r >= 0 && i < s.n; i++) {
		struct ap_claim claim = { .uuid = s.devices[i].uuid };

		if (strcmp(snapshot_type(&s, &s.devices[i]), AP_TYPE) != 0)
			continue;
		/* Gone meanwhile, most likely; the kernel has the last word. */
		if (read_device(world->sysfs, &claim.uuid, &claim.matrix) == 0)
			r = ap_claims_add(ret, &claim);
	}
	return r;
}

static void warn_of_definition(const struct env *env, const struct error *why)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	error_format(why, &text);
	log_warn(env_log(env), "A definition cannot be looked at for conflicts: %s",
	         strbuf_str(&text));
}

static int read_definition(const struct ap_world *world, const struct store_parent *p,
                           const struct store_entry *e, struct ap_claims *ret)
{
	_cleanup_(definition_freep) struct definition *d = NULL;
	_cleanup_(error_done) struct error why = ERROR_INIT;
	struct ap_claim claim = { .uuid = e->uuid };
	int r = store_read(world->store, p, e, &d, &why);

	if (r == -ENOMEM || r == -ENOENT)
		return r == -ENOENT ? 0 : r;
	if (r < 0) {
		warn_of_definition(world->env, &why);
		return 0;
	}
	if (strcmp(d->type, AP_TYPE) != 0)
		return 0;
	claim.is_auto = d->autostart;
	ap_matrix_from_attrs(&d->attrs, &claim.matrix, NULL);
	return ap_claims_add(ret, &claim);
}

static int read_defined(const struct ap_world *world, const char *parent, struct ap_claims *ret)
{
	_cleanup_(store_parent_done) struct store_parent p = { .fd = -1 };
	int r = store_open_parent(world->store, parent, &p);

	for (size_t i = 0; r >= 0 && i < p.n; i++)
		r = read_definition(world, &p, &p.entries[i], ret);
	return r;
}

int ap_facts_read_now(const struct ap_world *world, struct ap_facts *ret)
{
	int r = read_active(world, &ret->active);

	if (r >= 0)
		r = read_overrides(world->sysfs, &ret->overrides);
	if (r >= 0)
		ret->has_masks = ap_masks_read(world->sysfs, &ret->masks) == 0;
	return r < 0 ? r : 0;
}

int ap_facts_read(const struct ap_world *world, const char *parent, struct ap_facts *ret,
                  struct error *err)
{
	int r = read_defined(world, parent, &ret->defined);

	if (r >= 0)
		r = ap_facts_read_now(world, ret);
	if (r >= 0)
		r = ap_masks_read_persistent(world, &ret->persistent);
	if (r < 0)
		return error_set_errno(err, r, "Cannot look for conflicts on parent %s", parent);
	ret->has_persistent = r > 0;
	return 0;
}
