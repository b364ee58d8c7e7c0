/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A growing byte buffer, always NUL-terminated after its last byte. Errors are
 * sticky: append freely, look once at the end with strbuf_error(). */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/macro.h"

struct strbuf {
	char *data; /* NULL while empty */
	size_t len; /* without the NUL */
	size_t size;
	int error; /* 0 or -ENOMEM; once set, appending does nothing */
};

#define STRBUF_INIT ((struct strbuf){ .data = NULL, .len = 0, .size = 0, .error = 0 })

/** Releases the memory; the buffer is empty and usable afterwards. */
void strbuf_done(struct strbuf *b);

/** Empties the buffer and its error, keeps the memory. */
void strbuf_clear(struct strbuf *b);

/** Appends n bytes, NUL bytes included. */
void strbuf_add(struct strbuf *b, const void *bytes, size_t n);

/** Appends a string. */
void strbuf_add_str(struct strbuf *b, const char *s);

/** Appends one byte. */
void strbuf_add_char(struct strbuf *b, char c);

/** Appends formatted text. */
void strbuf_addf(struct strbuf *b, const char *fmt, ...) _printf_(2, 3);

/** Appends formatted text, va_list form. */
void strbuf_addv(struct strbuf *b, const char *fmt, va_list ap) _printf_(2, 0);

/** Cuts white space off both ends. */
void strbuf_trim(struct strbuf *b);

/** Makes room for n more bytes and returns where they go, NULL when out of
 * memory. The caller adds what it wrote to b->len. */
char *strbuf_reserve(struct strbuf *b, size_t n);

/** The text so far, "" when empty; owned by the buffer. */
const char *strbuf_str(const struct strbuf *b);

/** 0, or -ENOMEM if any append failed. */
int strbuf_error(const struct strbuf *b) _must_check_;

/** Takes the text out, the caller frees it; the buffer is empty afterwards.
 * Never NULL unless an append failed. */
char *strbuf_take(struct strbuf *b) _must_check_;
