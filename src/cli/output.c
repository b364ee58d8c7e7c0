/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Buffered stdout. */
#include "config.h"

#include <errno.h>

#include "cli/output.h"

/* Larger ones save no time that could be measured and cost memory. */
#define OUTPUT_CHUNK (16 * 1024)

void output_init(struct output *out, int fd)
{
	*out = (struct output){ .fd = fd, .is_terminal = isatty(fd), .text = STRBUF_INIT };
}

void output_done(struct output *out)
{
	strbuf_done(&out->text);
}

/* EINTR is a failure like any other: the only signals with a handler are those that
 * ask us to stop. */
static int write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, bytes, n);

		if (written < 0)
			return -errno;
		bytes += written;
		n -= (size_t)written;
	}
	return 0;
}

static int output_write(struct output *out)
{
	if (out->error == 0)
		out->error = strbuf_error(&out->text);
	if (out->error == 0)
		out->error = write_all(out->fd, strbuf_str(&out->text), out->text.len);
	strbuf_clear(&out->text);
	return out->error;
}

int output_advance(struct output *out)
{
	return out->text.len < OUTPUT_CHUNK ? out->error : output_write(out);
}

int output_flush(struct output *out, struct error *err)
{
	int r = output_write(out);

	return r < 0 ? error_set_errno(err, r, "Failed to write data") : 0;
}
