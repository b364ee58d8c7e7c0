/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs systemctl, which reaches the manager without a bus. */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "daemon/system-state.h"
#include "shared/process.h"

#define SYSTEMCTL_LIMIT_MS   10000
#define SYSTEMCTL_OUTPUT_MAX 256

static const struct {
	const char *word;
	enum system_state state;
} words[] = {
	{ "initializing", SYSTEM_STARTING }, { "starting", SYSTEM_STARTING },
	{ "running", SYSTEM_RUNNING },       { "degraded", SYSTEM_RUNNING },
	{ "maintenance", SYSTEM_RUNNING },   { "stopping", SYSTEM_STOPPING },
};

static enum system_state read_word(struct strbuf *out)
{
	strbuf_trim(out);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(strbuf_str(out), words[i].word) == 0)
			return words[i].state;
	return SYSTEM_UNKNOWN;
}

enum system_state system_state_read(const struct env *env)
{
	_cleanup_(process_result_done) struct process_result result = { 0 };
	_cleanup_(freep) char *path = env_path(env, "/usr/bin/systemctl");
	const char *const argv[] = { "systemctl", "is-system-running", NULL };
	const struct process_request req = {
		.path = path,
		.argv = argv,
		.envp = environ,
		.timeout_ms = SYSTEMCTL_LIMIT_MS,
		.output_max = SYSTEMCTL_OUTPUT_MAX,
	};

	/* Its exit status tells no more than the word. */
	if (!path || process_run(&req, &result) < 0 || result.skipped)
		return SYSTEM_UNKNOWN;
	return read_word(&result.out);
}
