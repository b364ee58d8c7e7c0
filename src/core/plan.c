/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plans as data and as text. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/plan.h"
#include "shared/diff.h"
#include "shared/json.h"

static void step_done(struct plan_step *s)
{
	const char *owned[] = { s->parent, s->type, s->word, s->value, s->old_text, s->path };

	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		free((void *)owned[i]);
}

void plan_done(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		step_done(&p->steps[i]);
	free(p->steps);
	*p = (struct plan){ 0 };
}

static int copy_bytes(const char **text, size_t n)
{
	char *copy;

	if (!*text)
		return 0;
	copy = malloc(n + 1);
	if (copy) {
		memcpy(copy, *text, n);
		copy[n] = '\0';
	}
	*text = copy;
	return copy ? 0 : -ENOMEM;
}

static int copy_text(const char **text)
{
	return copy_bytes(text, *text ? strlen(*text) : 0);
}

static int plan_grow(struct plan *p)
{
	size_t size = p->size ? p->size * 2 : 8;
	struct plan_step *steps;

	if (p->n < p->size)
		return 0;
	steps = realloc(p->steps, size * sizeof(*steps));
	if (!steps)
		return -ENOMEM;
	p->steps = steps;
	p->size = size;
	return 0;
}

int plan_add(struct plan *p, const struct plan_step *step)
{
	struct plan_step s = *step;
	int r = plan_grow(p);

	if (r < 0)
		return r;
	/* Each pointer becomes a copy, or NULL; so all may be freed when one fails. */
	r |= copy_text(&s.parent);
	r |= copy_text(&s.type);
	r |= copy_text(&s.word);
	r |= copy_bytes(&s.value, s.value_len);
	r |= copy_text(&s.old_text);
	r |= copy_text(&s.path);
	if (r < 0) {
		step_done(&s);
		return -ENOMEM;
	}
	p->steps[p->n++] = s;
	return 0;
}

/* ---- text ---------------------------------------------------------------------- */

static bool asks_only(enum plan_step_kind kind)
{
	return kind == PLAN_ASK || kind == PLAN_NOTIFY;
}

static bool runs_callouts(enum plan_step_kind kind)
{
	return asks_only(kind) || kind == PLAN_ASK_LIVE || kind == PLAN_FETCH_ATTRIBUTES;
}

static void format_file(const struct plan_step *s, const char *what, struct strbuf *out)
{
	strbuf_addf(out, "%s %s\n", what, s->path);
	/* Only memory can be short, and the buffer remembers that. */
	if (diff_unified(s->path, s->old_text, s->path, s->value, out) < 0)
		out->error = -ENOMEM;
}

static void format_step(const struct plan_step *s, const char *uuid, struct strbuf *out)
{
	switch (s->kind) {
	case PLAN_ASK:
		strbuf_addf(out, "ask callouts for leave: %s of device %s\n", s->word, uuid);
		break;
	case PLAN_ASK_LIVE:
		strbuf_addf(out, "ask callouts to change the running device %s\n", uuid);
		break;
	case PLAN_FETCH_ATTRIBUTES:
		strbuf_addf(out, "read the attributes of the running device %s\n", uuid);
		break;
	case PLAN_CREATE:
		strbuf_addf(out, "create device %s of type %s on parent %s\n", uuid, s->type,
		            s->parent);
		break;
	case PLAN_SET_ATTRIBUTE:
		strbuf_addf(out, "set attribute %s of device %s to ", s->word, uuid);
		json_add_string(out, s->value, s->value_len);
		strbuf_add_char(out, '\n');
		break;
	case PLAN_REMOVE:
		strbuf_addf(out, "remove device %s from parent %s\n", uuid, s->parent);
		break;
	case PLAN_WRITE_DEFINITION:
		format_file(s, s->old_text ? "rewrite" : "write", out);
		break;
	case PLAN_DELETE_DEFINITION:
		format_file(s, "delete", out);
		break;
	case PLAN_NOTIFY:
		strbuf_addf(out, "tell callouts and notifiers the outcome: %s of device %s\n",
		            s->word, uuid);
		break;
	}
}

/* Notifiers stand in the same list, and hear of outcomes only. */
static bool is_run_by(const char *line, enum plan_step_kind kind)
{
	return kind == PLAN_NOTIFY || strncmp(line, "would notify ", strlen("would notify ")) != 0;
}

static void format_scripts(const char *scripts, enum plan_step_kind kind, struct strbuf *out)
{
	for (const char *line = scripts; *line; line += *line == '\n') {
		size_t n = strcspn(line, "\n");

		if (is_run_by(line, kind)) {
			strbuf_add_str(out, "  ");
			strbuf_add(out, line, n);
			strbuf_add_char(out, '\n');
		}
		line += n;
	}
}

void plan_format(const struct plan *p, const char *scripts, struct strbuf *out)
{
	for (size_t i = 0; i < p->n; i++) {
		char uuid[MDEV_UUID_TEXT_MAX];

		/* Without a script there is nobody to ask or tell. */
		if (asks_only(p->steps[i].kind) && *scripts == '\0')
			continue;
		mdev_uuid_format(&p->steps[i].uuid, uuid);
		format_step(&p->steps[i], uuid, out);
		if (runs_callouts(p->steps[i].kind))
			format_scripts(scripts, p->steps[i].kind, out);
	}
}
