/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Crypto adapters and domains of s390x. (Documentation/s390/vfio-ap.rst) */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/driver.h"

#define AP_NUMBER_MAX 256 /* adapters, and domains, of the architecture */

/* A set of adapter or domain numbers. */
struct ap_set {
	uint8_t has[AP_NUMBER_MAX];
};

/* Takes a hexadecimal number up to the end of its digits. */
static const char *read_hex(const char *p, struct ap_set *set)
{
	unsigned value = 0;
	const char *start = p;

	for (; *p && strchr("0123456789abcdef", *p); p++)
		value = (value * 16 + (unsigned)(*p <= '9' ? *p - '0' : *p - 'a' + 10)) & 0xffff;
	if (p > start && value < AP_NUMBER_MAX)
		set->has[value] = 1;
	return p;
}

/* "matrix" has a line "05.0047" for each queue; with adapters only "05.", with domains
 * only ".0047". */
static void read_matrix(const char *text, struct ap_set *adapters, struct ap_set *domains)
{
	for (const char *p = text; *p; p += *p == '\n') {
		p = read_hex(p, adapters);
		if (*p == '.')
			p = read_hex(p + 1, domains);
		p += strcspn(p, "\n");
	}
}

static int add_set(const struct ap_set *set, const char *attr, struct attrs *ret)
{
	for (unsigned i = 0; i < AP_NUMBER_MAX; i++) {
		char number[8];
		int n, r;

		if (!set->has[i])
			continue;
		/* Decimal, as s390-tools' ap-check answers: libvirt's tests read it so. */
		n = snprintf(number, sizeof(number), "%u", i);
		r = attrs_append(ret, attr, number, (size_t)n);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_attrs(int device_fd, struct attrs *ret)
{
	_cleanup_(strbuf_done) struct strbuf matrix = STRBUF_INIT, control = STRBUF_INIT;
	struct ap_set adapters = { 0 }, domains = { 0 }, controls = { 0 };
	_cleanup_(attrs_done) struct attrs attrs = { 0 };
	int r;

	r = sysfs_read(device_fd, "matrix", &matrix);
	if (r == 0)
		r = sysfs_read(device_fd, "control_domains", &control);
	if (r < 0)
		return r;
	read_matrix(strbuf_str(&matrix), &adapters, &domains);
	/* A line for each control domain, "0047". */
	read_matrix(strbuf_str(&control), &controls, &domains);
	r = add_set(&adapters, "assign_adapter", &attrs);
	if (r == 0)
		r = add_set(&domains, "assign_domain", &attrs);
	if (r == 0)
		r = add_set(&controls, "assign_control_domain", &attrs);
	if (r < 0)
		return r;
	*ret = attrs;
	attrs = (struct attrs){ 0 };
	return 0;
}

static const char *explain_attr(const char *attr, int r)
{
	if (r == -EINVAL && strcmp(attr, "ap_config") == 0)
		return "three masks with commas between them (adapters, domains, control domains), "
		       "each 0x and 64 hexadecimal digits";
	switch (-r) {
	case EADDRNOTAVAIL:
		return "the host keeps one of these queues; release adapter and domain in the AP "
		       "bus masks first (apmask, aqmask)";
	case EADDRINUSE:
		return "another matrix device has one of these queues; the kernel log names it";
	case ENODEV:
		return "the number is beyond what this machine has";
	case EINVAL:
		return "one number a write; a leading zero means octal to the kernel";
	default:
		return driver_generic.explain_attr(attr, r);
	}
}

static const char *explain_create(int r)
{
	return driver_generic.explain_create(r);
}

const struct driver driver_vfio_ap = {
	.name = "vfio-ap",
	.type = "vfio_ap-passthrough",
	.read_attrs = read_attrs,
	.explain_create = explain_create,
	.explain_attr = explain_attr,
};
