/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts, judgement, and the telling of it: one error, and a table for who reads along. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ap-guard.h"
#include "core/ap-live.h"
#include "core/recipe-store.h"

/* Rows of a table that are printed. */
#define ROWS_MAX 100

/* What the first refused row means for the operation, by its kind. */
static const struct {
	int r;
	const char *advice;
} meanings[] = {
	[AP_CONFLICT_ACTIVE] = { -EADDRINUSE, "stop that device first" },
	[AP_CONFLICT_AUTO] = { -EADDRINUSE,
	                       "only one of two automatic devices can have a queue: make one of "
	                       "them manual; --force overrides" },
	[AP_CONFLICT_MANUAL] = { -EADDRINUSE, NULL },
	[AP_CONFLICT_MASKS] = { -EADDRNOTAVAIL,
	                        "take the adapter or the domain from the host first: 'mdevmgr "
	                        "parent apply matrix' does so for its recipe, else 'mdevmgr "
	                        "parent define matrix --now' or chzdev" },
	[AP_CONFLICT_PERSISTENT] = { -EADDRNOTAVAIL,
	                             "take the adapter or the domain from the host for good "
	                             "first, as 'mdevmgr parent define matrix' or chzdev do; "
	                             "--force overrides" },
	[AP_CONFLICT_OVERRIDE] = { -EADDRNOTAVAIL,
	                           "its driver_override must be " AP_PASSTHROUGH_DRIVER },
};

/* The table as it stands, line by line: a message of the bus is not long. */
static void print_table(const struct log *log, const struct ap_conflicts *c)
{
	_cleanup_(strbuf_done) struct strbuf table = STRBUF_INIT;
	char *rest, *line;

	ap_conflicts_print(c, ROWS_MAX, &table);
	if (strbuf_error(&table) < 0)
		return;
	rest = table.data;
	while ((line = strsep(&rest, "\n")) && *line)
		log_message(log, LOG_LEVEL_FOREIGN, "%s", line);
}

/* One row, and how many more there are. */
static void summarize(const struct ap_conflict *first, size_t n, struct strbuf *out)
{
	char queue[AP_QUEUE_TEXT_MAX];

	ap_queue_format(&first->queue, queue);
	strbuf_addf(out, "queue %s is ", queue);
	ap_conflict_describe(first, out);
	if (n > 1)
		strbuf_addf(out, ", and %zu more", n - 1);
}

static int refuse(const struct ap_conflicts *c, const char *what, struct error *err)
{
	_cleanup_(strbuf_done) struct strbuf cause = STRBUF_INIT;
	const struct ap_conflict *first = ap_conflicts_first_refused(c);
	int r = first ? meanings[first->kind].r : -ENOMEM;

	if (!first)
		return r;
	summarize(first, c->n_refused, &cause);
	error_set(err, r, "%s", what);
	error_set_cause(err, "%s", strbuf_str(&cause));
	error_set_advice(err, "%s", meanings[first->kind].advice);
	return r;
}

/* What came of the look; told is what the warnings are headed by. */
static int settle(const struct log *log, const struct ap_conflicts *c, const char *what,
                  const char *told, bool force, bool is_quiet, struct error *err)
{
	bool is_refused = c->n_refused > 0 && !force;

	if (c->n + c->n_more == 0)
		return 0;
	if (!is_quiet && !is_refused)
		log_warn(log, "%s%s", told, c->n_refused > 0 ? ", which is forced" : "");
	if (!is_quiet && (is_refused || log_wants(log, LOG_LEVEL_WARN)))
		print_table(log, c);
	return is_refused ? refuse(c, what, err) : 0;
}

static void warn_of_octal(const struct driver_change *change, const struct attr *attr)
{
	unsigned int number = 0;

	if (ap_number_parse(attr->value, &number, NULL) == 0)
		log_warn(env_log(change->env),
		         "%s '%s' has a leading zero: the kernel reads it as octal, which is %u "
		         "(%#x); lszcrypt prints hexadecimal, which is written 0x...",
		         attr->name, attr->value, number, number);
}

/* What the kernel will refuse when the device is started, told while it can be mended. */
static void warn_of_attrs(const struct driver_change *change, const struct ap_attrs_report *report)
{
	const struct attrs *attrs = &change->definition->attrs;

	if (change->is_start || change->is_quiet)
		return;
	if (report->octal < attrs->n)
		warn_of_octal(change, &attrs->items[report->octal]);
	if (report->bad < attrs->n)
		log_warn(env_log(change->env),
		         "Attribute %s with value '%.100s' will be refused when the device is "
		         "started",
		         attrs->items[report->bad].name, attrs->items[report->bad].value);
}

int ap_guard_change(const struct driver_change *change, struct error *err)
{
	_cleanup_(ap_conflicts_done) struct ap_conflicts conflicts = { 0 };
	_cleanup_(ap_facts_done) struct ap_facts facts = { 0 };
	const struct ap_world world = { change->env, change->sysfs, change->store, change->recipe };
	struct ap_candidate candidate = {
		.purpose = change->is_start ? AP_TO_START : AP_TO_DEFINE,
		.claim = { .uuid = *change->uuid, .is_auto = change->definition->autostart },
	};
	_cleanup_(strbuf_done) struct strbuf what = STRBUF_INIT, told = STRBUF_INIT;
	struct ap_attrs_report report;
	char uuid[MDEV_UUID_TEXT_MAX];
	int r;

	ap_matrix_from_attrs(&change->definition->attrs, &candidate.claim.matrix, &report);
	warn_of_attrs(change, &report);
	if (ap_matrix_has_no_queue(&candidate.claim.matrix))
		return 0;
	r = ap_facts_read(&world, change->parent, &facts, err);
	if (r == 0)
		r = ap_conflicts_find(&candidate, &facts, &conflicts);
	if (r < 0)
		return r;
	mdev_uuid_format(change->uuid, uuid);
	strbuf_addf(&what, "Crypto queues for device %s are not free", uuid);
	strbuf_addf(&told, "Device %s shares crypto queues with others", uuid);
	return settle(env_log(change->env), &conflicts, strbuf_str(&what), strbuf_str(&told),
	              change->force, change->is_quiet, err);
}

int ap_guard_recipe(const struct ap_world *world, const char *parent, bool force, struct error *err)
{
	_cleanup_(ap_conflicts_done) struct ap_conflicts conflicts = { 0 };
	_cleanup_(ap_facts_done) struct ap_facts facts = { 0 };
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	struct ap_world before = *world;
	struct ap_masks from;
	/* What only happens to be reserved now was never promised. */
	bool was_promised = recipe_read_text(world->env, RECIPE_MATRIX, &text) >= 0;
	int r;

	before.recipe = NULL;
	r = ap_masks_read_persistent(&before, &from);
	/* Nobody can tell what the host will have. */
	if (r == 0)
		return 0;
	if (r > 0)
		r = ap_facts_read(world, parent, &facts, err);
	if (r == 0)
		r = ap_conflicts_find_of_masks(&from, &facts.persistent, false, was_promised,
		                               &facts, &conflicts);
	if (r < 0)
		return r;
	return settle(
		env_log(world->env), &conflicts, "The host cannot have these crypto queues back",
		"The host gets crypto queues of devices back at the next boot", force, false, err);
}

/* ---- after the kernel refused --------------------------------------------------------------- */

/* Rows that this errno is about. */
static void tell_rows(const struct ap_conflicts *c, int r, struct strbuf *out)
{
	const struct ap_conflict *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (meanings[c->items[i].kind].r != r)
			continue;
		first = first ? first : &c->items[i];
		n++;
	}
	if (first)
		summarize(first, n, out);
}

void ap_guard_blame(const struct driver_write *write, int r, struct strbuf *out)
{
	_cleanup_(ap_conflicts_done) struct ap_conflicts conflicts = { 0 };
	_cleanup_(ap_facts_done) struct ap_facts facts = { 0 };
	const struct ap_world world = { .env = write->env, .sysfs = write->sysfs };
	struct ap_candidate candidate = { .purpose = AP_TO_START, .claim.uuid = *write->uuid };
	struct ap_matrix now = { 0 }, added;

	if ((r != -EADDRNOTAVAIL && r != -EADDRINUSE) ||
	    ap_live_read(write->device_fd, &now, NULL) < 0)
		return;
	ap_matrix_from_attrs(write->attrs, &added, NULL);
	candidate.claim.matrix.adapters = ap_set_union(&now.adapters, &added.adapters);
	candidate.claim.matrix.domains = ap_set_union(&now.domains, &added.domains);
	if (ap_facts_read_now(&world, &facts) == 0 &&
	    ap_conflicts_find(&candidate, &facts, &conflicts) == 0)
		tell_rows(&conflicts, r, out);
}
