/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Crypto adapters and domains of s390x. (Documentation/s390/vfio-ap.rst) */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ap-guard.h"
#include "core/ap-matrix.h"
#include "core/ap-show.h"
#include "core/driver.h"

static int read_attrs(int device_fd, struct attrs *ret)
{
	_cleanup_(strbuf_done) struct strbuf matrix = STRBUF_INIT, control = STRBUF_INIT;
	_cleanup_(attrs_done) struct attrs attrs = { 0 };
	struct ap_matrix m;
	int r;

	r = sysfs_read(device_fd, "matrix", &matrix);
	if (r == 0)
		r = sysfs_read(device_fd, "control_domains", &control);
	if (r < 0)
		return r;
	ap_matrix_from_sysfs(strbuf_str(&matrix), strbuf_str(&control), &m);
	r = ap_matrix_to_attrs(&m, &attrs);
	if (r < 0)
		return r;
	*ret = attrs;
	attrs = (struct attrs){ 0 };
	return 0;
}

static int set_matrix(const char *text, struct attrs *attrs, struct error *err)
{
	_cleanup_(attrs_done) struct attrs matrix = { 0 };
	size_t at = attrs->n;
	struct ap_matrix m;
	int r = ap_matrix_parse(text, &m, err);

	if (r == 0)
		r = ap_matrix_to_attrs(&m, &matrix);
	for (size_t i = attrs->n; r == 0 && i-- > 0;) {
		if (!ap_matrix_has_attr(attrs->items[i].name))
			continue;
		r = attrs_remove(attrs, i);
		at = i;
	}
	for (size_t i = 0; r == 0 && i < matrix.n; i++)
		r = attrs_insert(attrs, at + i, matrix.items[i].name, matrix.items[i].value,
		                 matrix.items[i].value_len);
	return r;
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
	.has_ap_lock = true,
	.read_attrs = read_attrs,
	.show = ap_show_device,
	.check = ap_guard_change,
	.set_matrix = set_matrix,
	.explain_create = explain_create,
	.explain_attr = explain_attr,
};
