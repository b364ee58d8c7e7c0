/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * definition_parse() and the three printers: what is printed reads back as the same
 * definition, and is printed as the same text again. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/definition.h"
#include "fuzz/fuzz.h"

static void require_refusal(int r, const struct definition *d, struct error *err)
{
	struct strbuf told = STRBUF_INIT;

	fuzz_require(r == -EINVAL || r == -EFBIG || r == -E2BIG);
	fuzz_require(!d);
	fuzz_require(err->errnum == -r);
	fuzz_require(err->message && err->message[0]);
	error_format(err, &told);
	fuzz_require(!strchr(strbuf_str(&told), '\n'));
	strbuf_done(&told);
	error_done(err);
}

static void require_same(const struct definition *a, const struct definition *b)
{
	fuzz_require(strcmp(a->type, b->type) == 0);
	fuzz_require(a->autostart == b->autostart);
	fuzz_require(attrs_equal(&a->attrs, &b->attrs));
}

static bool same_text(const struct strbuf *a, const struct strbuf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static struct definition *reread(const struct strbuf *text, const struct definition *d)
{
	struct definition *again = NULL;

	fuzz_require(definition_parse(text->data, text->len, &again, NULL) == 0);
	require_same(d, again);
	return again;
}

static void require_file_round_trip(const struct definition *d)
{
	_cleanup_(definition_freep) struct definition *again = NULL, *copy = NULL;
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT, text_again = STRBUF_INIT;
	int r = definition_print_file(d, &text, NULL);

	if (r < 0) {
		fuzz_require(r == (d->is_lossy ? -EOPNOTSUPP : -EFBIG));
		fuzz_require(text.len == 0);
		return;
	}
	fuzz_require(!d->is_lossy);
	again = reread(&text, d);
	fuzz_require(!again->is_lossy);
	fuzz_require(!again->unknown == !d->unknown);
	fuzz_require(definition_copy(again, &copy) == 0);
	fuzz_require(definition_print_file(copy, &text_again, NULL) == 0);
	fuzz_require(same_text(&text, &text_again));
}

static void require_known_round_trip(const struct definition *d)
{
	_cleanup_(definition_freep) struct definition *again = NULL;
	_cleanup_(strbuf_done) struct strbuf compact = STRBUF_INIT, object = STRBUF_INIT,
					     file = STRBUF_INIT;

	definition_print_compact(d, &compact);
	if (compact.len > DEFINITION_SIZE_MAX)
		return;
	fuzz_require(!strchr(compact.data, '\n'));
	again = reread(&compact, d);
	fuzz_require(!again->unknown);
	definition_print_object(d->type, d->autostart, &d->attrs, 0, &object);
	if (definition_print_file(again, &file, NULL) == 0)
		fuzz_require(same_text(&object, &file));
}

/* A blank before it keeps a document off the short way. */
static void require_both_ways_agree(const uint8_t *data, size_t size, const struct definition *d,
                                    int r)
{
	_cleanup_(definition_freep) struct definition *other = NULL;
	_cleanup_(strbuf_done) struct strbuf blank = STRBUF_INIT;

	if (size >= DEFINITION_SIZE_MAX)
		return;
	strbuf_add_char(&blank, ' ');
	strbuf_add(&blank, (const char *)data, size);
	fuzz_require(definition_parse(blank.data, blank.len, &other, NULL) == r);
	if (r < 0)
		return;
	require_same(d, other);
	fuzz_require(!d->unknown == !other->unknown && d->is_lossy == other->is_lossy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = ERROR_INIT;
	struct definition *d = NULL;
	int r;

	r = definition_parse((const char *)data, size, &d, &err);
	require_both_ways_agree(data, size, d, r);
	if (r < 0) {
		require_refusal(r, d, &err);
		return 0;
	}
	fuzz_require(!error_is_set(&err));
	require_file_round_trip(d);
	require_known_round_trip(d);
	definition_free(d);
	return 0;
}
