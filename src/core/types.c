/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading what parents offer. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "core/types.h"
#include "shared/utf8.h"

static void type_done(struct type *type)
{
	free(type->id);
	free(type->device_api);
	free(type->name);
	free(type->description);
	*type = (struct type){ 0 };
}

void types_done(struct types *types)
{
	for (size_t i = 0; i < types->n; i++)
		type_done(&types->items[i]);
	free(types->items);
	*types = (struct types){ 0 };
}

static int refuse(const char **ret_reason, const char *reason)
{
	*ret_reason = reason;
	return -EINVAL;
}

int types_parse_instances(const char *text, int32_t *ret, const char **ret_reason)
{
	bool is_negative = text[0] == '-';
	const char *p = text + (text[0] == '-' || text[0] == '+');
	int64_t value = 0;

	if (text[0] == '\0')
		return refuse(ret_reason, "cannot parse integer from empty string");
	if (*p == '\0')
		return refuse(ret_reason, "invalid digit found in string");
	for (; *p; p++) {
		if (*p < '0' || *p > '9')
			return refuse(ret_reason, "invalid digit found in string");
		if (value <= (int64_t)INT32_MAX + 1)
			value = value * 10 + (*p - '0');
	}
	if (is_negative && -value < INT32_MIN)
		return refuse(ret_reason, "number too small to fit in target type");
	if (!is_negative && value > INT32_MAX)
		return refuse(ret_reason, "number too large to fit in target type");
	*ret = (int32_t)(is_negative ? -value : value);
	return 0;
}

/* One type being read. Its files are opened by their path below the parent's directory
 * of types: no descriptor for a directory that is looked into four times. */
struct type_reader {
	int types_fd;
	const char *id;
	const char *file;   /* the last one looked at, and */
	const char *reason; /* what is wrong with its text, or NULL: for messages */
};

/* Reads a text file of the type, without the white space around it. */
static int read_text(struct type_reader *reader, const char *file, char **ret)
{
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
	int r;

	reader->file = file;
	strbuf_addf(&path, "%s/%s", reader->id, file);
	if (strbuf_error(&path) < 0)
		return -ENOMEM;
	r = sysfs_read(reader->types_fd, path.data, &text);
	if (r < 0)
		return r;
	if (!utf8_is_valid(strbuf_str(&text), text.len)) {
		reader->reason = "stream did not contain valid UTF-8";
		return -EILSEQ;
	}
	strbuf_trim(&text);
	/* The buffer has room for a page, and a parent's types are all kept. */
	*ret = strdup(strbuf_str(&text));
	return *ret ? 0 : -ENOMEM;
}

static int read_optional_text(struct type_reader *reader, const char *file, char **ret)
{
	int r = read_text(reader, file, ret);

	if (r != -ENOENT)
		return r;
	*ret = strdup("");
	return *ret ? 0 : -ENOMEM;
}

static int type_read_files(struct type_reader *reader, struct type *type)
{
	_cleanup_(freep) char *available = NULL;
	int r;

	r = read_text(reader, "available_instances", &available);
	if (r == 0)
		r = types_parse_instances(available, &type->available, &reader->reason);
	if (r == 0)
		r = read_text(reader, "device_api", &type->device_api);
	if (r == 0)
		r = read_optional_text(reader, "name", &type->name);
	if (r == 0)
		r = read_optional_text(reader, "description", &type->description);
	return r;
}

static int type_read(const struct log *log, int types_fd, const char *parent, const char *id,
                     struct type *ret)
{
	struct type_reader reader = { .types_fd = types_fd, .id = id };
	_cleanup_(type_done) struct type type = { .id = strdup(id) };
	int r;

	if (!type.id)
		return -ENOMEM;
	r = type_read_files(&reader, &type);
	if (r < 0) {
		if (r != -ENOMEM)
			log_warn(log, "Passing over type %s of parent %s: %s: %s", id, parent,
			         reader.file, reader.reason ? reader.reason : strerror(-r));
		return r;
	}
	*ret = type;
	type = (struct type){ 0 };
	return 0;
}

struct id_walk {
	int fd;
	struct names ids;
};

/* What is no real directory (a link, a file) is no type, and not worth a word. */
static int on_id(void *userdata, const char *name, unsigned char type)
{
	struct id_walk *walk = userdata;
	struct stat st;

	if (type == DT_UNKNOWN && fstatat(walk->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode))
		type = DT_DIR;
	if (type != DT_DIR || !utf8_is_valid(name, strlen(name)))
		return 0;
	return names_add(&walk->ids, name);
}

int types_open(const struct sysfs *sysfs, const char *parent)
{
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;

	if (!sysfs_name_is_plain(parent))
		return -EINVAL;
	strbuf_addf(&path, SYSFS_PARENTS "/%s/mdev_supported_types", parent);
	return strbuf_error(&path) < 0 ? -ENOMEM : sysfs_open_dir(sysfs, strbuf_str(&path));
}

static void id_walk_done(struct id_walk *walk)
{
	names_done(&walk->ids);
}

int types_read(const struct sysfs *sysfs, const struct log *log, const char *parent,
               struct types *ret)
{
	_cleanup_(closep) int fd = types_open(sysfs, parent);
	_cleanup_(types_done) struct types types = { 0 };
	_cleanup_(id_walk_done) struct id_walk walk = { .fd = fd };
	int r;

	if (fd < 0)
		return fd;
	r = dir_each_new(fd, on_id, &walk);
	if (r < 0)
		return r;
	names_sort(&walk.ids);
	types.items = calloc(walk.ids.n ? walk.ids.n : 1, sizeof(*types.items));
	if (!types.items)
		return -ENOMEM;
	for (size_t i = 0; i < walk.ids.n; i++) {
		r = type_read(log, fd, parent, walk.ids.items[i], &types.items[types.n]);
		if (r == -ENOMEM)
			return r;
		if (r == 0)
			types.n++;
	}
	*ret = types;
	types = (struct types){ 0 };
	return 0;
}

const struct type *types_find_name(const struct types *types, const char *name)
{
	const struct type *found = NULL;

	for (size_t i = 0; i < types->n; i++)
		if (strcmp(types->items[i].name, name) == 0) {
			if (found)
				return NULL;
			found = &types->items[i];
		}
	return found;
}

bool types_have_id(const struct types *types, const char *id)
{
	for (size_t i = 0; i < types->n; i++)
		if (strcmp(types->items[i].id, id) == 0)
			return true;
	return false;
}

int types_list_parents(const struct sysfs *sysfs, struct names *ret)
{
	_cleanup_(closep) int fd = sysfs_open_dir(sysfs, SYSFS_PARENTS);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	return dir_names(fd, ret);
}

int types_find_similar_parent(const struct sysfs *sysfs, const char *parent, char **ret)
{
	_cleanup_(names_done) struct names parents = { 0 };
	int r = types_list_parents(sysfs, &parents);

	for (size_t i = 0; r >= 0 && i < parents.n; i++)
		if (strcasecmp(parents.items[i], parent) == 0) {
			*ret = TAKE_PTR(parents.items[i]);
			return *ret ? 0 : -ENOMEM;
		}
	return r < 0 ? r : -ENOENT;
}
