/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Makes and looks at the root of the script protocol's tests. */
#include "config.h"

#include <stdio.h>
#include <sys/stat.h>

#include "lib/callout-world.h"
#include "lib/unit.h"

void shell(const struct world *w, const char *command)
{
	char *argv[] = { NULL };
	struct process_result res;

	assert_int_equal(
		process_run(
			&(struct process_request){
				.path = "/bin/sh",
				.argv = (const char *[]){ "sh", "-ec", command, w->root, NULL },
				.envp = argv,
				.timeout_ms = AMPLE_MS,
			},
			&res),
		0);
	assert_int_equal(res.status, 0);
	process_result_done(&res);
}

static void collect(void *userdata, enum log_level level, const char *text)
{
	static const char *const names[] = {
		[LOG_LEVEL_ERROR] = "ERROR", [LOG_LEVEL_WARN] = "WARN",
		[LOG_LEVEL_INFO] = "INFO",   [LOG_LEVEL_DEBUG] = "DEBUG",
		[LOG_LEVEL_TRACE] = "TRACE", [LOG_LEVEL_FOREIGN] = "FOREIGN",
	};
	struct world *w = userdata;

	strbuf_addf(&w->messages, "%s %s\n", names[level], text);
}

void renew(struct world *w)
{
	callouts_free(w->c);
	assert_int_equal(callouts_new(w->env, &w->c), 0);
	callouts_set_limits(w->c, AMPLE_MS, AMPLE_MS);
	error_done(&w->err);
	strbuf_clear(&w->messages);
}

int make_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	strcpy(w->root, "/tmp/test-callout-XXXXXX");
	assert_non_null(mkdtemp(w->root));
	shell(w, "mkdir -p $0/usr/lib/mdevctl/scripts.d/callouts "
	         "$0/usr/lib/mdevctl/scripts.d/notifiers "
	         "$0/etc/mdevctl.d/scripts.d/callouts $0/etc/mdevctl.d/scripts.d/notifiers");
	w->messages = STRBUF_INIT;
	w->log = (struct log){ .max = LOG_LEVEL_WARN, .sink = collect, .userdata = w };
	assert_int_equal(env_new(w->root, &w->log, &w->env), 0);
	env_set_interrupt(w->env, &w->interrupt);
	assert_int_equal(definition_new(&w->definition), 0);
	w->definition->type = strdup("T1");
	assert_int_equal(mdev_uuid_parse(UUID, &w->uuid), 0);
	w->subject = (struct callout_subject){
		.uuid = &w->uuid, .parent = PARENT, .type = "T1", .definition = w->definition
	};
	w->err = ERROR_INIT;
	renew(w);
	*state = w;
	return 0;
}

int end_world(void **state)
{
	struct world *w = *state;

	shell(w, "rm -rf $0");
	callouts_free(w->c);
	definition_free(w->definition);
	env_free(w->env);
	error_done(&w->err);
	strbuf_done(&w->messages);
	free(w);
	return 0;
}

void write_file(const struct world *w, const char *path, mode_t mode, const char *text)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", w->root, path);
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fchmod(fileno(f), mode), 0);
	assert_int_equal(fclose(f), 0);
}

void script(const struct world *w, const char *path, const char *body)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text,
	            "#!/bin/sh\nROOT=%s\n"
	            "printf '%%s %%s|%%s\\n' \"${0##*/}\" \"$*\" \"$(cat)\" >>$ROOT/trace\n%s\n",
	            w->root, body);
	write_file(w, path, 0755, text.data);
}

char *take_trace(const struct world *w)
{
	_cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
	char path[64], line[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/trace", w->root);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		char *tail = strstr(line, " -u " UUID " -p " PARENT "|");
		char *input = tail ? strchr(tail, '|') : NULL;

		assert_non_null(input);
		strbuf_add(&out, line, (size_t)(tail - line));
		strbuf_add_str(&out, strncmp(input, "|{\"provides\"", 12) == 0 ? "\n" : input);
	}
	if (f)
		fclose(f);
	unlink(path);
	return strbuf_take(&out);
}

void assert_messages(struct world *w, const char *expected)
{
	_cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
	const char *from = strbuf_str(&w->messages);
	const char *at;

	while ((at = strstr(from, w->root))) {
		strbuf_add(&out, from, (size_t)(at - from));
		from = at + strlen(w->root);
	}
	strbuf_add_str(&out, from);
	assert_string_equal(strbuf_str(&out), expected);
	strbuf_clear(&w->messages);
}

void assert_error(struct world *w, const char *expected)
{
	assert_int_equal(w->messages.len, 0);
	error_format(&w->err, &w->messages);
	assert_messages(w, expected);
	error_done(&w->err);
}

struct conversation *begin(struct world *w, enum callout_action action)
{
	struct conversation *v;

	assert_int_equal(conversation_new(w->c, action, &w->subject, &v), 0);
	return v;
}

int operate(struct world *w, enum callout_action action, bool force)
{
	_cleanup_(conversation_freep) struct conversation *v = begin(w, action);
	int r = conversation_pre(v, force, &w->err);

	if (r == 0)
		conversation_post(v, CALLOUT_SUCCESS);
	conversation_notify(v, r == 0 ? CALLOUT_SUCCESS : CALLOUT_NONE);
	return r;
}
