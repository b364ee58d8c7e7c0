/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Byte-range locks. Open-file-description locks, since they belong to the
 * descriptor: another thread or library closing the file does not drop them. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/lock.h"
#include "shared/clock.h"
#include "shared/file.h"

#define LOCK_DIR         "/etc/mdevctl.d"
#define LOCK_FILE        ".lock"
#define LOCK_DIR_RUN     "/run/mdevmgr" /* where /etc cannot be written */
#define LOCK_FILE_RUN    "lock"
#define DEFINITIONS_WAIT 10         /* seconds */
#define DEVICE_WAIT      (120 + 10) /* seconds: a callout's limit and some */
#define OPENS_MAX        4          /* of a file that somebody removes each time */
#define POLL_NS          20000000   /* 20 ms */
#define LOCKED_ENV       "MDEVMGR_LOCKED"
#define FDINFO_SIZE_MAX  65536

/* The file's bytes: 0 the definitions, then two ranges of hashes, then the recipes. Two names of one
 * hash wait for each other and lose nothing by it. */
#define RANGE_SIZE   (1 << 30)
#define RANGE_PARENT ((off_t)1)
#define RANGE_DEVICE (RANGE_PARENT + RANGE_SIZE)
#define BYTE_RECIPES (RANGE_DEVICE + RANGE_SIZE)

struct lock {
	int fd; /* -1: locking is not possible here */
	off_t byte;
	bool is_kept; /* the file stays open */
};

static struct flock range_of(short type, off_t byte)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
}

static void unlock(int fd, off_t byte)
{
	struct flock range = range_of(F_UNLCK, byte);

	fcntl(fd, F_OFD_SETLK, &range);
}

void lock_free(struct lock *lock)
{
	if (!lock)
		return;
	/* The descriptor was never shared, so closing it unlocks. */
	if (lock->is_kept)
		unlock(lock->fd, lock->byte);
	else if (lock->fd >= 0)
		close(lock->fd);
	free(lock);
}

void lock_file_done(struct lock_file *file)
{
	closep(&file->fd);
	*file = LOCK_FILE_INIT;
}

/* FNV-1a */
static off_t hash_bytes(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619u;
	return (off_t)(h % RANGE_SIZE);
}

/* A file that others may open lets them hold our locks. Ours may have been opened up by a
 * chmod -R or a restored backup. */
static void keep_from_users(int fd)
{
	struct stat st;

	/* Who may not change it is not root, and has no locks to defend. */
	if (fstat(fd, &st) == 0 && st.st_mode & 077)
		fchmod(fd, 0600);
}

/* Makes the file's directory if that is what is missing. */
static int open_lock_file(const struct env *env, const char *dir, const char *name)
{
	int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	_cleanup_(closep) int dir_fd = env_open_dir(env, dir);
	int fd;

	if (dir_fd == -ENOENT) {
		int r = env_make_dir(env, dir);

		dir_fd = r < 0 ? r : env_open_dir(env, dir);
	}
	if (dir_fd < 0)
		return dir_fd;
	fd = openat(dir_fd, name, flags, 0600);
	if (fd < 0)
		return -errno;
	keep_from_users(fd);
	return fd;
}

static int lock_open(const struct env *env, const char *what, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf path = STRBUF_INIT;
	int fd = open_lock_file(env, LOCK_DIR, LOCK_FILE);

	if (fd == -EROFS)
		fd = open_lock_file(env, LOCK_DIR_RUN, LOCK_FILE_RUN);
	if (fd >= 0)
		return fd;
	env_add_path(env, &path, LOCK_DIR "/" LOCK_FILE);
	error_set_errno(err, fd, "Cannot open the lock file %s for %s", strbuf_str(&path), what);
	if (fd == -EACCES || fd == -EPERM)
		error_set_advice(err, "changing devices needs root");
	return fd;
}

/* True if the descriptor described by an fdinfo text holds the byte of this inode. */
static bool fdinfo_holds(const char *text, const struct stat *st, off_t byte)
{
	char wanted[96];

	snprintf(wanted, sizeof(wanted), ":%ju %jd %jd", (uintmax_t)st->st_ino, (intmax_t)byte,
	         (intmax_t)byte);
	for (const char *line = text; (line = strstr(line, "lock:")); line++)
		if (strstr(line, wanted))
			return true;
	return false;
}

static bool process_holds(int proc, const char *pid, const struct stat *st, off_t byte)
{
	_cleanup_(names_done) struct names fds = { 0 };
	_cleanup_(closep) int dir = -1;
	char path[64];

	snprintf(path, sizeof(path), "%.20s/fdinfo", pid);
	dir = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || dir_names(dir, &fds) < 0)
		return false;
	for (size_t i = 0; i < fds.n; i++) {
		_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
		_cleanup_(closep) int fd = openat(dir, fds.items[i], O_RDONLY | O_CLOEXEC);

		if (fd >= 0 && file_read(fd, FDINFO_SIZE_MAX, &text) == 0 &&
		    fdinfo_holds(strbuf_str(&text), st, byte))
			return true;
	}
	return false;
}

/* The kernel does not name the owner of such a lock: look through the processes. */
static int lock_find_holder(const struct env *env, int lock_fd, off_t byte)
{
	_cleanup_(closep) int proc = env_open_dir(env, "/proc");
	_cleanup_(names_done) struct names pids = { 0 };
	struct stat st;

	if (proc < 0 || fstat(lock_fd, &st) < 0 || dir_names(proc, &pids) < 0)
		return 0;
	for (size_t i = 0; i < pids.n; i++)
		if (pids.items[i][0] >= '1' && pids.items[i][0] <= '9' &&
		    process_holds(proc, pids.items[i], &st, byte))
			return atoi(pids.items[i]);
	return 0;
}

static int lock_timed_out(const struct env *env, int fd, off_t byte, const char *what,
                          struct error *err)
{
	int pid = lock_find_holder(env, fd, byte);

	error_set(err, -ETIMEDOUT, "Timed out waiting for the lock on %s", what);
	if (pid > 0)
		error_set_advice(err, "process %d holds it", pid);
	else
		error_set_advice(err,
		                 "its holder cannot be told; look for other mdevmgr processes");
	return -ETIMEDOUT;
}

static bool lock_is_impossible(int r)
{
	return r == -EBADF || r == -ENOLCK || r == -EOPNOTSUPP || r == -EINVAL;
}

static int lock_wait(const struct env *env, int fd, off_t byte, unsigned seconds, const char *what,
                     struct error *err)
{
	struct flock range = range_of(F_WRLCK, byte);
	const struct timespec pause = { .tv_nsec = POLL_NS };
	int64_t end = 0;

	while (fcntl(fd, F_OFD_SETLK, &range) < 0) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return -errno;
		if (env_is_interrupted(env))
			return error_set(err, -EINTR,
			                 "Interrupted while waiting for the lock on %s", what);
		if (end == 0)
			end = clock_ms() + (int64_t)seconds * 1000;
		if (clock_ms() >= end)
			return lock_timed_out(env, fd, byte, what, err);
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int lock_failed(const struct env *env, int r, const char *what, struct error *err)
{
	_cleanup_(freep) char *path = env_path(env, LOCK_DIR "/" LOCK_FILE);

	/* A wait that ended has been told already. */
	if (err && !error_is_set(err))
		error_set_errno(err, r, "Cannot lock %s in %s", what, path ? path : LOCK_FILE);
	return r;
}

static int lock_take(struct lock *lock, const struct env *env, unsigned seconds, const char *what,
                     struct error *err)
{
	int r;

	if (lock->fd < 0)
		lock->fd = lock_open(env, what, err);
	if (lock->fd < 0)
		return lock->fd;
	r = lock_wait(env, lock->fd, lock->byte, seconds, what, err);
	if (lock_is_impossible(r))
		log_warn(env_log(env), "Cannot lock %s, going on without: %s", what, strerror(-r));
	else if (r < 0)
		return lock_failed(env, r, what, err);
	return 0;
}

static int lock_acquire(const struct env *env, off_t byte, unsigned seconds, const char *what,
                        struct lock **ret, struct error *err)
{
	_cleanup_(lock_freep) struct lock *lock = calloc(1, sizeof(*lock));
	int r;

	if (!lock)
		return error_set(err, -ENOMEM, "Out of memory");
	lock->fd = -1;
	lock->byte = byte;
	r = lock_take(lock, env, seconds, what, err);
	if (r == 0)
		*ret = TAKE_PTR(lock);
	return r;
}

/* Who opens the file now locks another one. */
static bool was_removed(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

static int lock_acquire_by(struct lock_file *file, const struct env *env, off_t byte,
                           const char *what, struct lock **ret, struct error *err)
{
	_cleanup_(freep) struct lock *lock = calloc(1, sizeof(*lock));
	int r = -EAGAIN;

	if (!lock)
		return error_set(err, -ENOMEM, "Out of memory");
	for (unsigned i = 0; r == -EAGAIN; i++) {
		*lock = (struct lock){ .fd = file->fd, .byte = byte, .is_kept = true };
		r = lock_take(lock, env, DEVICE_WAIT, what, err);
		file->fd = lock->fd < 0 ? -1 : lock->fd;
		if (r < 0 || i == OPENS_MAX || !was_removed(file->fd))
			break;
		lock_file_done(file);
		r = -EAGAIN;
	}
	if (r == 0)
		*ret = TAKE_PTR(lock);
	return r;
}

int lock_definitions(const struct env *env, const struct mdev_uuid *uuid, struct lock **ret,
                     struct error *err)
{
	char what[sizeof("the definition of device ") + MDEV_UUID_TEXT_MAX] =
		"the definition of device ";

	mdev_uuid_format(uuid, what + strlen(what));
	return lock_acquire(env, 0, DEFINITIONS_WAIT, what, ret, err);
}

static bool is_locked_for_us(const char *parent)
{
	const char *locked = getenv(LOCKED_ENV);

	return locked && strcmp(locked, parent) == 0;
}

static off_t byte_of_parent(const char *parent)
{
	return RANGE_PARENT + hash_bytes(parent, strlen(parent));
}

static void describe_parent(const char *parent, const struct mdev_uuid *uuid, struct strbuf *out)
{
	char text[MDEV_UUID_TEXT_MAX];

	strbuf_addf(out, "parent %s", parent);
	if (!uuid)
		return;
	mdev_uuid_format(uuid, text);
	strbuf_addf(out, " for device %s", text);
}

int lock_parent(const struct env *env, const char *parent, const struct mdev_uuid *uuid,
                struct lock **ret, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf what = STRBUF_INIT;

	*ret = NULL;
	if (is_locked_for_us(parent))
		return 0;
	describe_parent(parent, uuid, &what);
	return lock_acquire(env, byte_of_parent(parent), DEVICE_WAIT, strbuf_str(&what), ret, err);
}

int lock_parent_by(struct lock_file *file, const struct env *env, const char *parent,
                   const struct mdev_uuid *uuid, struct lock **ret, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf what = STRBUF_INIT;

	*ret = NULL;
	if (is_locked_for_us(parent))
		return 0;
	describe_parent(parent, uuid, &what);
	return lock_acquire_by(file, env, byte_of_parent(parent), strbuf_str(&what), ret, err);
}

int lock_device(const struct env *env, const struct mdev_uuid *uuid, struct lock **ret,
                struct error *err)
{
	char what[sizeof("device ") + MDEV_UUID_TEXT_MAX] = "device ";

	mdev_uuid_format(uuid, what + strlen("device "));
	return lock_acquire(env, RANGE_DEVICE + hash_bytes(uuid->bytes, sizeof(uuid->bytes)),
	                    DEVICE_WAIT, what, ret, err);
}

int lock_recipes(const struct env *env, struct lock **ret, struct error *err)
{
	return lock_acquire(env, BYTE_RECIPES, DEVICE_WAIT, "the recipes of parents", ret, err);
}
