/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Nearly every definition is as the tool wrote it. Making JSON objects of thousands
 * of them would take longer than all the rest of a listing. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/definition-plain.h"

/* Longer names exist, and the JSON parser reads them. */
#define NAME_SIZE 128

struct cursor {
	const char *at;
	const char *end;
};

struct text {
	const char *at;
	size_t len;
};

static bool skip_bytes(struct cursor *c, const char *bytes, size_t n)
{
	if ((size_t)(c->end - c->at) < n || memcmp(c->at, bytes, n) != 0)
		return false;
	c->at += n;
	return true;
}

#define skip(c, literal) skip_bytes(c, literal, sizeof(literal) - 1)

/* The rest of a string whose first quote was passed, and its last quote. */
static bool take_string(struct cursor *c, struct text *ret)
{
	const char *start = c->at;

	while (c->at < c->end && *c->at >= ' ' && *c->at <= '~' && *c->at != '"' && *c->at != '\\')
		c->at++;
	*ret = (struct text){ start, (size_t)(c->at - start) };
	return skip(c, "\"");
}

static int append(struct attrs *attrs, const struct text *name, const struct text *value)
{
	char buffer[NAME_SIZE];
	int r;

	if (name->len >= sizeof(buffer))
		return 0;
	memcpy(buffer, name->at, name->len);
	buffer[name->len] = '\0';
	r = attrs_append(attrs, buffer, value->at, value->len);
	/* Too many: the JSON parser has the words for it. */
	return r == -E2BIG ? 0 : r < 0 ? r : 1;
}

static int read_attrs(struct cursor *c, struct attrs *attrs)
{
	struct text name, value;
	int r;

	if (skip(c, "[]"))
		return 1;
	if (!skip(c, "["))
		return 0;
	do {
		if (!skip(c, "\n    {\n      \"") || !take_string(c, &name) || !skip(c, ": \"") ||
		    !take_string(c, &value) || !skip(c, "\n    }"))
			return 0;
		r = append(attrs, &name, &value);
		if (r <= 0)
			return r;
	} while (skip(c, ","));
	return skip(c, "\n  ]");
}

static int read_document(struct cursor *c, struct definition *d)
{
	struct text type, start;
	int r;

	if (!skip(c, "{\n  \"mdev_type\": \"") || !take_string(c, &type) ||
	    !skip(c, ",\n  \"start\": \"") || !take_string(c, &start) ||
	    !skip(c, ",\n  \"attrs\": "))
		return 0;
	r = read_attrs(c, &d->attrs);
	if (r <= 0 || !skip(c, "\n}"))
		return r < 0 ? r : 0;
	/* Editors end a file with a newline. */
	skip(c, "\n");
	if (c->at != c->end)
		return 0;
	d->autostart = start.len == strlen("auto") && memcmp(start.at, "auto", start.len) == 0;
	d->type = strndup(type.at, type.len);
	return d->type ? 1 : -ENOMEM;
}

int definition_read_plain(const char *bytes, size_t n, struct definition *d)
{
	struct cursor c = { bytes, bytes + n };
	int r = read_document(&c, d);

	if (r <= 0)
		attrs_done(&d->attrs);
	return r;
}
