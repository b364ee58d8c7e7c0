/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cli_parse() with words separated by NUL bytes. Nothing is run. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "cli/cli-args.h"
#include "fuzz/fuzz.h"

#define WORDS_MAX 32

static int split(char *bytes, size_t size, char *argv[WORDS_MAX + 1])
{
	int argc = 0;

	for (size_t i = 0; i < size && argc < WORDS_MAX; i += strlen(bytes + i) + 1)
		argv[argc++] = bytes + i;
	argv[argc] = NULL;
	return argc;
}

static void require_refusal(const struct strbuf *message)
{
	fuzz_require(message->len > 0 && message->data[message->len - 1] == '\n');
	fuzz_require(!memchr(message->data, '\033', message->len));
	fuzz_require(strncmp(message->data, "error: ", 7) == 0 ||
	             strstr(message->data, "\nCommands:\n"));
}

static void require_consistent(const struct arguments *args, const struct strbuf *message)
{
	fuzz_require(message->len == 0);
	fuzz_require(args->verb);
	if (args->action != CLI_RUN)
		return;
	fuzz_require(args->verb->run);
	fuzz_require((args->n_uuids > 0) == arguments_has(args, UUID));
	fuzz_require((args->attrs.n > 0) == arguments_has(args, ATTR));
	fuzz_require(!args->positional || args->verb->positional_max == 1);
	fuzz_require(args->positional || args->verb->positional_min == 0);
	for (int id = 0; id < _OPTION_MAX; id++) {
		bool given = args->given & (UINT64_C(1) << id);
		const struct cli_option *o = cli_option_find(args->verb, (enum option_id)id);

		fuzz_require(!given || o);
		fuzz_require(given || !args->values[id]);
		fuzz_require(!given || o->optional_value ||
		             (args->values[id] != NULL) == (o->value_name != NULL));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size + 1), *argv[WORDS_MAX + 1];
	struct strbuf message = STRBUF_INIT;
	struct arguments args;
	int argc, r;

	fuzz_require(bytes);
	if (size > 0)
		memcpy(bytes, data, size);
	bytes[size] = '\0';
	argc = split(bytes, size, argv);
	r = cli_parse(argc, argv, &args, &message);
	fuzz_require(r == 0 || r == -EINVAL);
	if (r < 0)
		require_refusal(&message);
	else
		require_consistent(&args, &message);
	arguments_done(&args);
	strbuf_done(&message);
	free(bytes);
	return 0;
}
