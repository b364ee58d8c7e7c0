/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A crypto matrix and its texts. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/ap-matrix.h"

bool ap_matrix_equal(const struct ap_matrix *a, const struct ap_matrix *b)
{
	return ap_set_equal(&a->adapters, &b->adapters) && ap_set_equal(&a->domains, &b->domains) &&
	       ap_set_equal(&a->controls, &b->controls);
}

bool ap_matrix_is_empty(const struct ap_matrix *m)
{
	return ap_set_is_empty(&m->adapters) && ap_set_is_empty(&m->domains) &&
	       ap_set_is_empty(&m->controls);
}

static int refuse_form(const char *text, struct error *err)
{
	error_set(err, -EINVAL, "'%.64s' is not a matrix", text);
	error_set_advice(err, "ADAPTERS:DOMAINS, or with control domains ADAPTERS:DOMAINS:CONTROL, "
	                      "such as 5,6:4,0xab");
	return -EINVAL;
}

/* Takes the list up to the colon or the end; *p stands behind it afterwards. */
static int take_list(const char **p, struct ap_set *ret, struct error *err)
{
	size_t len = strcspn(*p, ":");
	_cleanup_(freep) char *list = strndup(*p, len);

	if (!list)
		return -ENOMEM;
	*p += len;
	return ap_set_parse(list, ret, err);
}

int ap_matrix_parse(const char *text, struct ap_matrix *ret, struct error *err)
{
	struct ap_matrix m = { 0 };
	struct ap_set *const parts[] = { &m.adapters, &m.domains, &m.controls };
	const char *p = text;
	size_t n = 0;

	for (;;) {
		int r = take_list(&p, parts[n], err);

		if (r < 0)
			return r;
		n++;
		if (*p == '\0' || n == ARRAY_SIZE(parts))
			break;
		p++;
	}
	if (*p != '\0' || n < 2 || ap_matrix_is_empty(&m))
		return refuse_form(text, err);
	*ret = m;
	return 0;
}

void ap_matrix_print(const struct ap_matrix *m, struct strbuf *out)
{
	ap_set_print_list(&m->adapters, out);
	strbuf_add_char(out, ':');
	ap_set_print_list(&m->domains, out);
	if (ap_set_is_empty(&m->controls))
		return;
	strbuf_add_char(out, ':');
	ap_set_print_list(&m->controls, out);
}

/* The attributes of one number each, by the place of their set in the matrix. */
static const struct number_attr {
	const char *name;
	size_t set;
	bool takes_out;
} number_attrs[] = {
	{ "assign_adapter", offsetof(struct ap_matrix, adapters), false },
	{ "assign_domain", offsetof(struct ap_matrix, domains), false },
	{ "assign_control_domain", offsetof(struct ap_matrix, controls), false },
	{ "unassign_adapter", offsetof(struct ap_matrix, adapters), true },
	{ "unassign_domain", offsetof(struct ap_matrix, domains), true },
	{ "unassign_control_domain", offsetof(struct ap_matrix, controls), true },
};

static const struct number_attr *find_number_attr(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(number_attrs); i++)
		if (strcmp(number_attrs[i].name, name) == 0)
			return &number_attrs[i];
	return NULL;
}

bool ap_matrix_has_attr(const char *name)
{
	return strcmp(name, "ap_config") == 0 || find_number_attr(name);
}

/* Does what a write of the attribute would do. */
static int apply_attr(const struct attr *attr, struct ap_matrix *m, enum ap_notation *notation)
{
	const struct number_attr *known = find_number_attr(attr->name);
	struct ap_set *set;
	unsigned int number;
	int r;

	*notation = AP_NOTATION_PLAIN;
	/* Nothing of the kernel's takes a NUL byte and goes on behind it. */
	if (strlen(attr->value) != attr->value_len)
		return -EINVAL;
	if (strcmp(attr->name, "ap_config") == 0)
		return ap_matrix_parse_config(attr->value, m);
	if (!known)
		return -EINVAL;
	r = ap_number_parse(attr->value, &number, notation);
	if (r < 0)
		return r;
	set = (struct ap_set *)(void *)((char *)m + known->set);
	if (known->takes_out)
		ap_set_remove(set, number);
	else
		ap_set_add(set, number);
	return 0;
}

void ap_matrix_from_attrs(const struct attrs *attrs, struct ap_matrix *ret,
                          struct ap_attrs_report *ret_report)
{
	struct ap_attrs_report report = { .bad = attrs->n, .octal = attrs->n };
	struct ap_matrix m = { 0 };

	for (size_t i = 0; i < attrs->n; i++) {
		enum ap_notation notation;
		int r = apply_attr(&attrs->items[i], &m, &notation);

		if (r < 0 && report.bad == attrs->n)
			report.bad = i;
		if (notation == AP_NOTATION_OCTAL && report.octal == attrs->n)
			report.octal = i;
	}
	*ret = m;
	if (ret_report)
		*ret_report = report;
}

static int append_set(const struct ap_set *set, const char *attr, struct attrs *attrs)
{
	AP_SET_FOREACH(number, set)
	{
		char text[8];
		int n = snprintf(text, sizeof(text), "%u", number);
		int r = attrs_append(attrs, attr, text, (size_t)n);

		if (r < 0)
			return r;
	}
	return 0;
}

int ap_matrix_to_attrs(const struct ap_matrix *m, struct attrs *attrs)
{
	int r = append_set(&m->adapters, "assign_adapter", attrs);

	if (r == 0)
		r = append_set(&m->domains, "assign_domain", attrs);
	if (r == 0)
		r = append_set(&m->controls, "assign_control_domain", attrs);
	return r;
}

/* Takes up to four lower case digits, as the kernel prints numbers. False if there is
 * none, or what they say is too much. */
static bool take_hex(const char **p, unsigned int *ret)
{
	size_t len = strspn(*p, "0123456789abcdef");

	if (len == 0 || len > 4 || sscanf(*p, "%4x", ret) != 1 || *ret >= AP_NUMBERS)
		return false;
	*p += len;
	return true;
}

/* A line "05.0047", "05." or ".0047". */
static void read_queue_line(const char *p, struct ap_matrix *m)
{
	unsigned int adapter = AP_NUMBERS, domain = AP_NUMBERS;

	if (*p != '.' && !take_hex(&p, &adapter))
		return;
	if (*p++ != '.' || (*p != '\n' && *p != '\0' && !take_hex(&p, &domain)))
		return;
	if (*p != '\n' && *p != '\0')
		return;
	ap_set_add(&m->adapters, adapter);
	ap_set_add(&m->domains, domain);
}

/* A line "0047". */
static void read_control_line(const char *p, struct ap_matrix *m)
{
	unsigned int domain;

	if (take_hex(&p, &domain) && (*p == '\n' || *p == '\0'))
		ap_set_add(&m->controls, domain);
}

static void read_lines(const char *p, void (*read_line)(const char *p, struct ap_matrix *m),
                       struct ap_matrix *m)
{
	for (; *p; p += *p == '\n') {
		read_line(p, m);
		p += strcspn(p, "\n");
	}
}

void ap_matrix_from_sysfs(const char *matrix, const char *control_domains, struct ap_matrix *ret)
{
	*ret = (struct ap_matrix){ 0 };
	read_lines(matrix, read_queue_line, ret);
	read_lines(control_domains, read_control_line, ret);
}

int ap_matrix_parse_config(const char *text, struct ap_matrix *ret)
{
	struct ap_matrix m = { 0 };
	struct ap_set *const parts[] = { &m.adapters, &m.domains, &m.controls };
	const char *p = text;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		size_t len = strcspn(p, ",\n");
		int r = ap_set_parse_mask_n(p, len, parts[i]);

		if (r < 0)
			return r;
		p += len;
		if (i + 1 < ARRAY_SIZE(parts) && *p++ != ',')
			return -EINVAL;
	}
	p += *p == '\n';
	if (*p != '\0')
		return -EINVAL;
	*ret = m;
	return 0;
}

void ap_matrix_print_config(const struct ap_matrix *m, char ret[static AP_CONFIG_TEXT_MAX])
{
	char adapters[AP_MASK_TEXT_MAX], domains[AP_MASK_TEXT_MAX], controls[AP_MASK_TEXT_MAX];

	ap_set_print_mask(&m->adapters, adapters);
	ap_set_print_mask(&m->domains, domains);
	ap_set_print_mask(&m->controls, controls);
	snprintf(ret, AP_CONFIG_TEXT_MAX, "%s,%s,%s", adapters, domains, controls);
}

struct ap_matrix ap_matrix_common(const struct ap_matrix *a, const struct ap_matrix *b)
{
	return (struct ap_matrix){
		.adapters = ap_set_intersect(&a->adapters, &b->adapters),
		.domains = ap_set_intersect(&a->domains, &b->domains),
	};
}

bool ap_matrix_has_no_queue(const struct ap_matrix *m)
{
	return ap_set_is_empty(&m->adapters) || ap_set_is_empty(&m->domains);
}

bool ap_matrix_first_queue(const struct ap_matrix *m, struct ap_queue *queue)
{
	queue->adapter = ap_set_next(&m->adapters, 0);
	queue->domain = ap_set_next(&m->domains, 0);
	return !ap_matrix_has_no_queue(m);
}

bool ap_matrix_next_queue(const struct ap_matrix *m, struct ap_queue *queue)
{
	queue->domain = ap_set_next(&m->domains, queue->domain + 1);
	if (queue->domain < AP_NUMBERS)
		return true;
	queue->domain = ap_set_next(&m->domains, 0);
	queue->adapter = ap_set_next(&m->adapters, queue->adapter + 1);
	return queue->adapter < AP_NUMBERS;
}

void ap_queue_format(const struct ap_queue *queue, char ret[static AP_QUEUE_TEXT_MAX])
{
	snprintf(ret, AP_QUEUE_TEXT_MAX, "%02x.%04x", queue->adapter & 0xff, queue->domain & 0xff);
}

int ap_queue_parse(const char *text, struct ap_queue *ret)
{
	struct ap_queue queue;
	const char *p = text;

	if (!take_hex(&p, &queue.adapter) || *p++ != '.' || !take_hex(&p, &queue.domain) ||
	    *p != '\0')
		return -EINVAL;
	*ret = queue;
	return 0;
}
