/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A registration that nobody has noted yet: the definitions are read once, for what it arms
 * and for the verdicts. */
#include "config.h"

#include <errno.h>

#include "core/ops-private.h"
#include "core/record-private.h"
#include "core/survey-private.h"

static int read_files(struct look *look)
{
	size_t n = look->store.n;

	look->files = calloc(n ? n : 1, sizeof(*look->files));
	if (!look->files)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		survey_read_file(look, &look->store.entries[i], &look->files[i]);
	return 0;
}

/* What cannot be read is armed by nobody; whoever looks at it says so. */
static int arm(const struct look *look, struct registration *registration)
{
	const struct store_parent *store = &look->store;

	registration->armed = calloc(store->n ? store->n : 1, sizeof(*registration->armed));
	if (!registration->armed)
		return -ENOMEM;
	for (size_t i = 0; i < store->n; i++) {
		const struct definition *d = look->files[i].definition;

		if (d && d->autostart)
			registration->armed[registration->n_armed++] = store->entries[i].uuid;
	}
	return 0;
}

static int remember(struct look *look, int root_fd)
{
	_cleanup_(registration_done) struct registration registration = { .id = look->registration,
		                                                          .since = look->now };
	int r = look->hints->arms ? arm(look, &registration) : 0;

	if (r == 0)
		r = registration_remember_at(look->ops->records, root_fd, look->parent,
		                             &registration, &look->records_fd);
	if (r == 1)
		r = registration_recall_at(look->ops->records, look->records_fd, &registration);
	if (r < 0)
		return r;
	registration_done(&look->noted);
	look->noted = registration;
	look->is_noted = registration.id == look->registration;
	registration = (struct registration){ 0 };
	return 0;
}

int survey_note(struct look *look, int root_fd)
{
	const struct survey_hints *hints = look->hints;
	int r;

	if (look->registration == 0 || look->is_noted || root_fd < 0 || !hints || !hints->noted)
		return 0;
	r = read_files(look);
	if (r < 0)
		return r;
	hints->noted(hints->userdata, look->parent, remember(look, root_fd));
	return 0;
}
