/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writing the definitions on disk. A file's text is exchanged by rename, so that a
 * reader, or a crash, sees the old text or the new one and nothing between. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/store-private.h"
#include "shared/temp.h"

/* ---- temporary files ------------------------------------------------------------- */

/* A new file gets the group that a directory with the set-group-ID bit asks for: it is
 * made in another one. */
static int inherit_group(int dirfd, int fd)
{
	struct stat st;

	if (fstat(dirfd, &st) < 0)
		return -errno;
	return st.st_mode & S_ISGID && fchown(fd, (uid_t)-1, st.st_gid) < 0 ? -errno : 0;
}

/* Writes a whole temporary file, in the directory above the parents': readers of either pass
 * over hidden names. It gets the metadata of the open file like (or -1: as a new file of
 * parent_fd). On failure nothing is left behind. */
static int write_temp(int dirfd, int parent_fd, char name[static TEMP_NAME_MAX], int like,
                      const void *bytes, size_t n)
{
	_cleanup_(closep) int fd = temp_create(dirfd, like >= 0 ? 0600 : 0666, name);
	int r;

	if (fd < 0)
		return fd;
	r = file_write_all(fd, bytes, n);
	if (r == 0)
		r = like >= 0 ? file_copy_metadata(like, fd) : inherit_group(parent_fd, fd);
	if (r == 0)
		r = file_sync_close(TAKE_FD(fd));
	if (r < 0)
		unlinkat(dirfd, name, 0);
	return r;
}

/* ---- directories -------------------------------------------------------------------- */

/* Never through a link. */
static int open_dir(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Opens a directory, made if it is not there; the one above is synced then. */
static int open_or_make_dir(int dirfd, const char *name, mode_t mode)
{
	int fd = open_dir(dirfd, name);

	if (fd != -ENOENT)
		return fd;
	if (mkdirat(dirfd, name, mode) < 0 && errno != EEXIST)
		return -errno;
	if (fsync(dirfd) < 0)
		return -errno;
	return open_dir(dirfd, name);
}

static int open_store_dir(const struct store *store)
{
	int r, fd = env_open_dir(store->env, STORE_DIR);

	if (fd != -ENOENT)
		return fd;
	r = env_make_dir(store->env, STORE_DIR);
	return r < 0 ? r : env_open_dir(store->env, STORE_DIR);
}

struct place {
	int store_fd;
	int parent_fd;
};

static void place_done(struct place *place)
{
	closep(&place->store_fd);
	closep(&place->parent_fd);
}

/* For a new definition the parent's directory is made; for one that was there it must be
 * there, too. */
static int place_open(const struct store *store, const char *parent, bool is_new, struct place *ret)
{
	_cleanup_(place_done) struct place place = { .store_fd = -1, .parent_fd = -1 };
	int r;

	place.store_fd = open_store_dir(store);
	if (place.store_fd < 0)
		return place.store_fd;
	/* We hold the lock, so their makers are dead. */
	r = temp_sweep(place.store_fd);
	if (r < 0)
		return r;
	place.parent_fd = is_new ? open_or_make_dir(place.store_fd, parent, 0777)
	                         : open_dir(place.store_fd, parent);
	if (place.parent_fd < 0)
		return place.parent_fd;
	*ret = place;
	place = (struct place){ .store_fd = -1, .parent_fd = -1 };
	return 0;
}

/* ---- the three changes ------------------------------------------------------------------ */

static void advise(struct error *err, int r)
{
	if (r == -EACCES || r == -EPERM)
		error_set_advice(err, "changing definitions needs root");
	else if (r == -ENOTDIR || r == -ELOOP)
		error_set_advice(err, "a parent needs a directory, and a definition a file: "
		                      "what is there is something else; move it away");
	else if (r == -EEXIST)
		error_set_advice(err, "something of this name is there; move it away");
}

static int write_failed(const struct store *store, const char *parent, const struct store_entry *e,
                        int r, const char *what, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
	char uuid[MDEV_UUID_TEXT_MAX];

	mdev_uuid_format(&e->uuid, uuid);
	store_add_path(store, parent, e, &path);
	error_set(err, r, "Failed to %s config for device %s", what, uuid);
	error_set_cause(err, "%s: %s", strbuf_str(&path), strerror(-r));
	advise(err, r);
	return r;
}

static int rename_over(const struct place *place, const char *temp, const char *name)
{
	return renameat(place->store_fd, temp, place->parent_fd, name) < 0 ? -errno : 0;
}

/* A rename that must not replace; file systems without it get a look before, which the
 * lock makes as good. */
static int rename_new(const struct place *place, const char *temp, const char *name)
{
	if (renameat2(place->store_fd, temp, place->parent_fd, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	if (faccessat(place->parent_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	return rename_over(place, temp, name);
}

static bool is_link(const struct place *place, const char *name)
{
	struct stat st;

	return fstatat(place->parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISLNK(st.st_mode);
}

static int create_in(const struct place *place, bool replace_link, const char *name,
                     const void *bytes, size_t n)
{
	char temp[TEMP_NAME_MAX];
	int r;

	r = write_temp(place->store_fd, place->parent_fd, temp, -1, bytes, n);
	if (r < 0)
		return r;
	r = replace_link && is_link(place, name) ? rename_over(place, temp, name)
	                                         : rename_new(place, temp, name);
	if (r < 0) {
		unlinkat(place->store_fd, temp, 0);
		return r;
	}
	return fsync(place->parent_fd) < 0 ? -errno : 0;
}

static int store_add(const struct store *store, bool replace_link, const char *parent,
                     const struct mdev_uuid *uuid, const void *bytes, size_t n, struct error *err)
{
	_cleanup_(place_done) struct place place = { .store_fd = -1, .parent_fd = -1 };
	const struct store_entry entry = { .uuid = *uuid };
	char name[MDEV_UUID_TEXT_MAX];
	int r;

	mdev_uuid_format(uuid, name);
	r = place_open(store, parent, true, &place);
	if (r == 0)
		r = create_in(&place, replace_link, name, bytes, n);
	return r < 0 ? write_failed(store, parent, &entry, r, "write", err) : 0;
}

int store_create(const struct store *store, const char *parent, const struct mdev_uuid *uuid,
                 const void *bytes, size_t n, struct error *err)
{
	return store_add(store, false, parent, uuid, bytes, n, err);
}

int store_put(const struct store *store, const char *parent, const struct mdev_uuid *uuid,
              const void *bytes, size_t n, struct error *err)
{
	return store_add(store, true, parent, uuid, bytes, n, err);
}

static int replace_in(const struct place *place, const char *name, const void *bytes, size_t n)
{
	_cleanup_(closep) int old = file_open_regular(place->parent_fd, name);
	char temp[TEMP_NAME_MAX];
	int r;

	if (old < 0)
		return old;
	r = write_temp(place->store_fd, place->parent_fd, temp, old, bytes, n);
	if (r < 0)
		return r;
	r = rename_over(place, temp, name);
	if (r < 0) {
		unlinkat(place->store_fd, temp, 0);
		return r;
	}
	return fsync(place->parent_fd) < 0 ? -errno : 0;
}

int store_replace(const struct store *store, const char *parent, const struct store_entry *e,
                  const void *bytes, size_t n, struct error *err)
{
	_cleanup_(place_done) struct place place = { .store_fd = -1, .parent_fd = -1 };
	char uuid[MDEV_UUID_TEXT_MAX];
	int r;

	mdev_uuid_format(&e->uuid, uuid);
	r = place_open(store, parent, false, &place);
	if (r == 0)
		r = replace_in(&place, e->name ? e->name : uuid, bytes, n);
	return r < 0 ? write_failed(store, parent, e, r, "write", err) : 0;
}

static int move_to(const struct place *from, const char *name, const struct place *to,
                   const char *new_name)
{
	if (renameat2(from->parent_fd, name, to->parent_fd, new_name, RENAME_NOREPLACE) < 0) {
		if (errno != EINVAL)
			return -errno;
		if (faccessat(to->parent_fd, new_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return -EEXIST;
		if (renameat(from->parent_fd, name, to->parent_fd, new_name) < 0)
			return -errno;
	}
	/* The new name first: after a crash there may be two, never none. */
	if (fsync(to->parent_fd) < 0 || fsync(from->parent_fd) < 0)
		return -errno;
	return 0;
}

int store_move(const struct store *store, const char *parent, const struct store_entry *e,
               const char *new_parent, struct error *err)
{
	_cleanup_(place_done) struct place from = { .store_fd = -1, .parent_fd = -1 };
	_cleanup_(place_done) struct place to = { .store_fd = -1, .parent_fd = -1 };
	char uuid[MDEV_UUID_TEXT_MAX];
	int r;

	mdev_uuid_format(&e->uuid, uuid);
	r = place_open(store, parent, false, &from);
	if (r == 0)
		r = place_open(store, new_parent, true, &to);
	if (r == 0)
		r = move_to(&from, e->name ? e->name : uuid, &to, uuid);
	return r < 0 ? write_failed(store, new_parent, e, r, "move", err) : 0;
}

int store_remove(const struct store *store, const char *parent, const struct store_entry *e,
                 struct error *err)
{
	_cleanup_(place_done) struct place place = { .store_fd = -1, .parent_fd = -1 };
	char uuid[MDEV_UUID_TEXT_MAX];
	int r;

	mdev_uuid_format(&e->uuid, uuid);
	r = place_open(store, parent, false, &place);
	if (r == 0 && unlinkat(place.parent_fd, e->name ? e->name : uuid, 0) < 0)
		r = -errno;
	if (r == 0 && fsync(place.parent_fd) < 0)
		r = -errno;
	return r < 0 ? write_failed(store, parent, e, r, "remove", err) : 0;
}
