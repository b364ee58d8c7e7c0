/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One life of a parent: told apart, remembered. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/record-private.h"
#include "core/registration.h"
#include "shared/file.h"

#define TYPES "mdev_supported_types"

/* Beside TYPES in trees of plain files. */
#define NUMBER_FILE "mdev_registration"

#define FILE_NAME "registration"

/* Room for 20,000 devices. */
#define FILE_SIZE_MAX (1024 * 1024)

/* ---- identity ---------------------------------------------------------------------- */

static int read_number(const struct sysfs *sysfs, const char *parent, uint64_t *ret)
{
	_cleanup_(closep) int fd = sysfs_open_parent(sysfs, parent);
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	int r;

	if (fd < 0)
		return fd;
	r = sysfs_read(fd, NUMBER_FILE, &text);
	if (r == -ENOENT) {
		*ret = 1;
		return 0;
	}
	return r < 0 ? r : record_parse_u64(strbuf_str(&text), ret);
}

static bool is_absent(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ENODEV;
}

int registration_read(const struct sysfs *sysfs, const char *parent, uint64_t *ret)
{
	char path[sizeof(SYSFS_PARENTS) + NAME_MAX + sizeof(TYPES) + 2];
	uint64_t id = 0;
	int r;

	if (!sysfs_name_is_plain(parent))
		return -EINVAL;
	snprintf(path, sizeof(path), SYSFS_PARENTS "/%s/" TYPES, parent);
	r = sysfs_dir_inode(sysfs, path, &id);
	if (r == 0 && sysfs_is_relocated(sysfs))
		r = read_number(sysfs, parent, &id);
	if (is_absent(r)) {
		id = 0;
		r = 0;
	}
	if (r == 0)
		*ret = id;
	return r;
}

/* The number of what is open, not of what the path leads to by now. */
static int read_open_types(const struct sysfs *sysfs, const char *parent, int types_fd,
                           uint64_t *ret)
{
	struct stat st;

	if (sysfs_is_relocated(sysfs))
		return read_number(sysfs, parent, ret);
	if (fstat(types_fd, &st) < 0)
		return -errno;
	*ret = st.st_ino;
	return 0;
}

int registration_open_any(const struct sysfs *sysfs, int parent_fd, const char *parent,
                          uint64_t *ret)
{
	_cleanup_(closep) int fd = sysfs_open_dir_beneath(parent_fd, TYPES);
	uint64_t id = 0;
	int r = fd < 0 ? fd : read_open_types(sysfs, parent, fd, &id);

	if (r < 0 && !is_absent(r))
		return r;
	*ret = r < 0 ? 0 : id;
	return *ret == 0 ? -ENOENT : TAKE_FD(fd);
}

int registration_open_at(const struct sysfs *sysfs, int parent_fd, const char *parent,
                         uint64_t registration)
{
	uint64_t id = 0;
	_cleanup_(closep) int fd = registration_open_any(sysfs, parent_fd, parent, &id);

	if (fd < 0)
		return fd == -ENOENT ? -ESTALE : fd;
	return id == registration ? TAKE_FD(fd) : -ESTALE;
}

int registration_open(const struct sysfs *sysfs, const char *parent, uint64_t registration)
{
	_cleanup_(closep) int parent_fd = sysfs_open_parent(sysfs, parent);

	if (parent_fd < 0)
		return parent_fd == -ENOENT || parent_fd == -ENODEV ? -ESTALE : parent_fd;
	return registration_open_at(sysfs, parent_fd, parent, registration);
}

/* ---- memory ------------------------------------------------------------------------- */

void registration_done(struct registration *r)
{
	free(r->armed);
	*r = (struct registration){ 0 };
}

static int compare(const void *a, const void *b)
{
	return mdev_uuid_compare(a, b);
}

bool registration_has_armed(const struct registration *r, const struct mdev_uuid *uuid)
{
	return r->n_armed > 0 && bsearch(uuid, r->armed, r->n_armed, sizeof(*uuid), compare);
}

/* One more is allowed than is there: lines are counted by their newlines. */
static int alloc_armed(const char *text, struct registration *ret)
{
	size_t n = 1;

	for (const char *p = text; (p = strchr(p, '\n')); p++)
		n++;
	ret->armed = calloc(n, sizeof(*ret->armed));
	return ret->armed ? 0 : -ENOMEM;
}

static int take_field(struct registration *ret, bool *is_ours, const char *boot_id, const char *key,
                      const char *value)
{
	uint64_t number = 0;
	int r = 0;

	if (strcmp(key, "boot_id") == 0) {
		*is_ours = strcmp(value, boot_id) == 0;
	} else if (strcmp(key, "registration") == 0) {
		r = record_parse_u64(value, &ret->id);
	} else if (strcmp(key, "since") == 0) {
		r = record_parse_u64(value, &number);
		ret->since = (int64_t)(number & INT64_MAX);
	} else if (strcmp(key, "armed") == 0) {
		r = mdev_uuid_parse(value, &ret->armed[ret->n_armed]);
		ret->n_armed += r == 0;
	}
	return r;
}

int registration_parse(char *text, const char *boot_id, struct registration *ret)
{
	_cleanup_(registration_done) struct registration found = { 0 };
	bool is_ours = false;
	char *key, *value;
	int r = alloc_armed(text, &found);

	while (r == 0 && record_next_field(&text, &key, &value))
		r = take_field(&found, &is_ours, boot_id, key, value);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || !is_ours || found.id == 0)
		return -ENOENT;
	if (found.n_armed > 1)
		qsort(found.armed, found.n_armed, sizeof(*found.armed), compare);
	*ret = found;
	found = (struct registration){ 0 };
	return 0;
}

int registration_recall(const struct records *records, const char *parent, struct registration *ret)
{
	_cleanup_(closep) int fd = records_open_parent(records, parent);

	return fd < 0 ? fd : registration_recall_at(records, fd, ret);
}

int registration_recall_at(const struct records *records, int dirfd, struct registration *ret)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	const char *boot_id;
	int r = records_read_file_at(records, dirfd, FILE_NAME, FILE_SIZE_MAX, &text, &boot_id);

	return r < 0 ? r : registration_parse(text.data, boot_id, ret);
}

static bool is_remembered_at(const struct records *records, int dirfd, uint64_t id)
{
	_cleanup_(registration_done) struct registration found = { 0 };

	return registration_recall_at(records, dirfd, &found) == 0 && found.id == id;
}

static int write_at(const struct records *records, int dirfd,
                    const struct registration *registration)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	char uuid[MDEV_UUID_TEXT_MAX];

	strbuf_addf(&text, "registration=%" PRIu64 "\nsince=%" PRId64 "\n", registration->id,
	            registration->since);
	for (size_t i = 0; i < registration->n_armed; i++) {
		mdev_uuid_format(&registration->armed[i], uuid);
		strbuf_addf(&text, "armed=%s\n", uuid);
	}
	/* What could not be read again is not written. */
	if (text.len > FILE_SIZE_MAX - RECORD_HEAD_MAX)
		return -EFBIG;
	return records_write_file_at(records, dirfd, FILE_NAME, &text, 0644);
}

int registration_remember_at(const struct records *records, int root_fd, const char *parent,
                             const struct registration *registration, int *dirfd)
{
	bool is_new = false;

	if (*dirfd < 0)
		*dirfd = records_make_parent_at(records, root_fd, parent, &is_new);
	if (*dirfd < 0)
		return *dirfd;
	/* Whoever was slow to read the definitions would arm what came after the first. */
	if (!is_new && is_remembered_at(records, *dirfd, registration->id))
		return 1;
	return write_at(records, *dirfd, registration);
}

int registration_remember(const struct records *records, const char *parent,
                          const struct registration *registration)
{
	_cleanup_(closep) int root_fd = records_open(records), dirfd = -1;
	int r = root_fd < 0
	                ? root_fd
	                : registration_remember_at(records, root_fd, parent, registration, &dirfd);

	return r < 0 ? r : 0;
}
