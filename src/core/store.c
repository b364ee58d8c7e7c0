/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading the definitions on disk. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/store-private.h"
#include "shared/utf8.h"

int store_new(const struct env *env, struct store **ret)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store)
		return -ENOMEM;
	store->env = env;
	*ret = store;
	return 0;
}

void store_free(struct store *store)
{
	free(store);
}

const char *store_parent_problem(const char *parent)
{
	if (parent[0] == '\0')
		return "it is empty";
	if (parent[0] == '.')
		return "it begins with a dot";
	if (strcmp(parent, "scripts.d") == 0)
		return "scripts.d is the directory of the callout scripts";
	if (strlen(parent) > NAME_MAX)
		return "it is longer than 255 bytes";
	for (const unsigned char *p = (const unsigned char *)parent; *p; p++) {
		if (*p == '/')
			return "it holds a slash";
		if (*p < 0x20 || *p == 0x7f)
			return "it holds a control character";
	}
	return NULL;
}

/* What readers pass over without a word; a name that define would refuse for its
 * control characters is still shown, as mdevctl does. */
static bool parent_is_hidden(const char *parent)
{
	return parent[0] == '\0' || parent[0] == '.' || strcmp(parent, "scripts.d") == 0 ||
	       strchr(parent, '/') != NULL;
}

/* The file's name; buffer is used for a canonical one. */
static char *entry_name(const struct store_entry *e, char buffer[static MDEV_UUID_TEXT_MAX])
{
	if (e->name)
		return e->name;
	mdev_uuid_format(&e->uuid, buffer);
	return buffer;
}

void store_add_path(const struct store *store, const char *parent, const struct store_entry *e,
                    struct strbuf *out)
{
	char uuid[MDEV_UUID_TEXT_MAX];

	env_add_path(store->env, out, STORE_DIR "/");
	strbuf_addf(out, "%s/%s", parent, entry_name(e, uuid));
}

/* ---- parents ----------------------------------------------------------------- */

struct parent_walk {
	const struct log *log;
	int fd;
	struct names *names;
};

static bool is_directory(int dirfd, const char *name, unsigned char type)
{
	struct stat st;

	if (type != DT_UNKNOWN)
		return type == DT_DIR;
	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static int on_parent(void *userdata, const char *name, unsigned char type)
{
	struct parent_walk *walk = userdata;

	if (parent_is_hidden(name) || !is_directory(walk->fd, name, type))
		return 0;
	if (!utf8_is_valid(name, strlen(name))) {
		log_warn_once(walk->log,
		              "Passing over a directory in " STORE_DIR
		              ", its name is not UTF-8: %s",
		              name);
		return 0;
	}
	return names_add(walk->names, name);
}

int store_list_parents(const struct store *store, struct names *ret)
{
	_cleanup_(closep) int fd = env_open_dir(store->env, STORE_DIR);
	_cleanup_(names_done) struct names names = { 0 };
	struct parent_walk walk = { .log = env_log(store->env), .fd = fd, .names = &names };
	int r;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	r = dir_each_new(fd, on_parent, &walk);
	if (r < 0)
		return r;
	names_sort(&names);
	*ret = names;
	names = (struct names){ 0 };
	return 0;
}

/* ---- one parent's entries ------------------------------------------------------- */

void store_parent_done(struct store_parent *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->entries[i].name);
	free(p->entries);
	free(p->name);
	if (p->fd >= 0)
		close(p->fd);
	*p = (struct store_parent){ .fd = -1 };
}

static int store_parent_add(struct store_parent *p, const struct mdev_uuid *uuid, const char *name)
{
	struct store_entry entry = { .uuid = *uuid };

	if (p->n == p->size) {
		size_t size = p->size ? p->size + p->size / 2 : 8;
		struct store_entry *entries = realloc(p->entries, size * sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		p->entries = entries;
		p->size = size;
	}
	if (!mdev_uuid_is_canonical(name)) {
		entry.name = strdup(name);
		if (!entry.name)
			return -ENOMEM;
	}
	p->entries[p->n++] = entry;
	return 0;
}

struct entry_walk {
	const struct store *store;
	struct store_parent *parent;
	const struct mdev_uuid *only; /* NULL: all */
};

static bool is_regular(int dirfd, const char *name, unsigned char type)
{
	struct stat st;

	if (type != DT_UNKNOWN)
		return type == DT_REG;
	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static int on_entry(void *userdata, const char *name, unsigned char type)
{
	struct entry_walk *walk = userdata;
	struct mdev_uuid uuid;

	if (name[0] == '.' || !is_regular(walk->parent->fd, name, type))
		return 0;
	if (mdev_uuid_parse(name, &uuid) < 0) {
		if (!walk->only)
			log_warn_once(env_log(walk->store->env),
			              "Can't determine uuid for file '%s' in " STORE_DIR "/%s",
			              name, walk->parent->name);
		return 0;
	}
	if (walk->only && mdev_uuid_compare(walk->only, &uuid) != 0)
		return 0;
	return store_parent_add(walk->parent, &uuid, name);
}

static int compare_entries(const void *a, const void *b)
{
	const struct store_entry *x = a, *y = b;
	int c = mdev_uuid_compare(&x->uuid, &y->uuid);

	/* The canonical spelling of a UUID comes before the others. */
	if (c != 0 || (!x->name && !y->name))
		return c;
	if (!x->name || !y->name)
		return x->name ? 1 : -1;
	return strcmp(x->name, y->name);
}

static int store_scan_parent(const struct store *store, struct store_parent *p,
                             const struct mdev_uuid *only)
{
	struct entry_walk walk = { .store = store, .parent = p, .only = only };
	int r = dir_each_new(p->fd, on_entry, &walk);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		log_warn(env_log(store->env), "Cannot read " STORE_DIR "/%s: %s", p->name,
		         strerror(-r));
	if (p->n > 1)
		qsort(p->entries, p->n, sizeof(*p->entries), compare_entries);
	return 0;
}

static bool may_all_enter(int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, path, &st, AT_EMPTY_PATH) == 0 && (st.st_mode & S_IXOTH);
}

int store_open_parent_for(const struct store *store, const char *parent,
                          const struct mdev_uuid *uuid, struct store_parent *ret)
{
	_cleanup_(store_parent_done) struct store_parent p = { .fd = -1 };
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
	int r = 0;

	if (parent_is_hidden(parent)) {
		*ret = p;
		return 0;
	}
	p.name = strdup(parent);
	env_add_path(store->env, &path, STORE_DIR "/");
	strbuf_add_str(&path, parent);
	if (!p.name || strbuf_error(&path) < 0)
		return -ENOMEM;
	p.fd = open(path.data, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	p.is_private = p.fd >= 0 && !(may_all_enter(p.fd, "") && may_all_enter(p.fd, ".."));
	if (p.fd >= 0)
		r = store_scan_parent(store, &p, uuid);
	else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		log_warn(env_log(store->env), "Cannot read %s: %s", path.data, strerror(errno));
	if (r < 0)
		return r;
	*ret = p;
	p = (struct store_parent){ .fd = -1 };
	return 0;
}

int store_open_parent(const struct store *store, const char *parent, struct store_parent *ret)
{
	return store_open_parent_for(store, parent, NULL, ret);
}

const struct store_entry *store_parent_find(const struct store_parent *p,
                                            const struct mdev_uuid *uuid)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (mdev_uuid_compare(&p->entries[middle].uuid, uuid) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < p->n && mdev_uuid_compare(&p->entries[low].uuid, uuid) == 0)
		return &p->entries[low];
	return NULL;
}

/* ---- contents --------------------------------------------------------------------- */

static int open_entry(const struct store_parent *p, const struct store_entry *e)
{
	char uuid[MDEV_UUID_TEXT_MAX];
	int fd;

	/* The listing saw a regular file; NOFOLLOW and NONBLOCK keep what it may have
	 * been exchanged for from harming, so no fstat() a file. */
	fd = openat(p->fd, entry_name(e, uuid),
	            O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

int store_read_bytes(const struct store_parent *p, const struct store_entry *e, struct strbuf *ret)
{
	_cleanup_(closep) int fd = open_entry(p, e);

	return fd < 0 ? fd : file_read_regular(fd, DEFINITION_SIZE_MAX, ret);
}

int store_read_bytes_and_privacy(const struct store_parent *p, const struct store_entry *e,
                                 struct strbuf *ret, bool *ret_is_private)
{
	_cleanup_(closep) int fd = open_entry(p, e);
	struct stat st;

	/* What we may not open others may not either. */
	*ret_is_private = true;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	*ret_is_private = p->is_private || !(st.st_mode & S_IROTH);
	return file_read_regular(fd, DEFINITION_SIZE_MAX, ret);
}

int store_open(const struct store *store)
{
	return env_open_dir(store->env, STORE_DIR);
}

/* A link, or a file in the place of the directory. */
static bool is_passed_over(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
}

bool store_parent_is_private(int root_fd, const char *parent)
{
	return parent_is_hidden(parent) || !may_all_enter(root_fd, parent) ||
	       !may_all_enter(root_fd, "");
}

int store_read_canonical(int root_fd, const char *parent, const struct mdev_uuid *uuid,
                         struct strbuf *ret, bool *ret_is_private)
{
	char text[MDEV_UUID_TEXT_MAX], path[NAME_MAX + MDEV_UUID_TEXT_MAX + 1];
	_cleanup_(closep) int fd = -1;
	struct stat st;

	if (parent_is_hidden(parent) || strlen(parent) > NAME_MAX)
		return -ENOENT;
	mdev_uuid_format(uuid, text);
	snprintf(path, sizeof(path), "%s/%s", parent, text);
	fd = file_open_beneath(root_fd, path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return is_passed_over(fd) ? -ENOENT : fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	*ret_is_private = !(st.st_mode & S_IROTH);
	return S_ISREG(st.st_mode) ? file_read_regular(fd, DEFINITION_SIZE_MAX, ret) : -ENOENT;
}

int store_read(const struct store *store, const struct store_parent *p, const struct store_entry *e,
               struct definition **ret, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf bytes = STRBUF_INIT, path = STRBUF_INIT;
	int r;

	r = store_read_bytes(p, e, &bytes);
	if (r >= 0) {
		r = definition_parse(bytes.data ? bytes.data : "", bytes.len, ret, err);
		if (r >= 0)
			return r;
	} else {
		error_set_errno(err, r, "Cannot read the definition");
	}
	store_add_path(store, p->name, e, &path);
	error_add_cause(err, "in %s", strbuf_str(&path));
	return r;
}

/* ---- looking a UUID up --------------------------------------------------------------- */

void store_hits_done(struct store_hits *hits)
{
	for (size_t i = 0; i < hits->n; i++) {
		free(hits->items[i].parent);
		free(hits->items[i].entry.name);
	}
	free(hits->items);
	*hits = (struct store_hits){ 0 };
}

int store_hits_add(struct store_hits *hits, const char *parent, const struct store_entry *e)
{
	_cleanup_(freep) char *copy = strdup(parent);
	_cleanup_(freep) char *name = e->name ? strdup(e->name) : NULL;

	if (!copy || (e->name && !name))
		return -ENOMEM;
	if (hits->n == hits->size) {
		size_t size = hits->size ? hits->size * 2 : 2;
		struct store_hit *items = realloc(hits->items, size * sizeof(*items));

		if (!items)
			return -ENOMEM;
		hits->items = items;
		hits->size = size;
	}
	hits->items[hits->n++] = (struct store_hit){
		.parent = TAKE_PTR(copy), .entry = { .uuid = e->uuid, .name = TAKE_PTR(name) }
	};
	return 0;
}

static int find_in_parent(const struct store *store, const struct mdev_uuid *uuid,
                          const char *parent, struct store_hits *hits)
{
	_cleanup_(store_parent_done) struct store_parent p = { .fd = -1 };
	int r = store_open_parent_for(store, parent, uuid, &p);

	for (size_t i = 0; r >= 0 && i < p.n; i++)
		r = store_hits_add(hits, parent, &p.entries[i]);
	return r;
}

int store_find(const struct store *store, const struct mdev_uuid *uuid, const char *parent,
               struct store_hits *ret)
{
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };
	_cleanup_(names_done) struct names parents = { 0 };
	int r;

	r = parent ? names_add(&parents, parent) : store_list_parents(store, &parents);
	for (size_t i = 0; r >= 0 && i < parents.n; i++)
		r = find_in_parent(store, uuid, parents.items[i], &hits);
	if (r < 0)
		return r;
	*ret = hits;
	hits = (struct store_hits){ 0 };
	return 0;
}

int store_find_among(const struct store *store, const struct mdev_uuid *uuid,
                     const struct names *parents, size_t n, struct store_hits *ret)
{
	_cleanup_(closep) int fd = env_open_dir(store->env, STORE_DIR);
	_cleanup_(store_hits_done) struct store_hits hits = { 0 };
	const struct store_entry entry = { .uuid = *uuid };
	char text[MDEV_UUID_TEXT_MAX], path[NAME_MAX + MDEV_UUID_TEXT_MAX + 1];
	int r = 0;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	mdev_uuid_format(uuid, text);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (store_parent_problem(parents->items[i]))
			continue;
		snprintf(path, sizeof(path), "%s/%s", parents->items[i], text);
		if (is_regular(fd, path, DT_UNKNOWN))
			r = store_hits_add(&hits, parents->items[i], &entry);
	}
	if (r < 0)
		return r;
	*ret = hits;
	hits = (struct store_hits){ 0 };
	return 0;
}
