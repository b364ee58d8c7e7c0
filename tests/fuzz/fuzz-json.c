/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * json_parse() and the printer: what is printed reads back as the same text. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "fuzz/fuzz.h"
#include "shared/json.h"

/* Pretty text grows with the nesting; not worth the fuzzer's time. */
#define PRINTED_MAX 65536

static void require_refusal(int r, struct error *err)
{
	fuzz_require(r == -EINVAL);
	fuzz_require(err->errnum == EINVAL);
	fuzz_require(strcmp(err->message, "invalid json") == 0);
	fuzz_require(strstr(err->cause, " at line ") && strstr(err->cause, " column "));
	error_done(err);
}

static void require_same_text(const struct strbuf *text)
{
	struct strbuf again = STRBUF_INIT;
	struct json_object *value;
	bool lossy_again;

	fuzz_require(json_parse(text->data, text->len, &value, &lossy_again, NULL) == 0);
	fuzz_require(!lossy_again);
	json_add_value(&again, value, 0);
	fuzz_require(again.len == text->len);
	fuzz_require(memcmp(again.data, text->data, text->len) == 0);
	strbuf_done(&again);
	json_object_put(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf text = STRBUF_INIT;
	struct error err = ERROR_INIT;
	struct json_object *value;
	int r;

	r = json_parse((const char *)data, size, &value, NULL, &err);
	if (r < 0) {
		require_refusal(r, &err);
		return 0;
	}
	fuzz_require(!error_is_set(&err));
	json_add_value(&text, value, 0);
	fuzz_require(strbuf_error(&text) == 0);
	if (text.len <= PRINTED_MAX)
		require_same_text(&text);
	strbuf_done(&text);
	json_object_put(value);
	return 0;
}
