/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The place of records: its directories, and files that are exchanged as a whole. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/record-private.h"
#include "core/store.h"
#include "shared/file.h"

#define PARENTS "parents"
#define BEGUN   "begun"
#define BOOTED  "booted" /* made by units/tmpfiles.d at boot only; /run is new in each */
/* tmpfiles.d removes it at boot: a soft-reboot is the same boot for us. */
#define STOPPING "stopping"

#define DIR_MODE 0755

/* More new files of random names are never there. */
#define NAMES_MAX 8

struct records {
	const struct env *env;
	/* Apart, since it is filled in at the first need: most commands have none. */
	struct recall {
		bool has_boot;
		char boot[40];   /* its id, "" where the kernel tells none (a relocated root) */
		uint64_t serial; /* of the last new file; 0: none was made */
		bool has_mask;
		mode_t mask; /* umask */
	} * recall;
};

int records_new(const struct env *env, struct records **ret)
{
	_cleanup_(records_freep) struct records *records = calloc(1, sizeof(*records));

	if (!records)
		return -ENOMEM;
	records->env = env;
	records->recall = calloc(1, sizeof(*records->recall));
	if (!records->recall)
		return -ENOMEM;
	*ret = TAKE_PTR(records);
	return 0;
}

void records_free(struct records *records)
{
	if (!records)
		return;
	free(records->recall);
	free(records);
}

/* Reads a file of /proc, which is short. */
static int read_proc(const struct records *records, const char *path, struct strbuf *ret)
{
	_cleanup_(freep) char *full = env_path(records->env, path);
	_cleanup_(closep) int fd = -1;

	if (!full)
		return -ENOMEM;
	fd = file_open_regular(AT_FDCWD, full);
	return fd < 0 ? fd : file_read_regular(fd, RECORD_SIZE_MAX, ret);
}

static const char *boot_id(const struct records *records)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	struct recall *recall = records->recall;

	if (recall->has_boot)
		return recall->boot;
	if (read_proc(records, "/proc/sys/kernel/random/boot_id", &text) == 0) {
		strbuf_trim(&text);
		snprintf(recall->boot, sizeof(recall->boot), "%.*s",
		         (int)strcspn(strbuf_str(&text), "\n"), strbuf_str(&text));
	}
	recall->has_boot = true;
	return recall->boot;
}

/* ---- directories ------------------------------------------------------------------ */

int records_open(const struct records *records)
{
	return env_open_dir(records->env, RECORD_DIR);
}

bool records_exist(const struct records *records)
{
	_cleanup_(closep) int fd = records_open(records);

	return fd >= 0;
}

int records_open_parent_at(int root_fd, const char *parent)
{
	char path[sizeof(PARENTS) + NAME_MAX + 1];

	if (store_parent_problem(parent))
		return -EINVAL;
	snprintf(path, sizeof(path), PARENTS "/%s", parent);
	return file_open_beneath(root_fd, path, O_RDONLY | O_DIRECTORY);
}

/* Of this process, asked for once. */
static mode_t mask_of(const struct records *records)
{
	struct recall *recall = records->recall;

	if (!recall->has_mask) {
		recall->mask = umask(0);
		umask(recall->mask);
		recall->has_mask = true;
	}
	return recall->mask;
}

/* Readable by everybody whatever the umask of the command that happens to be first. 1: made,
 * 0: it was there. */
static int make_dir(const struct records *records, int dirfd, const char *path)
{
	if (mkdirat(dirfd, path, DIR_MODE) < 0)
		return errno == EEXIST ? 0 : -errno;
	return mask_of(records) & DIR_MODE && fchmodat(dirfd, path, DIR_MODE, 0) < 0 ? -errno : 1;
}

int records_make_parent_at(const struct records *records, int root_fd, const char *parent,
                           bool *ret_is_new)
{
	char path[sizeof(PARENTS) + NAME_MAX + 1];
	int r;

	*ret_is_new = false;
	if (store_parent_problem(parent))
		return -EINVAL;
	snprintf(path, sizeof(path), PARENTS "/%s", parent);
	r = make_dir(records, root_fd, path);
	if (r == -ENOENT) {
		r = make_dir(records, root_fd, PARENTS);
		r = r < 0 ? r : make_dir(records, root_fd, path);
	}
	*ret_is_new = r == 1;
	return r < 0 ? r : records_open_parent_at(root_fd, parent);
}

/* ---- files ------------------------------------------------------------------------ */

int records_read_file_at(const struct records *records, int dirfd, const char *name, size_t max,
                         struct strbuf *ret, const char **ret_boot_id)
{
	_cleanup_(closep) int fd = file_open_regular(dirfd, name);
	int r = fd < 0 ? fd : file_read_regular(fd, max, ret);

	/* Not a file of ours: a link, a directory, something large. */
	if (r == -ELOOP || r == -EINVAL || r == -EISDIR || r == -EFBIG)
		return -ENOENT;
	if (r < 0)
		return r;
	strbuf_add_char(ret, '\n');
	if (strbuf_error(ret) < 0)
		return -ENOMEM;
	*ret_boot_id = boot_id(records);
	return 0;
}

int records_open_parent(const struct records *records, const char *parent)
{
	_cleanup_(closep) int root_fd = records_open(records);

	return root_fd < 0 ? root_fd : records_open_parent_at(root_fd, parent);
}

int records_make_parent(const struct records *records, const char *parent)
{
	_cleanup_(closep) int root_fd = records_open(records);
	int fd = root_fd < 0 ? root_fd : records_open_parent_at(root_fd, parent);
	bool is_new;

	return root_fd < 0 || fd != -ENOENT
	               ? fd
	               : records_make_parent_at(records, root_fd, parent, &is_new);
}

/* Counted from somewhere, which is chosen at the first, and when somebody else is there: a
 * fork of ours, that counts from where we did. */
static int choose_serial(struct recall *recall, bool is_taken)
{
	if (recall->serial != 0 && !is_taken) {
		recall->serial++;
		return 0;
	}
	return getrandom(&recall->serial, sizeof(recall->serial), 0) == sizeof(recall->serial)
	               ? 0
	               : -errno;
}

/* A name of its own for each writer: they may be many, and one may die half way. */
static int open_new(const struct records *records, int dirfd, char *name, size_t size, mode_t mode)
{
	int fd = -1, r = 0;

	for (unsigned i = 0; fd < 0 && i < NAMES_MAX; i++) {
		r = choose_serial(records->recall, i > 0);
		if (r < 0)
			return r;
		snprintf(name, size, ".new-%016" PRIx64, records->recall->serial);
		fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		            mode);
		if (fd < 0 && errno != EEXIST)
			return -errno;
	}
	return fd < 0 ? -EEXIST : fd;
}

static int fill(const struct records *records, int fd, const struct strbuf *text, mode_t mode)
{
	_cleanup_(strbuf_done) struct strbuf whole = STRBUF_INIT;

	strbuf_addf(&whole, "boot_id=%s\n", boot_id(records));
	strbuf_add(&whole, strbuf_str(text), text->len);
	if (strbuf_error(&whole) < 0 || strbuf_error(text) < 0)
		return -ENOMEM;
	/* Not left to the umask. */
	if (mode & mask_of(records) && fchmod(fd, mode) < 0)
		return -errno;
	return file_write_all(fd, whole.data, whole.len);
}

int records_write_file_at(const struct records *records, int dirfd, const char *name,
                          const struct strbuf *text, mode_t mode)
{
	_cleanup_(closep) int fd = -1;
	char new[32];
	int r;

	fd = open_new(records, dirfd, new, sizeof(new), mode);
	if (fd < 0)
		return fd;
	r = fill(records, fd, text, mode);
	if (r == 0 && renameat(dirfd, new, dirfd, name) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(dirfd, new, 0);
	return r;
}

int records_write_file(const struct records *records, const char *parent, const char *name,
                       const struct strbuf *text, mode_t mode)
{
	_cleanup_(closep) int fd = records_make_parent(records, parent);

	return fd < 0 ? fd : records_write_file_at(records, fd, name, text, mode);
}

int records_remove_file(const struct records *records, const char *parent, const char *name)
{
	_cleanup_(closep) int root_fd = records_open(records), fd = -1;

	if (root_fd < 0)
		return root_fd == -ENOENT ? 0 : root_fd;
	fd = records_open_parent_at(root_fd, parent);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	return unlinkat(fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* ---- marks of a boot -------------------------------------------------------------- */

static bool is_marked_at(const struct records *records, int root_fd, const char *mark)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	const char *boot;
	char *rest, *key, *value;

	if (records_read_file_at(records, root_fd, mark, RECORD_SIZE_MAX, &text, &boot) < 0)
		return false;
	rest = text.data;
	while (record_next_field(&rest, &key, &value))
		if (strcmp(key, "boot_id") == 0)
			return strcmp(value, boot) == 0;
	return false;
}

static bool is_marked(const struct records *records, const char *mark)
{
	_cleanup_(closep) int root_fd = records_open(records);

	return root_fd >= 0 && is_marked_at(records, root_fd, mark);
}

static int set_mark(const struct records *records, const char *mark)
{
	_cleanup_(closep) int root_fd = records_open(records);
	const struct strbuf nothing = STRBUF_INIT;

	return root_fd < 0 ? root_fd
	                   : records_write_file_at(records, root_fd, mark, &nothing, 0644);
}

static bool were_here_at_boot(const struct records *records)
{
	_cleanup_(closep) int root_fd = env_open_dir(records->env, RECORD_DIR);

	return root_fd >= 0 && faccessat(root_fd, BOOTED, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool records_have_begun(const struct records *records)
{
	return is_marked(records, BEGUN) || were_here_at_boot(records);
}

bool records_were_watched(const struct records *records)
{
	return is_marked(records, BEGUN);
}

int records_begin(const struct records *records)
{
	return set_mark(records, BEGUN);
}

bool records_are_stopping(const struct records *records)
{
	return is_marked(records, STOPPING);
}

bool records_are_stopping_at(const struct records *records, int root_fd)
{
	return is_marked_at(records, root_fd, STOPPING);
}

int records_begin_stopping(const struct records *records)
{
	return set_mark(records, STOPPING);
}

int records_end_stopping(const struct records *records)
{
	_cleanup_(closep) int root_fd = records_open(records);

	if (root_fd < 0)
		return root_fd == -ENOENT ? 0 : root_fd;
	return unlinkat(root_fd, STOPPING, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* ---- processes -------------------------------------------------------------------- */

/* The field of /proc/PID/stat with this number (3 and up), after the program's name, which
 * may hold anything but is the last that ends in a parenthesis. */
static const char *stat_field(const char *stat, unsigned number)
{
	const char *p = strrchr(stat, ')');

	for (unsigned i = 2; p && i < number; i++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	return p;
}

uint64_t records_process_start(const struct records *records, pid_t pid)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	const char *state, *start;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_proc(records, path, &text) < 0)
		return 0;
	state = stat_field(strbuf_str(&text), 3);
	start = stat_field(strbuf_str(&text), 22);
	/* A zombie is out of the driver. */
	return !start || *state == 'Z' || *state == 'X' ? 0 : strtoull(start, NULL, 10);
}
