/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading --jsonfile. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>

#include "cli/jsonfile.h"
#include "core/definition.h"

#define READ_CHUNK 16384

/* EINTR ends it: the only signals with a handler are those that ask us to stop, and a
 * pipe may never end. */
static int read_all(int fd, struct strbuf *ret)
{
	for (;;) {
		char *room = strbuf_reserve(ret, READ_CHUNK);
		ssize_t n;

		if (!room)
			return -ENOMEM;
		n = read(fd, room, READ_CHUNK);
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		ret->len += (size_t)n;
		ret->data[ret->len] = '\0';
		if (ret->len > DEFINITION_SIZE_MAX)
			return -EFBIG;
	}
}

int jsonfile_read(const char *path, const char *what, struct strbuf *ret, struct error *err)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0)
		return error_set_errno(err, -errno, "Unable to read %s \"%s\"", what, path);
	r = read_all(fd, ret);
	if (r < 0)
		error_set_errno(err, r, "Unable to read jsonfile \"%s\"", path);
	if (r == -EFBIG)
		error_set_cause(err, "larger than %d bytes", DEFINITION_SIZE_MAX);
	return r;
}
