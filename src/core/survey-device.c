/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One device of a survey: from its files to the facts, and to the verdict. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ops-private.h"
#include "core/survey-private.h"

/* What belongs to one definition while it is judged. */
struct subject {
	const struct look *look;
	const struct mdev_uuid *uuid;
	struct definition *definition;
	struct record record;
	bool has_record;
	struct presences again; /* the device, if it was looked at once more */
	char *active_parent;
	char *rival; /* found on disk */
};

static void subject_done(struct subject *s)
{
	definition_free(s->definition);
	record_done(&s->record);
	presences_done(&s->again);
	free(s->active_parent);
	free(s->rival);
}

static enum device_state state_of_presence(enum presence presence)
{
	switch (presence) {
	case PRESENCE_STARTING:
		return DEVICE_STARTING;
	case PRESENCE_ACTIVE:
		return DEVICE_ACTIVE;
	case PRESENCE_STOPPING:
		return DEVICE_STOPPING;
	case PRESENCE_ABSENT:
	case PRESENCE_ELSEWHERE:
		break;
	}
	return DEVICE_INACTIVE;
}

static int copy_text(const char *text, char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

int survey_look_at_device(const struct present *present, struct survey_entry *ret)
{
	ret->uuid = present->uuid;
	ret->state = state_of_presence(present->presence);
	ret->action = CAMPAIGN_REST;
	return copy_text(present->type, &ret->type);
}

/* ---- its files -------------------------------------------------------------------- */

static int tell_broken(const struct look *look, const struct store_entry *e,
                       const struct present *present, struct error *why, struct survey_entry *ret)
{
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;

	store_add_path(look->ops->store, look->parent, e, &path);
	error_add_cause(why, "in %s", strbuf_str(&path));
	error_format(why, &text);
	ret->is_broken = true;
	ret->reason = strbuf_take(&text);
	if (!ret->reason)
		return -ENOMEM;
	if (!present)
		return 0;
	ret->state = state_of_presence(present->presence);
	return copy_text(present->type, &ret->type);
}

void survey_file_done(struct survey_file *file)
{
	definition_free(file->definition);
	error_done(&file->why);
	*file = (struct survey_file){ .result = 0 };
}

void survey_read_file(const struct look *look, const struct store_entry *e, struct survey_file *ret)
{
	_cleanup_(strbuf_done) struct strbuf bytes = STRBUF_INIT;
	bool is_of_site = look->site && !e->name;
	int r = is_of_site
	                ? store_read_canonical(look->site->store_fd, look->parent, &e->uuid, &bytes,
	                                       &ret->is_private)
	                : store_read_bytes_and_privacy(&look->store, e, &bytes, &ret->is_private);

	if (is_of_site && look->is_private)
		ret->is_private = true;
	ret->why = ERROR_INIT;
	ret->result = r;
	if (r == -ENOENT)
		ret->result = 0;
	if (r == -ENOENT)
		return;
	if (r < 0) {
		error_set_errno(&ret->why, r, "Cannot read the definition");
		return;
	}
	ret->hash = record_hash_definition(strbuf_str(&bytes), bytes.len);
	r = definition_parse(strbuf_str(&bytes), bytes.len, &ret->definition, &ret->why);
	ret->result = r < 0 ? r : 1;
}

static int read_record(struct subject *s)
{
	const struct look *look = s->look;
	int r = look->records_fd < 0
	                ? -ENOENT
	                : record_read_at(look->ops->records, look->records_fd, s->uuid, &s->record);

	if (r == -ENOMEM)
		return r;
	/* What may not be read, as what is not there: the definition is as private. */
	s->has_record = r == 0 && s->record.registration == look->registration;
	return 0;
}

/* ---- other parents ------------------------------------------------------------------ */

/* Below our own parent, though it was not there before: made since. */
static int look_again(struct subject *s)
{
	int r = presence_scan_for(s->look->ops->sysfs, s->look->parent, s->uuid, &s->again);

	return r == -ENOMEM ? r : 0;
}

/* Also closes a gap: the record, which was read after the devices, may tell of a start that
 * has come to its end meanwhile. */
static int look_elsewhere(struct subject *s, struct campaign_facts *facts)
{
	const struct look *look = s->look;
	int r = presence_elsewhere(look->ops->sysfs, s->uuid, &facts->presence, &s->active_parent);

	if (r == -ENOMEM || !s->active_parent || strcmp(s->active_parent, look->parent) != 0)
		return r == -ENOMEM ? r : 0;
	/* A parent on its way out takes its devices along. */
	facts->presence = look->registration ? PRESENCE_ABSENT : PRESENCE_STOPPING;
	r = look->registration ? look_again(s) : 0;
	if (r == 0 && s->again.n == 1) {
		facts->presence = s->again.items[0].presence;
		facts->active_type = s->again.items[0].type;
	}
	return r;
}

static bool is_auto(const struct ops *ops, const struct store_hit *hit)
{
	_cleanup_(definition_freep) struct definition *d = NULL;
	_cleanup_(store_parent_done) struct store_parent p = { .fd = -1 };

	return store_open_parent_for(ops->store, hit->parent, &hit->entry.uuid, &p) == 0 &&
	       p.fd >= 0 && store_read(ops->store, &p, &hit->entry, &d, NULL) == 0 && d->autostart;
}

static bool is_registered(const struct ops *ops, const char *parent)
{
	uint64_t registration = 0;

	return registration_read(ops->sysfs, parent, &registration) == 0 && registration != 0;
}

/* Among the registered parents that sort before ours: only for who has no index of
 * definitions. A file whose name is not canonical is missed: the kernel will say EEXIST. */
static int find_rival(struct subject *s)
{
	const struct ops *ops = s->look->ops;
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };
	_cleanup_(names_done) struct names parents = { 0 };
	size_t n = 0;
	int r = types_list_parents(ops->sysfs, &parents);

	while (n < parents.n && strcmp(parents.items[n], s->look->parent) < 0)
		n++;
	if (r == 0 && n > 0)
		r = store_find_among(ops->store, s->uuid, &parents, n, &hits);
	for (size_t i = 0; r == 0 && i < hits.n; i++)
		if (is_registered(ops, hits.items[i].parent) && is_auto(ops, &hits.items[i]))
			return copy_text(hits.items[i].parent, &s->rival);
	return r == -ENOMEM ? r : 0;
}

static int look_for_rival(struct subject *s, struct campaign_facts *facts)
{
	const struct survey_hints *hints = s->look->hints;
	int r;

	if (hints && hints->rival) {
		facts->rival = hints->rival(hints->userdata, s->look->parent, s->uuid);
		return 0;
	}
	r = find_rival(s);
	facts->rival = s->rival;
	return r;
}

/* ---- facts ------------------------------------------------------------------------------ */

static bool was_seen(const struct survey_hints *hints, const struct mdev_uuid *uuid)
{
	for (size_t i = 0; hints && i < hints->n_seen; i++)
		if (mdev_uuid_compare(&hints->seen[i], uuid) == 0)
			return true;
	return false;
}

/* Of a hundred devices nearly all are of one type. */
static void know_type(const struct look *look, const char *type)
{
	if (!look->known_type)
		return;
	free(*look->known_type);
	*look->known_type = strdup(type);
}

static bool is_known(const struct look *look, const char *type)
{
	return look->known_type && *look->known_type && strcmp(*look->known_type, type) == 0;
}

static bool has_type(const struct look *look, const char *type)
{
	if ((look->site && site_has_open(look->site, type)) || is_known(look, type))
		return true;
	if (look->types_fd < 0 || !sysfs_name_is_plain(type) ||
	    sysfs_has(look->types_fd, type) != 1)
		return false;
	know_type(look, type);
	return true;
}

static void take_record(const struct subject *s, uint64_t hash, struct campaign_facts *facts)
{
	const struct look *look = s->look;
	const struct record *record = &s->record;
	uint64_t now = 0;

	facts->record = record;
	facts->is_changed = record->definition != 0 && record->definition != hash;
	if (record->phase == CAMPAIGN_STUCK)
		facts->is_writer_alive = record_writer_is_alive(look->ops->records, record);
	/* Where nobody is named, whoever it was is not there any more; and where no registration
	 * is, it had no device, but a definition. */
	if (record->phase == CAMPAIGN_BLOCKED)
		facts->other_is_over = !record->other || record->other_registration == 0 ||
		                       (registration_read(look->ops->sysfs, record->other, &now) ==
		                                0 &&
		                        now != record->other_registration);
}

/* Only a device that may be made now needs its type. */
static bool may_be_made(const struct campaign_facts *f)
{
	return f->is_auto && f->registration != 0 && f->presence == PRESENCE_ABSENT;
}

static int read_facts(struct subject *s, const struct present *present, uint64_t hash,
                      struct campaign_facts *ret)
{
	const struct look *look = s->look;
	int r = read_record(s);

	*ret = (struct campaign_facts){
		.now = look->now,
		.is_auto = s->definition->autostart,
		.registration = look->registration,
		.is_noted = look->is_noted,
		.is_armed = look->is_noted && registration_has_armed(&look->noted, s->uuid),
		.presence = present ? present->presence : PRESENCE_ABSENT,
		.type = s->definition->type,
		.active_type = present ? present->type : NULL,
		.was_seen = was_seen(look->hints, s->uuid),
		.is_freed = look->hints && look->hints->is_freed,
		.is_stopping = look->is_stopping,
	};
	if (s->has_record)
		take_record(s, hash, ret);
	if (r == 0 && !present && ret->is_auto)
		r = look_elsewhere(s, ret);
	ret->active_parent = s->active_parent;
	ret->type_differs = ret->active_type && strcmp(ret->active_type, ret->type) != 0;
	if (may_be_made(ret))
		ret->has_type = has_type(look, ret->type);
	return r;
}

/* A rival is looked for only where it would change the verdict. */
static int judge_with_rival(struct subject *s, struct campaign_facts *facts,
                            struct campaign_verdict *ret, struct strbuf *reason)
{
	int r;

	*ret = campaign_judge(facts, reason);
	if (!may_be_made(facts) || (ret->action != CAMPAIGN_START && ret->action != CAMPAIGN_MISS &&
	                            !(facts->record && facts->record->phase == CAMPAIGN_BLOCKED)))
		return 0;
	r = look_for_rival(s, facts);
	if (r < 0 || !facts->rival)
		return r;
	strbuf_clear(reason);
	*ret = campaign_judge(facts, reason);
	return 0;
}

/* ---- the entry --------------------------------------------------------------------------- */

static void copy_record(const struct subject *s, bool is_there, struct survey_entry *ret)
{
	const struct record *record = &s->record;

	ret->is_held = s->look->is_stopping;
	if (!s->has_record) {
		if (ret->is_auto && s->look->is_noted)
			ret->since = s->look->noted.since;
		return;
	}
	ret->attempts = record->attempts;
	ret->was_left = campaign_phase_is_at_work(record->phase);
	ret->is_stopped = ret->was_left && record->is_stopped;
	ret->errnum = record->errnum;
	ret->since = record->since;
	ret->tried = record->definition;
	ret->written = record->written;
	ret->is_half_made = record->phase == CAMPAIGN_HALF_MADE && is_there;
	if (record->phase == CAMPAIGN_RETRY || record->phase == CAMPAIGN_NO_INSTANCE ||
	    ret->is_half_made)
		ret->next = record->next;
	if (ret->state == DEVICE_STUCK)
		ret->pid = record->pid;
}

static int judge(struct subject *s, const struct present *present, struct survey_entry *ret)
{
	_cleanup_(strbuf_done) struct strbuf reason = STRBUF_INIT;
	struct campaign_verdict verdict;
	struct campaign_facts facts;
	int r = read_facts(s, present, ret->definition, &facts);

	if (r < 0)
		return r;
	r = judge_with_rival(s, &facts, &verdict, &reason);
	if (r < 0)
		return r;
	ret->state = verdict.state;
	ret->action = verdict.action;
	ret->due = verdict.due;
	ret->is_rivalled = verdict.other && verdict.other == facts.rival;
	copy_record(s, facts.presence == PRESENCE_ACTIVE, ret);
	if (strbuf_error(&reason) < 0)
		return -ENOMEM;
	r = copy_text(reason.len > 0 ? reason.data : NULL, &ret->reason);
	return r < 0 ? r : copy_text(verdict.other, &ret->other);
}

static int look_at_file(const struct look *look, const struct store_entry *e,
                        struct survey_file *file, const struct present *present,
                        struct survey_entry *ret)
{
	_cleanup_(subject_done) struct subject s = { .look = look, .uuid = &e->uuid };
	int r = file->result;

	if (r == 0 || r == -ENOMEM)
		return r;
	ret->uuid = e->uuid;
	ret->is_defined = true;
	ret->is_private = file->is_private;
	ret->definition = file->hash;
	if (r < 0) {
		r = tell_broken(look, e, present, &file->why, ret);
		return r < 0 ? r : 1;
	}
	s.definition = TAKE_PTR(file->definition);
	ret->is_auto = s.definition->autostart;
	r = copy_text(s.definition->type, &ret->type);
	if (r == 0)
		r = judge(&s, present, ret);
	if (r < 0)
		return r;
	if (look->ret_definition)
		*look->ret_definition = TAKE_PTR(s.definition);
	return 1;
}

int survey_look_at_definition(const struct look *look, const struct store_entry *e,
                              const struct present *present, struct survey_entry *ret)
{
	_cleanup_(survey_file_done) struct survey_file file = { .why = ERROR_INIT };

	if (look->files)
		return look_at_file(look, e, &look->files[e - look->store.entries], present, ret);
	survey_read_file(look, e, &file);
	return look_at_file(look, e, &file, present, ret);
}
