/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Definitions as text, byte for byte as mdevctl writes them. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "core/definition.h"
#include "shared/json.h"

static void add_text(struct strbuf *out, const char *s)
{
	json_add_string(out, s, strlen(s));
}

/* ---- pretty ------------------------------------------------------------------- */

static void add_attrs(struct strbuf *out, const struct attrs *attrs, size_t indent)
{
	strbuf_add_char(out, '[');
	for (size_t i = 0; i < attrs->n; i++) {
		const struct attr *attr = &attrs->items[i];

		if (i > 0)
			strbuf_add_char(out, ',');
		json_add_line(out, indent + 2);
		strbuf_add_char(out, '{');
		json_add_line(out, indent + 4);
		add_text(out, attr->name);
		strbuf_add_str(out, ": ");
		json_add_string(out, attr->value, attr->value_len);
		json_add_line(out, indent + 2);
		strbuf_add_char(out, '}');
	}
	if (attrs->n > 0)
		json_add_line(out, indent);
	strbuf_add_char(out, ']');
}

static void add_known(struct strbuf *out, const char *type, bool autostart,
                      const struct attrs *attrs, size_t indent)
{
	strbuf_add_char(out, '{');
	json_add_line(out, indent);
	strbuf_add_str(out, "\"mdev_type\": ");
	add_text(out, type ? type : "");
	strbuf_add_char(out, ',');
	json_add_line(out, indent);
	strbuf_add_str(out, autostart ? "\"start\": \"auto\"," : "\"start\": \"manual\",");
	json_add_line(out, indent);
	strbuf_add_str(out, "\"attrs\": ");
	add_attrs(out, attrs, indent);
}

void definition_print_object(const char *type, bool autostart, const struct attrs *attrs,
                             size_t indent, struct strbuf *out)
{
	add_known(out, type, autostart, attrs, indent + 2);
	json_add_line(out, indent);
	strbuf_add_char(out, '}');
}

static void add_unknown(struct strbuf *out, struct json_object *unknown)
{
	json_object_object_foreach(unknown, key, value)
	{
		strbuf_add_char(out, ',');
		json_add_line(out, 2);
		add_text(out, key);
		strbuf_add_str(out, ": ");
		json_add_value(out, value, 2);
	}
}

int definition_print_file(const struct definition *d, struct strbuf *out, struct error *err)
{
	size_t start = out->len;

	if (d->is_lossy)
		return error_set(err, -EOPNOTSUPP,
		                 "the definition holds a number that cannot be written "
		                 "unchanged (an integer beyond 64 bits, or -0)");
	add_known(out, d->type, d->autostart, &d->attrs, 2);
	if (d->unknown)
		add_unknown(out, d->unknown);
	strbuf_add_str(out, "\n}");
	if (strbuf_error(out) < 0)
		return error_set(err, strbuf_error(out), "Out of memory");
	if (out->len - start > DEFINITION_SIZE_MAX) {
		out->len = start;
		out->data[start] = '\0';
		return error_set(err, -EFBIG, "the definition would be larger than %d bytes",
		                 DEFINITION_SIZE_MAX);
	}
	return 0;
}

/* ---- compact ------------------------------------------------------------------ */

void definition_print_compact(const struct definition *d, struct strbuf *out)
{
	strbuf_add_str(out, "{\"mdev_type\":");
	add_text(out, d->type ? d->type : "");
	strbuf_add_str(out, d->autostart ? ",\"start\":\"auto\"" : ",\"start\":\"manual\"");
	strbuf_add_str(out, ",\"attrs\":[");
	for (size_t i = 0; i < d->attrs.n; i++) {
		const struct attr *attr = &d->attrs.items[i];

		strbuf_add_str(out, i > 0 ? ",{" : "{");
		add_text(out, attr->name);
		strbuf_add_char(out, ':');
		json_add_string(out, attr->value, attr->value_len);
		strbuf_add_char(out, '}');
	}
	strbuf_add_str(out, "]}");
}
