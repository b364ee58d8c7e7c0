/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looks at parents, and what differs between two. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/look.h"
#include "core/ops-private.h"
#include "core/survey.h"
#include "shared/file.h"

/* ---- looking ------------------------------------------------------------------------ */

void look_done(struct look *look)
{
	for (size_t i = 0; i < look->n; i++) {
		free(look->entries[i].file);
		free(look->entries[i].type);
		free(look->entries[i].reason);
	}
	free(look->entries);
	free(look->parent);
	*look = (struct look){ 0 };
}

bool look_is_empty(const struct look *look)
{
	return look->registration == 0 && look->n == 0;
}

static int compare_key(const void *key, const void *item)
{
	return mdev_uuid_compare(key, &((const struct look_entry *)item)->uuid);
}

const struct look_entry *look_find(const struct look *look, const struct mdev_uuid *uuid)
{
	if (look->n == 0)
		return NULL;
	return bsearch(uuid, look->entries, look->n, sizeof(*look->entries), compare_key);
}

/* FNV-1a */
static void mix(uint64_t *hash, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		*hash = (*hash ^ p[i]) * UINT64_C(0x100000001b3);
}

/* By its text; where that may not be read, by what a new file has new. */
static uint64_t fingerprint(const struct store_parent *p, const struct store_entry *e)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char uuid[MDEV_UUID_TEXT_MAX];
	struct stat st;

	if (store_read_bytes(p, e, &text) == 0) {
		mix(&hash, strbuf_str(&text), text.len);
		return hash;
	}
	mdev_uuid_format(&e->uuid, uuid);
	if (fstatat(p->fd, e->name ? e->name : uuid, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		mix(&hash, &st.st_ino, sizeof(st.st_ino));
		mix(&hash, &st.st_size, sizeof(st.st_size));
		mix(&hash, &st.st_mtim, sizeof(st.st_mtim));
	}
	return hash;
}

static int add_definition(struct ops *ops, const struct store_parent *p, struct look_entry *entry)
{
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
	const struct store_entry *e = store_parent_find(p, &entry->uuid);

	/* It came or went since the survey: the next look, which that causes, has it. */
	if (!e)
		return 0;
	store_add_path(ops->store, p->name, e, &path);
	entry->file = strbuf_take(&path);
	if (!entry->file)
		return -ENOMEM;
	entry->definition = fingerprint(p, e);
	return 0;
}

static int copy_text(const char *text, char **ret)
{
	if (!text)
		return 0;
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

static int add_entry(struct ops *ops, const struct store_parent *p, const struct survey_entry *from,
                     struct look *look)
{
	struct look_entry *to = &look->entries[look->n++];
	int r;

	*to = (struct look_entry){ .uuid = from->uuid, .state = from->state };
	if (from->is_broken && from->reason)
		log_warn(env_log(ops->env), "%s", from->reason);
	to->is_active = from->state == DEVICE_ACTIVE || from->state == DEVICE_DEGRADED;
	r = copy_text(from->type, &to->type);
	if (r == 0)
		r = copy_text(from->reason, &to->reason);
	if (r == 0 && from->is_defined)
		r = add_definition(ops, p, to);
	return r;
}

static int count_types(struct ops *ops, const char *parent, size_t *ret)
{
	_cleanup_(closep) int parent_fd = sysfs_open_parent(ops->sysfs, parent);
	_cleanup_(closep) int fd = -1;
	_cleanup_(names_done) struct names names = { 0 };
	int r;

	fd = parent_fd < 0 ? parent_fd : sysfs_open_dir_beneath(parent_fd, "mdev_supported_types");
	if (fd < 0)
		return fd == -ENOMEM ? fd : 0;
	r = dir_names(fd, &names);
	if (r == 0)
		*ret = names.n;
	return r == -ENOMEM ? r : 0;
}

static int look_fill(struct ops *ops, const struct survey *survey, struct look *look)
{
	_cleanup_(store_parent_done) struct store_parent p = { .fd = -1 };
	int r;

	look->registration = survey->registration;
	look->parent = strdup(survey->parent);
	look->entries = calloc(survey->n > 0 ? survey->n : 1, sizeof(*look->entries));
	if (!look->parent || !look->entries)
		return -ENOMEM;
	r = store_open_parent(ops->store, survey->parent, &p);
	for (size_t i = 0; i < survey->n && r == 0; i++)
		r = add_entry(ops, &p, &survey->entries[i], look);
	if (r == 0 && look->registration != 0)
		r = count_types(ops, survey->parent, &look->n_types);
	return r;
}

int look_take(struct ops *ops, const char *parent, struct look *ret)
{
	_cleanup_(look_done) struct look look = { 0 };
	_cleanup_(survey_done) struct survey survey = { 0 };
	int r = survey_parent(ops, parent, NULL, &survey);

	if (r == 0)
		r = look_fill(ops, &survey, &look);
	if (r < 0)
		return r;
	*ret = look;
	look = (struct look){ 0 };
	return 0;
}

/* ---- comparing ---------------------------------------------------------------------- */

const char *change_kind_name(enum change_kind kind)
{
	static const char *const names[_CHANGE_KIND_MAX] = {
		[CHANGE_DEFINITION] = "definition",
		[CHANGE_DEVICE] = "device",
		[CHANGE_PARENT] = "parent",
		[CHANGE_STATE] = "state",
	};

	return names[kind];
}

struct comparison {
	const struct look *before;
	const struct look *after;
	bool is_same_life; /* of the parent */
	int (*each)(void *userdata, const struct change *change);
	void *userdata;
};

/* One UUID in both looks; NULL where it is not. */
struct pair {
	const struct look_entry *before;
	const struct look_entry *after;
};

static int tell(const struct comparison *c, const struct look_entry *entry, struct change change)
{
	change.parent = c->after->parent;
	if (entry) {
		change.uuid = &entry->uuid;
		change.type = entry->type;
	}
	return c->each(c->userdata, &change);
}

static int tell_definition(const struct comparison *c, const struct pair *pair)
{
	const char *old_file = pair->before ? pair->before->file : NULL;
	const char *new_file = pair->after ? pair->after->file : NULL;
	struct change change = { .kind = CHANGE_DEFINITION };

	if (!old_file && !new_file)
		return 0;
	if (old_file && new_file) {
		if (pair->before->definition == pair->after->definition)
			return 0;
		change.after = "changed";
	} else {
		change.after = new_file ? "added" : "removed";
	}
	change.file = new_file ? new_file : old_file;
	return tell(c, new_file ? pair->after : pair->before, change);
}

/* A device of both looks, but not of the same life of its parent, was made anew. */
static bool is_kept(const struct comparison *c, const struct pair *pair)
{
	return c->is_same_life && pair->before && pair->before->is_active && pair->after &&
	       pair->after->is_active;
}

static int tell_device_gone(const struct comparison *c, const struct pair *pair)
{
	if (!pair->before || !pair->before->is_active || is_kept(c, pair))
		return 0;
	return tell(c, pair->before, (struct change){ .kind = CHANGE_DEVICE, .after = "gone" });
}

static int tell_device_active(const struct comparison *c, const struct pair *pair)
{
	if (!pair->after || !pair->after->is_active || is_kept(c, pair))
		return 0;
	return tell(c, pair->after, (struct change){ .kind = CHANGE_DEVICE, .after = "active" });
}

/* States belong to definitions: of a device without one, active and gone say it all. */
static int tell_state(const struct comparison *c, const struct pair *pair)
{
	bool was_defined = pair->before && pair->before->file;
	bool is_defined = pair->after && pair->after->file;
	struct change change = { .kind = CHANGE_STATE };

	if (!is_defined || (was_defined && pair->before->state == pair->after->state))
		return 0;
	change.before = was_defined ? device_state_name(pair->before->state) : NULL;
	change.after = device_state_name(pair->after->state);
	change.reason = pair->after->reason;
	return tell(c, pair->after, change);
}

static int tell_parent(const struct comparison *c)
{
	struct change change = { .kind = CHANGE_PARENT, .after = "unregistered" };
	int r = 0;

	if (c->is_same_life)
		return 0;
	if (c->before->registration != 0)
		r = tell(c, NULL, change);
	if (r < 0 || c->after->registration == 0)
		return r;
	change.after = "registered";
	change.n_types = c->after->n_types;
	return tell(c, NULL, change);
}

/* Both are in order of UUID. */
static int each_pair(const struct comparison *c,
                     int (*f)(const struct comparison *c, const struct pair *pair))
{
	size_t i = 0, j = 0;
	int r = 0;

	while (r == 0 && (i < c->before->n || j < c->after->n)) {
		struct pair pair = { i < c->before->n ? &c->before->entries[i] : NULL,
			             j < c->after->n ? &c->after->entries[j] : NULL };
		int order = !pair.before ? 1
		            : !pair.after
		                    ? -1
		                    : mdev_uuid_compare(&pair.before->uuid, &pair.after->uuid);

		if (order > 0)
			pair.before = NULL;
		if (order < 0)
			pair.after = NULL;
		i += order <= 0;
		j += order >= 0;
		r = f(c, &pair);
	}
	return r;
}

int look_compare(const struct look *before, const struct look *after,
                 int (*each)(void *userdata, const struct change *change), void *userdata)
{
	const struct comparison c = { .before = before,
		                      .after = after,
		                      .is_same_life = before->registration == after->registration,
		                      .each = each,
		                      .userdata = userdata };
	int r = each_pair(&c, tell_definition);

	if (r == 0)
		r = each_pair(&c, tell_device_gone);
	if (r == 0)
		r = tell_parent(&c);
	if (r == 0)
		r = each_pair(&c, tell_device_active);
	if (r == 0)
		r = each_pair(&c, tell_state);
	return r;
}
