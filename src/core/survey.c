/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One look at one parent. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ops-private.h"
#include "core/survey-private.h"
#include "shared/utf8.h"

/* A parent that registers anew while it is looked at is looked at again, but not for ever. */
#define LOOKS_MAX 5

/* A device whose next try is further away is at rest. */
#define MUCH_LATER INT64_C(30000000)

void survey_entry_done(struct survey_entry *e)
{
	free(e->type);
	free(e->reason);
	free(e->other);
	*e = (struct survey_entry){ 0 };
}

void survey_done(struct survey *s)
{
	for (size_t i = 0; i < s->n; i++)
		survey_entry_done(&s->entries[i]);
	free(s->entries);
	free(s->parent);
	*s = (struct survey){ 0 };
}

static int compare(const void *a, const void *b)
{
	return mdev_uuid_compare(&((const struct survey_entry *)a)->uuid,
	                         &((const struct survey_entry *)b)->uuid);
}

const struct survey_entry *survey_find(const struct survey *s, const struct mdev_uuid *uuid)
{
	const struct survey_entry key = { .uuid = *uuid };

	return s->n ? bsearch(&key, s->entries, s->n, sizeof(key), compare) : NULL;
}

const char *survey_no_rival(void *userdata _unused_, const char *parent _unused_,
                            const struct mdev_uuid *uuid _unused_)
{
	return NULL;
}

/* Takes the entry over. */
static int survey_add(struct survey *s, struct survey_entry *entry)
{
	if (s->n == s->size) {
		size_t size = s->size ? s->size + s->size / 2 : 8;
		struct survey_entry *entries = realloc(s->entries, size * sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		s->entries = entries;
		s->size = size;
	}
	s->entries[s->n++] = *entry;
	*entry = (struct survey_entry){ 0 };
	return 0;
}

static bool is_absent(int r)
{
	return r == -ENOENT || r == -ENODEV || r == -ENOTDIR;
}

/* ---- what is read once ----------------------------------------------------------------- */

static void look_done(struct look *look)
{
	for (size_t i = 0; look->files && i < look->store.n; i++)
		survey_file_done(&look->files[i]);
	free(look->files);
	registration_done(&look->noted);
	store_parent_done(&look->store);
	presences_done(&look->presences);
	closep(&look->types_fd);
	closep(&look->records_fd);
}

/* What is open while it is read, each -1: not there. */
struct open {
	int parent_fd;
	int root_fd; /* RECORD_DIR */
};

static void open_done(struct open *o)
{
	closep(&o->parent_fd);
	closep(&o->root_fd);
}

static int recall_registration(struct look *look, const struct open *o)
{
	struct ops *ops = look->ops;
	int r;

	if (look->records_fd < 0 && o->root_fd >= 0)
		look->records_fd = records_open_parent_at(o->root_fd, look->parent);
	if (look->registration == 0 || look->records_fd < 0)
		return 0;
	registration_done(&look->noted);
	r = registration_recall_at(ops->records, look->records_fd, &look->noted);
	look->is_noted = r == 0 && look->noted.id == look->registration;
	return r == -ENOMEM ? r : 0;
}

static int read_records(struct look *look, const struct open *o)
{
	int r = recall_registration(look, o);

	if (r == 0)
		r = survey_note(look, o->root_fd);
	look->is_stopping = look->records_fd >= 0 &&
	                    records_are_stopping_at(look->ops->records, o->root_fd);
	return r;
}

static int read_registration(struct look *look, struct open *o)
{
	const struct sysfs *sysfs = look->ops->sysfs;

	o->parent_fd = sysfs_open_parent(sysfs, look->parent);
	if (o->parent_fd < 0)
		return is_absent(o->parent_fd) ? 0 : o->parent_fd;
	look->types_fd = registration_open_any(sysfs, o->parent_fd, look->parent,
	                                       &look->registration);
	return look->types_fd < 0 && look->types_fd != -ENOENT ? look->types_fd : 0;
}

static int read_devices(struct look *look, const struct open *o)
{
	_cleanup_(closep) int bus_fd = -1;
	int r;

	/* It went meanwhile, or was never there. */
	if (o->parent_fd < 0)
		return is_absent(o->parent_fd) ? 0 : o->parent_fd;
	bus_fd = sysfs_open_dir(look->ops->sysfs, SYSFS_DEVICES);
	if (bus_fd < 0 && bus_fd != -ENOENT)
		return bus_fd;
	r = presence_scan_at(look->ops->sysfs, o->parent_fd, bus_fd, NULL, &look->presences);
	return is_absent(r) ? 0 : r;
}

static int look_begin(struct look *look)
{
	struct ops *ops = look->ops;
	_cleanup_(open_done) struct open o = { .parent_fd = -1,
		                               .root_fd = records_open(ops->records) };
	int r = read_registration(look, &o);

	if (r == 0)
		r = store_open_parent(ops->store, look->parent, &look->store);
	if (r == 0)
		r = read_records(look, &o);
	return r < 0 ? r : read_devices(look, &o);
}

/* ---- entries ------------------------------------------------------------------------------ */

static int add_device(struct survey *s, const struct present *present)
{
	_cleanup_(survey_entry_done) struct survey_entry entry = { 0 };
	int r = survey_look_at_device(present, &entry);

	return r < 0 ? r : survey_add(s, &entry);
}

static int add_definition(struct survey *s, const struct look *look, const struct store_entry *e,
                          const struct present *present)
{
	_cleanup_(survey_entry_done) struct survey_entry entry = { 0 };
	int r = survey_look_at_definition(look, e, present, &entry);

	if (r == 0)
		return present ? add_device(s, present) : 0;
	return r < 0 ? r : survey_add(s, &entry);
}

static int compare_next(const struct look *look, size_t i, size_t j)
{
	if (i == look->store.n)
		return 1;
	if (j == look->presences.n)
		return -1;
	return mdev_uuid_compare(&look->store.entries[i].uuid, &look->presences.items[j].uuid);
}

/* Other spellings of a UUID that has a file already name no device of their own. */
static bool is_repeated(const struct store_parent *p, size_t i)
{
	return i > 0 && mdev_uuid_compare(&p->entries[i - 1].uuid, &p->entries[i].uuid) == 0;
}

/* Both are in order of UUID. */
static int look_at_all(const struct look *look, struct survey *s)
{
	size_t i = 0, j = 0;
	int r = 0;

	while (r >= 0 && (i < look->store.n || j < look->presences.n)) {
		int c;

		if (i < look->store.n && is_repeated(&look->store, i)) {
			i++;
			continue;
		}
		c = compare_next(look, i, j);
		if (c > 0)
			r = add_device(s, &look->presences.items[j]);
		else
			r = add_definition(s, look, &look->store.entries[i],
			                   c == 0 ? &look->presences.items[j] : NULL);
		i += c <= 0;
		j += c >= 0;
	}
	return r < 0 ? r : 0;
}

/* -ESTALE if the parent registered anew, or went, meanwhile: what was read is of two lives. */
static int look_once(struct ops *ops, const char *parent, const struct survey_hints *hints,
                     struct survey *ret)
{
	_cleanup_(survey_done) struct survey s = { 0 };
	_cleanup_(freep) char *known_type = NULL;
	_cleanup_(look_done) struct look look = {
		.ops = ops,
		.parent = parent,
		.hints = hints,
		.now = record_now(),
		.known_type = &known_type,
		.types_fd = -1,
		.records_fd = -1,
		.store = { .fd = -1 },
	};
	uint64_t after = 0;
	int r = look_begin(&look);

	s.registration = look.registration;
	s.is_noted = look.is_noted;
	s.parent = strdup(parent);
	if (!s.parent)
		return -ENOMEM;
	if (r == 0)
		r = look_at_all(&look, &s);
	if (r == 0)
		r = registration_read(ops->sysfs, parent, &after);
	if (r < 0)
		return r;
	if (after != look.registration)
		return -ESTALE;
	*ret = s;
	s = (struct survey){ 0 };
	return 0;
}

int survey_parent(struct ops *ops, const char *parent, const struct survey_hints *hints,
                  struct survey *ret)
{
	int r = -ESTALE;

	for (unsigned i = 0; r == -ESTALE && i < LOOKS_MAX; i++)
		r = look_once(ops, parent, hints, ret);
	return r;
}

static int look_at_one(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                       const struct survey_hints *hints, struct survey *ret)
{
	_cleanup_(survey_entry_done) struct survey_entry entry = { .is_defined = false };
	_cleanup_(survey_done) struct survey s = { .parent = strdup(parent) };
	_cleanup_(site_freep) struct site *site = NULL;
	int r = s.parent ? site_new(ops, parent, &site) : -ENOMEM;

	if (r == 0)
		r = survey_device_at(site, uuid, hints, &entry, NULL);
	if (r == 1)
		r = survey_add(&s, &entry);
	if (r < 0)
		return r;
	s.registration = site->registration;
	s.is_noted = site->is_noted;
	*ret = s;
	s = (struct survey){ 0 };
	return 0;
}

int survey_device(struct ops *ops, const char *parent, const struct mdev_uuid *uuid,
                  const struct survey_hints *hints, struct survey *ret)
{
	int r = -ESTALE;

	for (unsigned i = 0; r == -ESTALE && i < LOOKS_MAX; i++)
		r = look_at_one(ops, parent, uuid, hints, ret);
	return r;
}

/* ---- all parents --------------------------------------------------------------------------- */

struct parents {
	const struct ops *ops;
	struct names known;  /* sorted: registered */
	struct names others; /* of devices of parents that are not */
};

static bool is_known(const struct names *names, const char *name)
{
	for (size_t low = 0, high = names->n; low < high;) {
		size_t middle = low + (high - low) / 2;
		int c = strcmp(names->items[middle], name);

		if (c == 0)
			return true;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static int on_bus_device(void *userdata, const char *name, unsigned char type _unused_)
{
	struct parents *p = userdata;
	_cleanup_(freep) char *parent = NULL;
	enum presence presence;
	struct mdev_uuid uuid;
	int r;

	if (mdev_uuid_parse(name, &uuid) < 0)
		return 0;
	r = presence_elsewhere(p->ops->sysfs, &uuid, &presence, &parent);
	if (r == -ENOMEM || !parent || is_known(&p->known, parent))
		return r == -ENOMEM ? r : 0;
	return names_add(&p->others, parent);
}

/* Parents of devices are registered but while their driver takes them down. */
static int list_by_devices(struct parents *p)
{
	_cleanup_(closep) int fd = sysfs_open_dir(p->ops->sysfs, SYSFS_DEVICES);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	return dir_each_new(fd, on_bus_device, p);
}

static int take_names(const struct log *log, const struct names *from, struct names *to)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->n; i++) {
		const char *name = from->items[i];
		size_t n = strlen(name);

		if (n <= SURVEY_PARENT_MAX && utf8_is_valid(name, n))
			r = names_add(to, name);
		else
			log_warn_once(log, "Passing over a parent, its name is %s: %s",
			              n > SURVEY_PARENT_MAX ? "too long" : "not UTF-8", name);
	}
	return r;
}

static void drop_repeated(struct names *names)
{
	size_t kept = 0;

	names_sort(names);
	for (size_t i = 0; i < names->n; i++) {
		if (kept > 0 && strcmp(names->items[kept - 1], names->items[i]) == 0)
			free(names->items[i]);
		else
			names->items[kept++] = names->items[i];
	}
	names->n = kept;
}

static void parents_done(struct parents *p)
{
	names_done(&p->known);
	names_done(&p->others);
}

int survey_list_parents(struct ops *ops, struct names *ret)
{
	_cleanup_(parents_done) struct parents p = { .ops = ops };
	_cleanup_(names_done) struct names defined = { 0 }, all = { 0 };
	const struct log *log = env_log(ops->env);
	int r = types_list_parents(ops->sysfs, &p.known);

	if (r >= 0)
		r = list_by_devices(&p);
	if (r >= 0)
		r = store_list_parents(ops->store, &defined);
	drop_repeated(&p.others);
	if (r >= 0)
		r = take_names(log, &p.known, &all);
	if (r >= 0)
		r = take_names(log, &p.others, &all);
	if (r >= 0)
		r = take_names(log, &defined, &all);
	if (r < 0)
		return r;
	drop_repeated(&all);
	*ret = all;
	all = (struct names){ 0 };
	return 0;
}

/* ---- what states mean ------------------------------------------------------------------------ */

bool survey_entry_is_at_rest(const struct survey_entry *e, bool count_missing_parent)
{
	switch (e->state) {
	case DEVICE_STARTING:
	case DEVICE_STOPPING:
		return false;
	case DEVICE_WAITING_PARENT:
		return count_missing_parent;
	case DEVICE_FAILED:
		return e->action == CAMPAIGN_REST &&
		       (e->next == 0 || e->next - record_now() > MUCH_LATER);
	case DEVICE_INACTIVE:
	case DEVICE_WAITING_TYPE:
	case DEVICE_WAITING_INSTANCE:
	case DEVICE_BLOCKED:
	case DEVICE_ACTIVE:
	case DEVICE_DEGRADED:
	case DEVICE_STUCK:
	case _DEVICE_STATE_MAX:
		break;
	}
	return true;
}

/* One that only waits for its next try is told as starting, too. */
static bool waits_for_try(const struct survey_entry *e)
{
	return e->action == CAMPAIGN_START || e->next > 0;
}

bool survey_entry_is_there(const struct survey_entry *e)
{
	switch (e->state) {
	case DEVICE_STARTING:
		return !waits_for_try(e);
	case DEVICE_ACTIVE:
	case DEVICE_DEGRADED:
	case DEVICE_STOPPING:
	case DEVICE_STUCK:
		return true;
	case DEVICE_INACTIVE:
	case DEVICE_WAITING_PARENT:
	case DEVICE_WAITING_TYPE:
	case DEVICE_WAITING_INSTANCE:
	case DEVICE_BLOCKED:
	case DEVICE_FAILED:
	case _DEVICE_STATE_MAX:
		break;
	}
	return false;
}

bool survey_entry_is_bad(const struct survey_entry *e)
{
	return e->is_auto && (e->state == DEVICE_FAILED || e->state == DEVICE_STUCK ||
	                      e->state == DEVICE_DEGRADED);
}
