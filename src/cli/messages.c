/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Printing to stderr. A message is one write, so that those of several processes do
 * not mix; one that cannot be written is lost, there is nobody to tell. */
#include "config.h"

#include <string.h>

#include "cli/messages.h"
#include "shared/strbuf.h"

#define RED    "\033[1;31m"
#define YELLOW "\033[1;33m"
#define BOLD   "\033[1m"
#define RESET  "\033[0m"

void messages_init(struct messages *m)
{
	const char *no_color = getenv("NO_COLOR");

	m->fd = STDERR_FILENO;
	m->is_coloured = isatty(m->fd) && !(no_color && *no_color);
}

static void print(const struct messages *m, const struct strbuf *text)
{
	static const char no_memory[] = "Error: Out of memory\n";
	ssize_t n = strbuf_error(text) < 0 ? write(m->fd, no_memory, strlen(no_memory))
	                                   : write(m->fd, strbuf_str(text), text->len);

	(void)n;
}

static void add_heading(const struct messages *m, struct strbuf *out, const char *heading,
                        const char *colour)
{
	strbuf_addf(out, "%s%s%s ", m->is_coloured ? colour : "", heading,
	            m->is_coloured ? RESET : "");
}

/* Texts carry names from outside: one message is one line, whatever is in them. */
static void add_line(struct strbuf *out, const char *text)
{
	for (; *text; text++)
		strbuf_add_char(out, (unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text);
	strbuf_add_char(out, '\n');
}

static void sink(void *userdata, enum log_level level, const char *text)
{
	static const struct {
		const char *heading;
		const char *colour;
	} levels[] = {
		[LOG_LEVEL_ERROR] = { "Error:", RED },  [LOG_LEVEL_WARN] = { "Warning:", YELLOW },
		[LOG_LEVEL_INFO] = { "Info:", BOLD },   [LOG_LEVEL_DEBUG] = { "Debug:", BOLD },
		[LOG_LEVEL_TRACE] = { "Trace:", BOLD },
	};
	const struct messages *m = userdata;
	_cleanup_(strbuf_done) struct strbuf line = STRBUF_INIT;

	if (level == LOG_LEVEL_FOREIGN) {
		strbuf_add_str(&line, text);
		/* Our own message would be taken for the end of the script's line. */
		if (line.len > 0 && line.data[line.len - 1] != '\n')
			strbuf_add_char(&line, '\n');
	} else {
		add_heading(m, &line, levels[level].heading, levels[level].colour);
		add_line(&line, text);
	}
	print(m, &line);
}

void messages_open_log(struct messages *m, struct log *ret)
{
	const char *level = getenv("MDEVCTL_LOG");

	*ret = (struct log){ .max = LOG_LEVEL_WARN, .sink = sink, .userdata = m };
	if (level && *level && log_level_parse(level, &ret->max) < 0)
		log_warn(ret,
		         "MDEVCTL_LOG is '%s', which is no level: taking 'warn' (off, error, warn, "
		         "info, debug and trace are known)",
		         level);
}

int messages_print_error(const struct messages *m, const struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf line = STRBUF_INIT;

	add_heading(m, &line, "Error:", RED);
	error_format(err, &line);
	strbuf_add_char(&line, '\n');
	print(m, &line);
	return error_exit_status(err);
}

void messages_print_usage(const struct messages *m, const char *text)
{
	static const char heading[] = "error:";
	_cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
	size_t n = strlen(heading);

	if (m->is_coloured && strncmp(text, heading, n) == 0) {
		strbuf_add_str(&out, RED "error:" RESET);
		text += n;
	}
	strbuf_add_str(&out, text);
	print(m, &out);
}
