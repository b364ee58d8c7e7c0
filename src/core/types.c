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

#define CLASS_PARENT "class/mdev_bus"

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
		if (value <= INT32_MAX)
			value = value * 10 + (*p - '0');
	}
	if (is_negative && -value < INT32_MIN)
		return refuse(ret_reason, "number too small to fit in target type");
	if (!is_negative && value > INT32_MAX)
		return refuse(ret_reason, "number too large to fit in target type");
	*ret = (int32_t)(is_negative ? -value : value);
	return 0;
}

/* Reads a text file of a type without the blanks around it. */
static int read_text(int type_fd, const char *file, char **ret)
{
	_cleanup_(strbuf_done) struct strbuf b = STRBUF_INIT;
	int r = sysfs_read(type_fd, file, &b);

	if (r < 0)
		return r;
	if (!utf8_is_valid(strbuf_str(&b), b.len))
		return -EILSEQ;
	strbuf_trim(&b);
	*ret = strbuf_take(&b);
	return *ret ? 0 : -ENOMEM;
}

static int read_optional_text(int type_fd, const char *file, char **ret)
{
	int r = read_text(type_fd, file, ret);

	if (r != -ENOENT)
		return r;
	*ret = strdup("");
	return *ret ? 0 : -ENOMEM;
}

/* *ret_what says which file was the reason. */
static int type_read_files(int fd, struct type *type, const char **ret_what,
                           const char **ret_reason)
{
	_cleanup_(freep) char *available = NULL;
	int r;

	*ret_what = "available_instances";
	r = read_text(fd, "available_instances", &available);
	if (r == 0)
		r = types_parse_instances(available, &type->available, ret_reason);
	if (r < 0)
		return r;
	*ret_what = "device_api";
	r = read_text(fd, "device_api", &type->device_api);
	if (r < 0)
		return r;
	*ret_what = "name";
	r = read_optional_text(fd, "name", &type->name);
	if (r < 0)
		return r;
	*ret_what = "description";
	return read_optional_text(fd, "description", &type->description);
}

static int type_read(const struct log *log, int types_fd, const char *parent, const char *id,
                     struct type *ret)
{
	_cleanup_(type_done) struct type type = { .id = strdup(id) };
	const char *what = "directory", *reason = NULL;
	_cleanup_(closep) int fd = -1;
	int r;

	if (!type.id)
		return -ENOMEM;
	fd = sysfs_open_dir_beneath(types_fd, id);
	r = fd < 0 ? fd : type_read_files(fd, &type, &what, &reason);
	if (r < 0) {
		if (r != -ENOMEM)
			log_warn(log, "Passing over type %s of parent %s: %s: %s", id, parent, what,
			         reason ? reason : strerror(-r));
		return r;
	}
	*ret = type;
	type = (struct type){ 0 };
	return 0;
}

/* What is no real directory (a link, a file) is no type, and not worth a word. */
static bool is_type(int types_fd, const char *name)
{
	struct stat st;

	return utf8_is_valid(name, strlen(name)) &&
	       fstatat(types_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

int types_open(const struct sysfs *sysfs, const char *parent)
{
	_cleanup_(closep) int class_fd = sysfs_open_dir(sysfs, CLASS_PARENT);
	_cleanup_(closep) int parent_fd = -1;

	if (class_fd < 0)
		return class_fd;
	parent_fd = sysfs_open_entry(class_fd, parent);
	if (parent_fd < 0)
		return parent_fd;
	return sysfs_open_dir_beneath(parent_fd, "mdev_supported_types");
}

int types_read(const struct sysfs *sysfs, const struct log *log, const char *parent,
               struct types *ret)
{
	_cleanup_(closep) int fd = types_open(sysfs, parent);
	_cleanup_(types_done) struct types types = { 0 };
	_cleanup_(names_done) struct names ids = { 0 };
	int r;

	if (fd < 0)
		return fd;
	r = dir_names(fd, &ids);
	if (r < 0)
		return r;
	types.items = calloc(ids.n ? ids.n : 1, sizeof(*types.items));
	if (!types.items)
		return -ENOMEM;
	for (size_t i = 0; i < ids.n; i++) {
		if (!is_type(fd, ids.items[i]))
			continue;
		r = type_read(log, fd, parent, ids.items[i], &types.items[types.n]);
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
	_cleanup_(closep) int fd = sysfs_open_dir(sysfs, CLASS_PARENT);

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
