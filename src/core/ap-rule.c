/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * chzdev's rule for the AP bus: of a rules file the two assignments that matter. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ap-rule.h"

/* A stretch of the text. */
struct span {
	const char *p;
	size_t n;
};

static void skip(struct span *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static void skip_blanks(struct span *s)
{
	while (s->n > 0 && (*s->p == ' ' || *s->p == '\t'))
		skip(s, 1);
}

/* Takes what is before the delimiter, and the delimiter. */
static bool take_until(struct span *s, char delimiter, struct span *ret)
{
	const char *end = s->n > 0 ? memchr(s->p, delimiter, s->n) : NULL;

	if (!end)
		return false;
	*ret = (struct span){ s->p, (size_t)(end - s->p) };
	skip(s, ret->n + 1);
	return true;
}

static bool take_word(struct span *s, const char *word)
{
	size_t n = strlen(word);

	if (s->n < n || memcmp(s->p, word, n) != 0)
		return false;
	skip(s, n);
	return true;
}

static bool ends_with(const struct span *s, const char *end)
{
	size_t n = strlen(end);

	return s->n >= n && memcmp(s->p + s->n - n, end, n) == 0;
}

/* Takes ATTR{NAME}="VALUE", anything else up to the next comma. */
static bool take_assignment(struct span *line, struct span *name, struct span *value)
{
	struct span rest = *line, none;

	skip_blanks(&rest);
	if (take_word(&rest, "ATTR{") && take_until(&rest, '}', name)) {
		skip_blanks(&rest);
		if (take_word(&rest, "=")) {
			skip_blanks(&rest);
			if (take_word(&rest, "\"") && take_until(&rest, '"', value)) {
				*line = rest;
				return true;
			}
		}
	}
	if (!take_until(line, ',', &none))
		line->n = 0;
	return false;
}

static int read_mask(const struct span *value, bool *has, struct ap_set *set)
{
	int r = ap_set_parse_mask_n(value->p, value->n, set);

	if (r == 0)
		*has = true;
	return r;
}

static int read_line(struct span line, struct ap_rule *rule)
{
	struct span name, value;
	int r = 0;

	skip_blanks(&line);
	if (line.n > 0 && *line.p == '#')
		return 0;
	while (r == 0 && line.n > 0) {
		if (!take_assignment(&line, &name, &value))
			continue;
		if (ends_with(&name, "apmask"))
			r = read_mask(&value, &rule->has_adapters, &rule->masks.adapters);
		else if (ends_with(&name, "aqmask"))
			r = read_mask(&value, &rule->has_domains, &rule->masks.domains);
	}
	return r;
}

int ap_rule_parse(const char *text, size_t n, struct ap_rule *ret, unsigned *ret_line)
{
	struct span rest = { text, n }, line;
	struct ap_rule rule = { 0 };
	unsigned number = 0;
	int r = 0;

	while (r == 0 && rest.n > 0) {
		if (!take_until(&rest, '\n', &line)) {
			line = rest;
			rest.n = 0;
		}
		number++;
		r = read_line(line, &rule);
	}
	if (r < 0)
		*ret_line = number;
	else
		*ret = rule;
	return r;
}
