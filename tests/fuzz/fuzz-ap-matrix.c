/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The texts of crypto matrices: whatever is taken prints to something that reads back as
 * the same matrix, by every way that there is. */
#include "config.h"

#include <string.h>

#include "core/ap-matrix.h"
#include "fuzz/fuzz.h"

static void require_attrs(const struct ap_matrix *m)
{
	struct attrs attrs = { 0 };
	struct ap_attrs_report report;
	struct ap_matrix again;

	fuzz_require(ap_matrix_to_attrs(m, &attrs) == 0);
	fuzz_require(attrs.n == ap_set_count(&m->adapters) + ap_set_count(&m->domains) +
	                                ap_set_count(&m->controls));
	ap_matrix_from_attrs(&attrs, &again, &report);
	fuzz_require(ap_matrix_equal(m, &again));
	fuzz_require(report.bad == attrs.n && report.octal == attrs.n);
	attrs_done(&attrs);
}

static void require_texts(const struct ap_matrix *m)
{
	struct strbuf text = STRBUF_INIT;
	char config[AP_CONFIG_TEXT_MAX];
	struct ap_matrix again;

	ap_matrix_print_config(m, config);
	fuzz_require(strlen(config) == AP_CONFIG_TEXT_MAX - 1);
	fuzz_require(ap_matrix_parse_config(config, &again) == 0);
	fuzz_require(ap_matrix_equal(m, &again));
	ap_matrix_print(m, &text);
	fuzz_require((ap_matrix_parse(strbuf_str(&text), &again, NULL) < 0) ==
	             ap_matrix_is_empty(m));
	fuzz_require(ap_matrix_is_empty(m) || ap_matrix_equal(m, &again));
	strbuf_done(&text);
}

static void require_queues(const struct ap_matrix *m)
{
	struct strbuf lines = STRBUF_INIT;
	struct ap_matrix again, queues_only = *m;
	struct ap_queue queue;
	char name[AP_QUEUE_TEXT_MAX];

	for (bool more = ap_matrix_first_queue(m, &queue); more;
	     more = ap_matrix_next_queue(m, &queue)) {
		ap_queue_format(&queue, name);
		strbuf_addf(&lines, "%s\n", name);
	}
	ap_matrix_from_sysfs(strbuf_str(&lines), "", &again);
	queues_only.controls = (struct ap_set){ { 0 } };
	fuzz_require((lines.len == 0) == ap_matrix_has_no_queue(m));
	fuzz_require(ap_matrix_has_no_queue(m) || ap_matrix_equal(&again, &queues_only));
	strbuf_done(&lines);
}

static void require_matrix(const struct ap_matrix *m)
{
	require_attrs(m);
	require_texts(m);
	require_queues(m);
}

/* Each line is the value of an attribute, whose name the first byte chooses. */
static void read_as_attrs(char *text, struct ap_matrix *ret)
{
	static const char *const names[] = { "assign_adapter",   "assign_domain",
		                             "unassign_adapter", "assign_control_domain",
		                             "ap_config",        "colour" };
	struct ap_attrs_report report;
	struct attrs attrs = { 0 };
	char *line;

	while ((line = strsep(&text, "\n")) && attrs.n < 1000)
		if (*line)
			fuzz_require(attrs_append(&attrs,
			                          names[(unsigned char)*line % ARRAY_SIZE(names)],
			                          line + 1, strlen(line + 1)) == 0);
	ap_matrix_from_attrs(&attrs, ret, &report);
	fuzz_require(report.bad <= attrs.n && report.octal <= attrs.n);
	attrs_done(&attrs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = size > 0 ? strndup((const char *)data, size) : strdup("");
	struct ap_queue queue;
	struct ap_matrix m;

	fuzz_require(text);
	if (ap_matrix_parse(text, &m, NULL) == 0)
		require_matrix(&m);
	if (ap_matrix_parse_config(text, &m) == 0)
		require_matrix(&m);
	ap_matrix_from_sysfs(text, text, &m);
	require_matrix(&m);
	if (ap_queue_parse(text, &queue) == 0)
		fuzz_require(queue.adapter < AP_NUMBERS && queue.domain < AP_NUMBERS);
	read_as_attrs(text, &m);
	require_matrix(&m);
	free(text);
	return 0;
}
