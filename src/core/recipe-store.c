/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading the recipes on disk. One that is broken never hides the others. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/recipe-store.h"

#define SUFFIX ".json"

/* "fe.3.ffff.json" */
#define FILE_NAME_MAX (BUSID_TEXT_MAX + sizeof(SUFFIX))

void recipe_add_path(const struct env *env, const char *name, struct strbuf *out)
{
	env_add_path(env, out, RECIPE_DIR "/");
	strbuf_addf(out, "%s" SUFFIX, name);
}

static int read_at(int dirfd, const char *name, struct strbuf *ret)
{
	_cleanup_(closep) int fd = -1;
	char file[FILE_NAME_MAX];

	if (!recipe_name_is_valid(name))
		return -ENOENT;
	strcpy(file, name);
	strcat(file, SUFFIX);
	fd = file_open_regular(dirfd, file);
	return fd < 0 ? fd : file_read_regular(fd, RECIPE_SIZE_MAX, ret);
}

int recipe_read_text(const struct env *env, const char *name, struct strbuf *ret)
{
	_cleanup_(closep) int fd = env_open_dir(env, RECIPE_DIR);

	return fd < 0 ? fd : read_at(fd, name, ret);
}

static int parse_at(const struct env *env, int dirfd, const char *name, struct recipe **ret,
                    struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	int r = read_at(dirfd, name, &text);

	if (r < 0)
		return error_set_errno(err, r, "Cannot read the recipe");
	return recipe_parse(name, strbuf_str(&text), text.len, env_log(env), ret, err);
}

int recipe_read(const struct env *env, const char *name, struct recipe **ret, struct error *err)
{
	_cleanup_(closep) int fd = env_open_dir(env, RECIPE_DIR);
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
	int r = fd;

	if (r >= 0)
		r = parse_at(env, fd, name, ret, err);
	if (r >= 0 || r == -ENOMEM)
		return r;
	recipe_add_path(env, name, &path);
	if (r == -ENOENT) {
		error_set(err, r, "There is no recipe of parent %s", name);
		error_set_cause(err, "%s: %s", strbuf_str(&path), strerror(-r));
	} else if (fd < 0) {
		error_set_errno(err, r, "Cannot read the recipe");
	}
	if (r != -ENOENT)
		error_add_cause(err, "%s", strbuf_str(&path));
	return r;
}

/* ---- all of them ------------------------------------------------------------------------- */

void recipes_done(struct recipes *recipes)
{
	for (size_t i = 0; i < recipes->n; i++) {
		free(recipes->items[i].name);
		recipe_free(recipes->items[i].recipe);
		free(recipes->items[i].problem);
	}
	free(recipes->items);
	*recipes = (struct recipes){ 0 };
}

/* The name without .json, or NULL: no recipe has it, or out of memory. */
static char *name_of_file(const char *file)
{
	size_t n = strlen(file), suffix = strlen(SUFFIX);
	char *name;

	if (n <= suffix || n >= FILE_NAME_MAX || strcmp(file + n - suffix, SUFFIX) != 0)
		return NULL;
	name = strndup(file, n - suffix);
	if (name && recipe_name_is_valid(name))
		return name;
	free(name);
	return NULL;
}

static int grow(struct recipes *recipes)
{
	size_t size = recipes->size ? recipes->size * 2 : 8;
	struct recipe_entry *items;

	if (recipes->n < recipes->size)
		return 0;
	items = reallocarray(recipes->items, size, sizeof(*items));
	if (!items)
		return -ENOMEM;
	recipes->items = items;
	recipes->size = size;
	return 0;
}

static char *describe(const struct env *env, const char *name, const struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT, path = STRBUF_INIT;

	recipe_add_path(env, name, &path);
	error_format(err, &text);
	strbuf_addf(&text, " in %s", strbuf_str(&path));
	return strbuf_take(&text);
}

/* Takes over the name. */
static int add_entry(const struct env *env, int dirfd, char *name, struct recipes *recipes)
{
	_cleanup_(error_done) struct error reason = ERROR_INIT;
	struct recipe_entry entry = { .name = name };
	int r = parse_at(env, dirfd, name, &entry.recipe, &reason);

	/* -ENOENT: removed since it was listed. */
	if (r == -ENOMEM || r == -ENOENT || grow(recipes) < 0) {
		recipe_free(entry.recipe);
		free(name);
		return r == -ENOENT ? 0 : -ENOMEM;
	}
	if (r < 0) {
		entry.problem = describe(env, name, &reason);
		if (entry.problem)
			log_warn(env_log(env), "%s", entry.problem);
	}
	recipes->items[recipes->n++] = entry;
	return 0;
}

static int load_file(const struct env *env, int dirfd, const char *file, struct recipes *recipes)
{
	char *name = name_of_file(file);

	if (name)
		return add_entry(env, dirfd, name, recipes);
	log_warn(env_log(env),
	         "%s/%s is passed over: a recipe is called matrix.json, or by a device number "
	         "(0.0.4711.json)",
	         RECIPE_DIR, file);
	return 0;
}

int recipes_load(const struct env *env, struct recipes *ret)
{
	_cleanup_(recipes_done) struct recipes recipes = { 0 };
	_cleanup_(closep) int fd = env_open_dir(env, RECIPE_DIR);
	_cleanup_(names_done) struct names files = { 0 };
	int r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = dir_names(fd, &files);
	for (size_t i = 0; r >= 0 && i < files.n; i++)
		r = load_file(env, fd, files.items[i], &recipes);
	if (r < 0)
		return r;
	*ret = recipes;
	recipes = (struct recipes){ 0 };
	return 0;
}

int recipes_load_one(const struct env *env, const char *name, struct recipes *ret)
{
	_cleanup_(closep) int fd = env_open_dir(env, RECIPE_DIR);
	char *copy;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	copy = strdup(name);
	return copy ? add_entry(env, fd, copy, ret) : -ENOMEM;
}

const struct recipe *recipes_find(const struct recipes *recipes, const char *name)
{
	for (size_t i = 0; i < recipes->n; i++)
		if (strcmp(recipes->items[i].name, name) == 0)
			return recipes->items[i].recipe;
	return NULL;
}

const struct recipe *recipes_find_uuid(const struct recipes *recipes, const struct mdev_uuid *uuid)
{
	for (size_t i = 0; i < recipes->n; i++)
		if (recipes->items[i].recipe && recipe_binds(recipes->items[i].recipe, uuid))
			return recipes->items[i].recipe;
	return NULL;
}
