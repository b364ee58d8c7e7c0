/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is remembered of recipes in this boot: /run/mdevmgr/recipes/NAME. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/recipe-store.h"
#include "core/record-private.h"
#include "core/store.h"

#define RECIPES "recipes"

void recipe_record_done(struct recipe_record *record)
{
	free(record->parent);
	free(record->reason);
	*record = (struct recipe_record){ 0 };
}

static int open_place(const struct records *records, bool make)
{
	_cleanup_(closep) int root_fd = records_open(records);
	int fd;

	if (root_fd < 0)
		return root_fd;
	fd = file_open_beneath(root_fd, RECIPES, O_RDONLY | O_DIRECTORY);
	if (fd != -ENOENT || !make)
		return fd;
	if (mkdirat(root_fd, RECIPES, 0755) < 0 && errno != EEXIST)
		return -errno;
	/* Readable by everybody whatever the umask. */
	if (fchmodat(root_fd, RECIPES, 0755, 0) < 0)
		return -errno;
	return file_open_beneath(root_fd, RECIPES, O_RDONLY | O_DIRECTORY);
}

/* ---- text ----------------------------------------------------------------------------- */

static int take_number(const char *value, uint64_t max, int64_t *ret)
{
	uint64_t number;
	int r = record_parse_u64(value, &number);

	if (r < 0)
		return r;
	if (number > max)
		return -ERANGE;
	*ret = (int64_t)number;
	return 0;
}

static int take_text(char **text, const char *value)
{
	free(*text);
	*text = record_clean_line(value);
	return *text ? 0 : -ENOMEM;
}

static int take_field(struct recipe_record *record, const char *key, const char *value)
{
	int64_t number = 0;
	int r;

	if (strcmp(key, "reason") == 0)
		return take_text(&record->reason, value);
	if (strcmp(key, "parent") == 0)
		return store_parent_problem(value) ? -EINVAL : take_text(&record->parent, value);
	if (strcmp(key, "state") == 0) {
		record->has_state = true;
		return recipe_state_parse(value, &record->state);
	}
	r = take_number(value,
	                strcmp(key, "errno") == 0 || strcmp(key, "attempts") == 0 ? INT_MAX
	                                                                          : INT64_MAX,
	                &number);
	if (strcmp(key, "paused") == 0)
		record->is_paused = number == 1;
	else if (strcmp(key, "armed") == 0)
		record->is_armed = number == 1;
	else if (strcmp(key, "attempts") == 0)
		record->attempts = (unsigned)number;
	else if (strcmp(key, "errno") == 0)
		record->errnum = (int)number;
	else if (strcmp(key, "since") == 0)
		record->since = number;
	else if (strcmp(key, "next") == 0)
		record->next = number;
	else
		return 0; /* of a later version */
	return r;
}

/* A record of another boot, or one that cannot be understood, counts as none. */
static int parse(char *text, const char *boot_id, struct recipe_record *ret)
{
	_cleanup_(recipe_record_done) struct recipe_record record = { 0 };
	bool is_ours = false;
	char *key, *value;
	int r = 0;

	while (r == 0 && record_next_field(&text, &key, &value)) {
		if (strcmp(key, "boot_id") == 0)
			is_ours = strcmp(value, boot_id) == 0;
		else
			r = take_field(&record, key, value);
	}
	if (r == -ENOMEM)
		return r;
	if (r == 0 && is_ours) {
		*ret = record;
		record = (struct recipe_record){ 0 };
	}
	return 0;
}

static void format(const struct recipe_record *record, struct strbuf *out)
{
	_cleanup_(freep) char *reason = record->reason ? record_clean_line(record->reason) : NULL;

	strbuf_addf(out, "paused=%d\narmed=%d\nattempts=%u\nerrno=%d\nsince=%lld\nnext=%lld\n",
	            record->is_paused, record->is_armed, record->attempts, record->errnum,
	            (long long)record->since, (long long)record->next);
	if (record->has_state)
		strbuf_addf(out, "state=%s\n", recipe_state_name(record->state));
	if (record->parent && !store_parent_problem(record->parent))
		strbuf_addf(out, "parent=%s\n", record->parent);
	if (reason)
		strbuf_addf(out, "reason=%s\n", reason);
}

/* ---- files ---------------------------------------------------------------------------- */

int recipe_record_read(const struct records *records, const char *name, struct recipe_record *ret)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(closep) int fd = open_place(records, false);
	const char *boot_id;
	int r = fd;

	*ret = (struct recipe_record){ 0 };
	if (!recipe_name_is_valid(name))
		return -EINVAL;
	if (fd >= 0)
		r = records_read_file_at(records, fd, name, RECORD_SIZE_MAX, &text, &boot_id);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return parse(text.data, boot_id, ret);
}

int recipe_record_write(const struct records *records, const char *name,
                        const struct recipe_record *record)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(closep) int fd = -1;

	if (!recipe_name_is_valid(name))
		return -EINVAL;
	fd = open_place(records, true);
	if (fd < 0)
		return fd;
	format(record, &text);
	return records_write_file_at(records, fd, name, &text, 0644);
}

int recipe_record_remove(const struct records *records, const char *name)
{
	_cleanup_(closep) int fd = -1;

	if (!recipe_name_is_valid(name))
		return -EINVAL;
	fd = open_place(records, false);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	return unlinkat(fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}
