/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * verify */
#include "config.h"

#include <string.h>

#include "cli/jsonfile.h"
#include "cli/out-text.h"
#include "cli/verbs.h"

static int on_finding(void *userdata, const struct verify_finding *finding)
{
	struct output *out = userdata;

	text_add(out, finding->path, strlen(finding->path));
	strbuf_add_str(&out->text, finding->is_error ? ": error: " : ": note: ");
	text_add(out, finding->text, strlen(finding->text));
	strbuf_add_char(&out->text, '\n');
	return output_advance(out);
}

int verb_verify(struct cli *cli, const struct arguments *args, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf content = STRBUF_INIT;
	struct json_source json = { .name = args->positional };
	size_t n_files = 0, n_errors = 0;
	int r;

	if (args->positional) {
		r = jsonfile_read(args->positional, "file", &content, err);
		if (r < 0)
			return r;
		json.bytes = strbuf_str(&content);
		json.len = content.len;
	}
	r = ops_verify(cli->ops, &json, on_finding, cli->out, &n_files, &n_errors, err);
	if (r < 0)
		return r;
	strbuf_addf(&cli->out->text, "%zu %s checked, %zu %s\n", n_files,
	            n_files == 1 ? "file" : "files", n_errors, n_errors == 1 ? "error" : "errors");
	return n_errors > 0 ? CLI_FAILURE : CLI_SUCCESS;
}
