/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Unified diff by the longest common subsequence of lines. */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "shared/diff.h"

#define CONTEXT 3

/* With its newline, which the last line of a text may lack. */
struct line {
	const char *bytes;
	size_t n;
};

struct text {
	struct line *lines;
	size_t n;
};

/* Lines of the old text that give way to lines of the new one. */
struct change {
	size_t old_at, old_n;
	size_t new_at, new_n;
};

struct comparison {
	struct text old_text, new_text;
	uint16_t *common; /* for each pair of lines the common lines from there on */
	struct change *changes;
	size_t n_changes;
};

static void comparison_done(struct comparison *c)
{
	free(c->old_text.lines);
	free(c->new_text.lines);
	free(c->common);
	free(c->changes);
}

static size_t count_lines(const char *s)
{
	size_t n = 0;

	for (; *s; n++) {
		const char *end = strchr(s, '\n');

		s = end ? end + 1 : s + strlen(s);
	}
	return n;
}

static int split_lines(const char *s, struct text *ret)
{
	size_t n = count_lines(s);

	ret->lines = calloc(n + 1, sizeof(*ret->lines));
	if (!ret->lines)
		return -ENOMEM;
	for (ret->n = 0; ret->n < n; ret->n++) {
		const char *end = strchr(s, '\n');
		size_t len = end ? (size_t)(end + 1 - s) : strlen(s);

		ret->lines[ret->n] = (struct line){ .bytes = s, .n = len };
		s += len;
	}
	return 0;
}

static bool lines_equal(const struct comparison *c, size_t old_at, size_t new_at)
{
	const struct line *a = &c->old_text.lines[old_at], *b = &c->new_text.lines[new_at];

	return a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0;
}

/* What is left when the lines that both texts begin and end with are taken off. */
static struct change trim(const struct comparison *c)
{
	size_t old_end = c->old_text.n, new_end = c->new_text.n, at = 0;

	while (at < old_end && at < new_end && lines_equal(c, at, at))
		at++;
	while (old_end > at && new_end > at && lines_equal(c, old_end - 1, new_end - 1)) {
		old_end--;
		new_end--;
	}
	return (struct change){ at, old_end - at, at, new_end - at };
}

static uint16_t *common_at(const struct comparison *c, const struct change *range, size_t i,
                           size_t j)
{
	return &c->common[i * (range->new_n + 1) + j];
}

static int count_common(struct comparison *c, const struct change *range)
{
	c->common = calloc((range->old_n + 1) * (range->new_n + 1), sizeof(*c->common));
	if (!c->common)
		return -ENOMEM;
	for (size_t i = range->old_n; i-- > 0;)
		for (size_t j = range->new_n; j-- > 0;) {
			uint16_t down = *common_at(c, range, i + 1, j);
			uint16_t right = *common_at(c, range, i, j + 1);
			uint16_t both = *common_at(c, range, i + 1, j + 1);
			bool is_equal = lines_equal(c, range->old_at + i, range->new_at + j);

			*common_at(c, range, i, j) = is_equal        ? (uint16_t)(both + 1)
			                             : down >= right ? down
			                                             : right;
		}
	return 0;
}

/* Goes from (i, j) to the next pair of common lines or to the end. */
static struct change next_change(const struct comparison *c, const struct change *range, size_t i,
                                 size_t j)
{
	struct change change = { range->old_at + i, 0, range->new_at + j, 0 };

	while (i < range->old_n || j < range->new_n) {
		if (i < range->old_n && j < range->new_n &&
		    lines_equal(c, range->old_at + i, range->new_at + j))
			break;
		if (j == range->new_n ||
		    (i < range->old_n &&
		     *common_at(c, range, i + 1, j) >= *common_at(c, range, i, j + 1)))
			i++, change.old_n++;
		else
			j++, change.new_n++;
	}
	return change;
}

static void find_changes(struct comparison *c, const struct change *range)
{
	size_t i = 0, j = 0;

	while (i < range->old_n || j < range->new_n) {
		struct change change = next_change(c, range, i, j);

		i += change.old_n;
		j += change.new_n;
		if (change.old_n > 0 || change.new_n > 0) {
			c->changes[c->n_changes++] = change;
			continue;
		}
		i++;
		j++;
	}
}

static int compare(struct comparison *c)
{
	struct change range = trim(c);
	int r;

	if (range.old_n == 0 && range.new_n == 0)
		return 0;
	c->changes = calloc(range.old_n + range.new_n, sizeof(*c->changes));
	if (!c->changes)
		return -ENOMEM;
	if (range.old_n > DIFF_LINES_MAX || range.new_n > DIFF_LINES_MAX) {
		c->changes[c->n_changes++] = range;
		return 0;
	}
	r = count_common(c, &range);
	if (r < 0)
		return r;
	find_changes(c, &range);
	return 0;
}

/* ---- printing ----------------------------------------------------------------- */

static void add_lines(struct strbuf *out, char mark, const struct text *text, size_t from,
                      size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct line *line = &text->lines[i];

		strbuf_add_char(out, mark);
		strbuf_add(out, line->bytes, line->n);
		if (line->bytes[line->n - 1] != '\n')
			strbuf_add_str(out, "\n\\ No newline at end of file\n");
	}
}

/* An empty range is named by the line before it. */
static void add_range(struct strbuf *out, char mark, size_t from, size_t n)
{
	strbuf_addf(out, " %c%zu", mark, n > 0 ? from + 1 : from);
	if (n != 1)
		strbuf_addf(out, ",%zu", n);
}

/* Changes that are so near to each other that their contexts touch. */
static size_t hunk_end(const struct comparison *c, size_t first)
{
	size_t i = first + 1;

	while (i < c->n_changes &&
	       c->changes[i].old_at - c->changes[i - 1].old_at - c->changes[i - 1].old_n <=
	               2 * (size_t)CONTEXT)
		i++;
	return i;
}

static void add_hunk(struct strbuf *out, const struct comparison *c, size_t first, size_t end)
{
	const struct change *head = &c->changes[first], *tail = &c->changes[end - 1];
	size_t before = head->old_at < CONTEXT ? head->old_at : CONTEXT;
	size_t rest = c->old_text.n - tail->old_at - tail->old_n;
	size_t after = rest < CONTEXT ? rest : CONTEXT;
	size_t at = head->old_at - before;

	strbuf_add_str(out, "@@");
	add_range(out, '-', at, tail->old_at + tail->old_n + after - at);
	add_range(out, '+', head->new_at - before,
	          tail->new_at + tail->new_n + after - (head->new_at - before));
	strbuf_add_str(out, " @@\n");
	for (const struct change *change = head; change <= tail; change++) {
		add_lines(out, ' ', &c->old_text, at, change->old_at);
		at = change->old_at + change->old_n;
		add_lines(out, '-', &c->old_text, change->old_at, at);
		add_lines(out, '+', &c->new_text, change->new_at, change->new_at + change->new_n);
	}
	add_lines(out, ' ', &c->old_text, at, at + after);
}

int diff_unified(const char *old_name, const char *old_text, const char *new_name,
                 const char *new_text, struct strbuf *out)
{
	_cleanup_(comparison_done) struct comparison c = { 0 };
	int r;

	r = split_lines(old_text ? old_text : "", &c.old_text);
	if (r < 0)
		return r;
	r = split_lines(new_text ? new_text : "", &c.new_text);
	if (r < 0)
		return r;
	r = compare(&c);
	if (r < 0 || c.n_changes == 0)
		return r;
	strbuf_addf(out, "--- %s\n+++ %s\n", old_text ? old_name : "/dev/null",
	            new_text ? new_name : "/dev/null");
	for (size_t i = 0, end; i < c.n_changes; i = end) {
		end = hunk_end(&c, i);
		add_hunk(out, &c, i, end);
	}
	return strbuf_error(out);
}
