/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A device's definition: its JSON document and what it says. Pure: bytes in,
 * bytes out. The only parser of definitions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/attrs.h"
#include "shared/error.h"
#include "shared/macro.h"
#include "shared/strbuf.h"

/* A definition file larger than this is refused: 1 MiB. */
#define DEFINITION_SIZE_MAX (1024 * 1024)

struct json_object;

struct definition {
	char *type;     /* mdev_type; NULL only in one that is being made */
	bool autostart; /* "start": "auto"; any other value means manual */
	struct attrs attrs;
	struct json_object *unknown; /* object of the keys we do not know, in the file's
				      * order; NULL if there are none */
	bool is_lossy; /* the unknown part holds a number that we could not print as it
			* was read (beyond 64 bits): may be read, must not be rewritten */
};

/** An empty definition, manual, without a type. -ENOMEM. */
int definition_new(struct definition **ret) _must_check_;

/** NULL is fine. */
void definition_free(struct definition *d);
DEFINE_CLEANUP(struct definition, definition_free);

/** Reads a document of n bytes (no NUL needed after them). Errors are -EINVAL with
 * mdevctl's texts ("invalid json", "attributes field is not an array", ...) or, for
 * what is no JSON, "line L column C" in the cause; -ENOMEM; -EFBIG and -E2BIG
 * beyond DEFINITION_SIZE_MAX and ATTRS_MAX. The message names no file: the caller,
 * who knows it, does. */
int definition_parse(const char *bytes, size_t n, struct definition **ret,
                     struct error *err) _must_check_;

/** A copy; unknown is shared by reference count. -ENOMEM. */
int definition_copy(const struct definition *d, struct definition **ret) _must_check_;

/** Appends the text of a definition file: pretty, two blanks an indent, no final
 * newline, known keys first and then the unknown ones in their order. -EOPNOTSUPP
 * with a message for one that is_lossy, -EFBIG for more than DEFINITION_SIZE_MAX,
 * which could not be read again; nothing is appended then. -ENOMEM: what was appended
 * is not whole. */
int definition_print_file(const struct definition *d, struct strbuf *out,
                          struct error *err) _must_check_;

/** Appends the three known keys as compact JSON: what callouts get on stdin. */
void definition_print_compact(const struct definition *d, struct strbuf *out);

/** Appends the three known keys as a pretty JSON object whose closing brace stands
 * at `indent` blanks; the opening brace is not indented (it follows a key). */
void definition_print_object(const char *type, bool autostart, const struct attrs *attrs,
                             size_t indent, struct strbuf *out);

/** Reads the reply of a callout to "get attributes": an array of one-key objects;
 * empty, null and [{}] mean none; trailing NUL bytes are cut. With keep_leading the
 * valid elements before a bad one are kept and 0 is returned, else -EINVAL (what is
 * no JSON: "Invalid JSON received from callout script" and the cause; a bad element: as
 * in definition_parse()), -EFBIG, -E2BIG. *ret must be empty, and is on failure. */
int definition_parse_attrs_reply(const char *bytes, size_t n, bool keep_leading, struct attrs *ret,
                                 struct error *err) _must_check_;
