/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "core/ap-conflict.h"
#include "lib/unit.h"

/* Devices by one digit, as claims are written here: "a1=5:4" is auto, "m2=5:4" manual, and
 * "x3=5:4" active. */
static struct mdev_uuid uuid_of(char digit)
{
	struct mdev_uuid uuid = { .bytes = { 0 } };

	uuid.bytes[15] = (unsigned char)digit;
	return uuid;
}

static struct ap_claim claim_of(const char *word)
{
	struct ap_claim claim = { .uuid = uuid_of(word[1]), .is_auto = word[0] == 'a' };

	assert_int_equal(ap_matrix_parse(word + 3, &claim.matrix, NULL), 0);
	return claim;
}

/* "ADAPTERS:DOMAINS" */
static struct ap_masks masks_of(const char *text)
{
	struct ap_matrix m = { 0 };

	if (strcmp(text, ":") != 0)
		assert_int_equal(ap_matrix_parse(text, &m, NULL), 0);
	return (struct ap_masks){ m.adapters, m.domains };
}

static void add_override(struct ap_facts *f, const char *word)
{
	char queue[AP_QUEUE_TEXT_MAX] = "";
	struct ap_queue q;

	memcpy(queue, word, AP_QUEUE_TEXT_MAX - 1);
	assert_int_equal(ap_queue_parse(queue, &q), 0);
	assert_int_equal(ap_overrides_add(&f->overrides, &q, word + AP_QUEUE_TEXT_MAX), 0);
}

/* Words: claims, "now=MASKS", "boot=MASKS", "05.0004=DRIVER". */
static void facts_of(const char *text, struct ap_facts *f)
{
	char *copy = strdup(text), *rest = copy, *word;

	assert_non_null(copy);
	while ((word = strsep(&rest, " ")) && *word) {
		if (strncmp(word, "now=", 4) == 0) {
			f->has_masks = true;
			f->masks = masks_of(word + 4);
		} else if (strncmp(word, "boot=", 5) == 0) {
			f->has_persistent = true;
			f->persistent = masks_of(word + 5);
		} else if (word[2] == '.') {
			add_override(f, word);
		} else {
			struct ap_claim claim = claim_of(word);

			assert_int_equal(
				ap_claims_add(word[0] == 'x' ? &f->active : &f->defined, &claim),
				0);
		}
	}
	free(copy);
}

/* "!05.0004:kind:device", without "!" for a warning. */
static void assert_rows(const struct ap_conflicts *c, const char *expected)
{
	static const char *const kinds[] = {
		"active", "auto", "manual", "masks", "boot", "override"
	};
	struct strbuf text = STRBUF_INIT;
	size_t n_refused = 0;
	char queue[AP_QUEUE_TEXT_MAX];

	for (size_t i = 0; i < c->n; i++) {
		const struct ap_conflict *row = &c->items[i];

		ap_queue_format(&row->queue, queue);
		strbuf_addf(&text, "%s%s%s:%s", i > 0 ? " " : "", row->is_refused ? "!" : "", queue,
		            kinds[row->kind]);
		if (row->kind <= AP_CONFLICT_MANUAL)
			strbuf_addf(&text, ":%c", row->uuid.bytes[15]);
		if (row->kind == AP_CONFLICT_OVERRIDE)
			strbuf_addf(&text, ":%s", row->driver);
		n_refused += row->is_refused;
	}
	assert_string_equal(strbuf_str(&text), expected);
	assert_int_equal(c->n_refused, n_refused);
	assert_int_equal(c->n_more, 0);
	strbuf_done(&text);
}

struct row {
	enum ap_purpose purpose;
	const char *candidate;
	const char *facts;
	const char *expected;
};

static void test_matrices(void **state)
{
	static const struct row rows[] = {
		/* nothing known, nothing in common, its own */
		{ AP_TO_DEFINE, "a1=5:4", "", "" },
		{ AP_TO_DEFINE, "a1=5:4", "a2=5:5 a3=4:4", "" },
		{ AP_TO_DEFINE, "a1=5:4", "a1=5:4 x1=5:4", "" },
		{ AP_TO_START, "a1=5:4", "a1=5:4 x1=5:4", "" },
		/* two that are auto, and all other pairs */
		{ AP_TO_DEFINE, "a1=5:4", "a2=5:4", "!05.0004:auto:2" },
		{ AP_TO_DEFINE, "a1=5:4", "m2=5:4", "05.0004:manual:2" },
		{ AP_TO_DEFINE, "m1=5:4", "a2=5:4", "05.0004:auto:2" },
		{ AP_TO_DEFINE, "m1=5:4", "m2=5:4", "05.0004:manual:2" },
		{ AP_TO_START, "a1=5:4", "a2=5:4 m3=5:4", "" },
		/* in order of queues, then kinds, then devices */
		{ AP_TO_DEFINE, "a1=5,6:4,0xab", "m3=6:4 a2=5,6:0-255 a4=6:4",
		  "!05.0004:auto:2 !05.00ab:auto:2 !06.0004:auto:2 !06.0004:auto:4 "
		  "06.0004:manual:3 !06.00ab:auto:2" },
		/* the host, now and after the next boot */
		{ AP_TO_DEFINE, "a1=5:4", "now=0-255:0-255 boot=0-4:0-255", "" },
		{ AP_TO_DEFINE, "a1=5:4,5", "now=: boot=0-255:4", "!05.0004:boot" },
		{ AP_TO_DEFINE, "m1=5:4", "now=0-255:0-255 boot=0-255:0-255", "" },
		{ AP_TO_START, "m1=5,6:4", "now=6:0-255 boot=5:0-255", "!06.0004:masks" },
		{ AP_TO_START, "m1=5:4", "now=5: boot=5:4", "" },
		/* who runs */
		{ AP_TO_START, "m1=5:4,5", "x2=5:5 x3=4:4", "!05.0005:active:2" },
		{ AP_TO_DEFINE, "a1=5:4", "x2=5:4", "05.0004:active:2" },
		{ AP_TO_DEFINE, "a1=5:4", "x2=5:4 m2=5:4", "05.0004:manual:2" },
		{ AP_TO_START, "a1=5:4", "x2=5:4 now=0-255:0-255",
		  "!05.0004:active:2 !05.0004:masks" },
		/* overrides stand above masks */
		{ AP_TO_START, "m1=5:4,5", "now=0-255:0-255 05.0004=vfio_ap", "!05.0005:masks" },
		{ AP_TO_START, "m1=5:4", "now=: 05.0004=cex4queue 06.0004=cex4queue",
		  "!05.0004:override:cex4queue" },
		{ AP_TO_DEFINE, "a1=5:4", "boot=0-255:0-255 05.0004=vfio_ap", "" },
		/* adapters alone, and control domains, are no queues */
		{ AP_TO_DEFINE, "a1=5:", "a2=5: a3=5:4", "" },
		{ AP_TO_START, "a1=5:5:4", "x2=5:4:5 now=4:4", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct ap_candidate candidate = { rows[i].purpose,
			                                claim_of(rows[i].candidate) };
		struct ap_conflicts conflicts = { 0 };
		struct ap_facts facts = { 0 };

		facts_of(rows[i].facts, &facts);
		assert_int_equal(ap_conflicts_find(&candidate, &facts, &conflicts), 0);
		assert_rows(&conflicts, rows[i].expected);
		ap_conflicts_done(&conflicts);
		ap_facts_done(&facts);
	}
}

struct masks_row {
	const char *from, *to;
	bool is_now, is_lasting;
	const char *facts;
	const char *expected;
};

static void test_masks(void **state)
{
	static const struct masks_row rows[] = {
		{ "0-4:0-255", "0-255:0-255", true, true, "", "" },
		{ "0-4:0-255", "0-255:0-255", true, true, "x1=5:4", "!05.0004:active:1" },
		{ "0-4:0-255", "0-255:0-255", false, true, "x1=5:4", "" },
		{ "0-4:0-255", "0-255:0-255", true, true, "a1=5:4 m2=5:4",
		  "!05.0004:auto:1 05.0004:manual:2" },
		{ "0-4:0-255", "0-255:0-255", true, false, "a1=5:4", "05.0004:auto:1" },
		{ "0-255:0-255", "0-255:0-255", true, true, "x1=5:4 a2=5:4", "" },
		{ "0-255:0-255", "0-4:0-255", true, true, "x1=5:4 a2=5:4", "" },
		{ "0-255:5", "0-255:4,5", true, true, "x1=5:4,5", "!05.0004:active:1" },
		{ "0-4:0-255", "0-255:0-255", true, true, "x1=5:4 05.0004=vfio_ap", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct ap_masks from = masks_of(rows[i].from), to = masks_of(rows[i].to);
		struct ap_conflicts conflicts = { 0 };
		struct ap_facts facts = { 0 };

		facts_of(rows[i].facts, &facts);
		assert_int_equal(ap_conflicts_find_of_masks(&from, &to, rows[i].is_now,
		                                            rows[i].is_lasting, &facts, &conflicts),
		                 0);
		assert_rows(&conflicts, rows[i].expected);
		ap_conflicts_done(&conflicts);
		ap_facts_done(&facts);
	}
}

static void test_table(void **state)
{
	const struct ap_candidate candidate = { AP_TO_DEFINE, claim_of("a1=5:4,5") };
	struct ap_conflicts conflicts = { 0 };
	struct strbuf text = STRBUF_INIT;
	struct ap_facts facts = { 0 };

	facts_of("a2=5:4 m3=5:4 boot=5:5", &facts);
	assert_int_equal(ap_conflicts_find(&candidate, &facts, &conflicts), 0);
	ap_conflicts_print(&conflicts, 100, &text);
	assert_string_equal(strbuf_str(&text),
	                    "APQN     VERDICT  CONFLICT\n"
	                    "05.0004  refused  defined for device "
	                    "00000000-0000-0000-0000-000000000032, which starts automatically\n"
	                    "05.0004  warning  defined for device "
	                    "00000000-0000-0000-0000-000000000033, which is started by hand\n"
	                    "05.0005  refused  reserved for the host by the masks of the next "
	                    "boot\n");
	strbuf_clear(&text);
	ap_conflicts_print(&conflicts, 1, &text);
	assert_non_null(strstr(strbuf_str(&text), "\nand 2 more\n"));
	strbuf_done(&text);
	ap_conflicts_done(&conflicts);
	ap_facts_done(&facts);
}

/* The one row that is refused is kept, wherever it comes. */
static void test_many(void **state)
{
	const struct ap_candidate candidate = { AP_TO_DEFINE, claim_of("a1=0-255:0-255") };
	struct ap_conflicts conflicts = { 0 };
	struct ap_facts facts = { 0 };

	facts_of("m2=0-255:0-255 a3=200:200", &facts);
	assert_int_equal(ap_conflicts_find(&candidate, &facts, &conflicts), 0);
	assert_int_equal(conflicts.n, AP_CONFLICTS_MAX);
	assert_int_equal(conflicts.n + conflicts.n_more, 65537);
	assert_int_equal(conflicts.n_refused, 1);
	assert_non_null(ap_conflicts_first_refused(&conflicts));
	ap_conflicts_done(&conflicts);
	ap_facts_done(&facts);
}

static void test_long_driver(void **state)
{
	char driver[3 * AP_DRIVER_MAX];
	struct ap_facts facts = { 0 };
	const struct ap_queue queue = { 5, 4 };
	const struct ap_masks none = { 0 };

	memset(driver, 'x', sizeof(driver));
	driver[sizeof(driver) - 1] = '\0';
	assert_int_equal(ap_overrides_add(&facts.overrides, &queue, driver), 0);
	assert_int_equal(strlen(facts.overrides.items[0].driver), AP_DRIVER_MAX - 1);
	assert_true(ap_facts_reserve(&facts, &none, &queue));
	ap_facts_done(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrices),    cmocka_unit_test(test_masks),
		cmocka_unit_test(test_table),       cmocka_unit_test(test_many),
		cmocka_unit_test(test_long_driver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
