/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * record_parse(): what it understood, printed, is the same record; its texts are clean. The
 * same bytes as a registration: in order, and no more than was said. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/record-private.h"
#include "core/store.h"
#include "fuzz/fuzz.h"
#include "shared/utf8.h"

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void require_clean(const struct record *record)
{
	const char *reason = record->reason ? record->reason : "";

	fuzz_require(record->phase > CAMPAIGN_NONE && record->phase < _CAMPAIGN_PHASE_MAX);
	fuzz_require(record->registration > 0 && record->since >= 0 && record->next >= 0);
	fuzz_require(record->errnum >= 0 && record->pid >= 0);
	fuzz_require(!record->other || !store_parent_problem(record->other));
	fuzz_require(strlen(reason) <= RECORD_REASON_MAX);
	fuzz_require(utf8_is_valid(reason, strlen(reason)));
	for (; *reason; reason++)
		fuzz_require((unsigned char)*reason >= 0x20 && *reason != 0x7f);
}

static void require_round_trip(const struct record *first)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
	_cleanup_(record_done) struct record again = { 0 };

	strbuf_add_str(&text, "boot_id=\n");
	record_format(first, &text);
	fuzz_require(text.len <= RECORD_SIZE_MAX);
	fuzz_require(record_parse(text.data, "", &again) == 0);
	fuzz_require(again.phase == first->phase && again.registration == first->registration);
	fuzz_require(again.attempts == first->attempts && again.errnum == first->errnum);
	fuzz_require(again.written == first->written);
	fuzz_require(again.since == first->since && again.next == first->next);
	fuzz_require(again.definition == first->definition && again.pid == first->pid);
	fuzz_require(again.pid_start == first->pid_start);
	fuzz_require(again.is_stopped == first->is_stopped);
	fuzz_require(again.other_registration == first->other_registration);
	fuzz_require(is_same_text(again.other, first->other));
	fuzz_require(is_same_text(again.reason, first->reason));
}

static char *copy_text(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1);

	fuzz_require(text);
	memcpy(text, data, size);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = copy_text(data, size), *other = copy_text(data, size);
	_cleanup_(record_done) struct record record = { 0 };
	_cleanup_(registration_done) struct registration registration = { 0 };
	int r = record_parse(text, "", &record);

	fuzz_require(r == 0 || r == -ENOENT);
	if (r == 0) {
		require_clean(&record);
		require_round_trip(&record);
	}
	r = registration_parse(other, "", &registration);
	fuzz_require(r == 0 || r == -ENOENT);
	for (size_t i = 1; i < registration.n_armed; i++)
		fuzz_require(
			mdev_uuid_compare(&registration.armed[i - 1], &registration.armed[i]) <= 0);
	return 0;
}
