/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * JSON text: json-c parses, after one pass of ours has refused what it lets
 * through; printing is ours, byte for byte as mdevctl prints. No domain words. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "shared/error.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

/* A text larger than this is refused: 16 MiB. */
#define JSON_SIZE_MAX (16 * 1024 * 1024)

struct json_object;

/** Parses one document of n bytes. -EINVAL with message "invalid json" and cause
 * "... at line L column C"; -EFBIG, -ENOMEM. *ret may be NULL on success: that is JSON's null. *ret_lossy (may be
 * NULL) says that some number would not be printed as it was read. */
int json_parse(const char *bytes, size_t n, struct json_object **ret, bool *ret_lossy,
               struct error *err) _must_check_;

/** Appends a JSON string with quotes: escapes \" \\ \b \f \n \r \t, other controls
 * as \u00xx in lower case; "/", DEL and UTF-8 raw. */
void json_add_string(struct strbuf *out, const char *s, size_t n);

/** Appends any value, pretty: two blanks an indent, [] and {} when empty, the first
 * line not indented, closing brackets at `indent` blanks. */
void json_add_value(struct strbuf *out, struct json_object *value, size_t indent);

/** Appends a newline and then `indent` blanks. */
void json_add_line(struct strbuf *out, size_t indent);
