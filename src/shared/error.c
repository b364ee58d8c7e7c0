/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * User-visible errors. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "shared/error.h"

void error_done(struct error *err)
{
	if (!err)
		return;
	free(err->message);
	free(err->cause);
	free(err->advice);
	*err = ERROR_INIT;
}

/* NULL when memory is short: error_format() then falls back to the errno. */
static _printf_(1, 0) char *format_text(const char *fmt, va_list ap)
{
	char *text;

	return vasprintf(&text, fmt, ap) < 0 ? NULL : text;
}

static void error_replace(struct error *err, int r, char *message)
{
	error_done(err);
	err->errnum = -r;
	err->message = message;
}

int error_set(struct error *err, int r, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return r;
	va_start(ap, fmt);
	error_replace(err, r, format_text(fmt, ap));
	va_end(ap);
	return r;
}

int error_set_errno(struct error *err, int r, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return r;
	va_start(ap, fmt);
	error_replace(err, r, format_text(fmt, ap));
	va_end(ap);
	error_set_cause(err, "%s", strerror(-r));
	return r;
}

int error_move(struct error *from, struct error *err)
{
	int r = -from->errnum;

	error_done(err);
	if (err)
		*err = *from;
	else
		error_done(from);
	*from = ERROR_INIT;
	return r;
}

static _printf_(2, 0) void replace_text(char **text, const char *fmt, va_list ap)
{
	char *new = format_text(fmt, ap);

	free(*text);
	*text = new;
}

void error_set_cause(struct error *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	replace_text(&err->cause, fmt, ap);
	va_end(ap);
}

void error_set_advice(struct error *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	replace_text(&err->advice, fmt, ap);
	va_end(ap);
}

void error_add_cause(struct error *err, const char *fmt, ...)
{
	_cleanup_(freep) char *more = NULL;
	va_list ap;
	char *text;

	if (!error_is_set(err))
		return;
	va_start(ap, fmt);
	more = format_text(fmt, ap);
	va_end(ap);
	if (!more)
		return;
	if (!err->cause) {
		err->cause = TAKE_PTR(more);
		return;
	}
	if (asprintf(&text, "%s, %s", err->cause, more) < 0)
		return;
	free(err->cause);
	err->cause = text;
}

void error_set_kind(struct error *err, enum error_kind kind)
{
	if (err)
		err->kind = kind;
}

void error_set_mark(struct error *err, int mark)
{
	if (error_is_set(err))
		err->mark = mark;
}

bool error_is_set(const struct error *err)
{
	return err && err->errnum != 0;
}

void error_format(const struct error *err, struct strbuf *out)
{
	size_t start = out->len;

	strbuf_add_str(out, err->message ? err->message : strerror(err->errnum));
	if (err->cause)
		strbuf_addf(out, ": %s", err->cause);
	if (err->advice)
		strbuf_addf(out, " (%s)", err->advice);
	for (size_t i = start; i < out->len; i++)
		if ((unsigned char)out->data[i] < 0x20 || out->data[i] == 0x7f)
			out->data[i] = ' ';
}

int error_exit_status(const struct error *err)
{
	static const int status[_ERROR_KIND_MAX] = {
#define ERROR_KIND(name, status, help) [ERROR_##name] = (status),
#include "shared/errors.def"
#undef ERROR_KIND
	};

	return status[err->kind];
}
