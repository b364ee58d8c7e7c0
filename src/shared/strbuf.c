/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Growing byte buffer. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "shared/strbuf.h"

void strbuf_done(struct strbuf *b)
{
	free(b->data);
	*b = STRBUF_INIT;
}

void strbuf_clear(struct strbuf *b)
{
	b->len = 0;
	b->error = 0;
	if (b->data)
		b->data[0] = '\0';
}

static bool strbuf_grow(struct strbuf *b, size_t n)
{
	size_t need, size = b->size ? b->size : 64;
	char *data;

	if (b->error < 0)
		return false;
	if (n >= SIZE_MAX / 2 - b->len) {
		b->error = -ENOMEM;
		return false;
	}
	need = b->len + n + 1;
	if (need <= b->size)
		return true;
	while (size < need)
		size *= 2;
	data = realloc(b->data, size);
	if (!data) {
		b->error = -ENOMEM;
		return false;
	}
	b->data = data;
	b->size = size;
	return true;
}

char *strbuf_reserve(struct strbuf *b, size_t n)
{
	return strbuf_grow(b, n) ? b->data + b->len : NULL;
}

void strbuf_add(struct strbuf *b, const void *bytes, size_t n)
{
	if (!strbuf_grow(b, n))
		return;
	if (n > 0)
		memcpy(b->data + b->len, bytes, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void strbuf_add_str(struct strbuf *b, const char *s)
{
	strbuf_add(b, s, strlen(s));
}

void strbuf_add_char(struct strbuf *b, char c)
{
	strbuf_add(b, &c, 1);
}

void strbuf_addv(struct strbuf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0) {
		b->error = -ENOMEM;
		return;
	}
	if (!strbuf_grow(b, (size_t)n))
		return;
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
}

void strbuf_addf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_addv(b, fmt, ap);
	va_end(ap);
}

void strbuf_trim(struct strbuf *b)
{
	size_t start = 0;

	while (b->len > 0 && isspace((unsigned char)b->data[b->len - 1]))
		b->len--;
	while (start < b->len && isspace((unsigned char)b->data[start]))
		start++;
	if (!b->data)
		return;
	memmove(b->data, b->data + start, b->len - start);
	b->len -= start;
	b->data[b->len] = '\0';
}

const char *strbuf_str(const struct strbuf *b)
{
	return b->data ? b->data : "";
}

int strbuf_error(const struct strbuf *b)
{
	return b->error;
}

char *strbuf_take(struct strbuf *b)
{
	char *s;

	if (b->error < 0 || !strbuf_grow(b, 0))
		return NULL;
	b->data[b->len] = '\0';
	s = b->data;
	*b = STRBUF_INIT;
	return s;
}
