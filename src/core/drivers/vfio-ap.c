/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Crypto adapters and domains of s390x. (Documentation/s390/vfio-ap.rst) */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/ap-guard.h"
#include "core/ap-live.h"
#include "core/ap-matrix.h"
#include "core/ap-show.h"
#include "core/driver.h"

static int read_attrs(int device_fd, struct attrs *ret)
{
	_cleanup_(attrs_done) struct attrs attrs = { 0 };
	struct ap_matrix m = { 0 };
	bool is_cut;
	int r = ap_live_read(device_fd, &m, &is_cut);

	if (r < 0)
		return r;
	/* Half of it would look like all of it. */
	if (is_cut)
		return -EFBIG;
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
	case EBUSY:
	case EAGAIN:
		return "the driver or the guest is busy with its queues; try again";
	case EPERM:
		return "before Linux 6.0 the matrix of a running guest cannot be changed";
	case EINVAL:
		return "one number a write; a leading zero means octal to the kernel";
	default:
		return driver_generic.explain_attr(attr, r);
	}
}

/* What the kernel would refuse at a start is refused here, before anything is written. */
static int wanted_matrix(const struct driver_device *device, const struct attrs *wanted,
                         struct ap_matrix *ret, struct error *err)
{
	struct ap_attrs_report report;
	const struct attr *bad;

	ap_matrix_from_attrs(wanted, ret, &report);
	if (report.bad >= wanted->n)
		return 0;
	bad = &wanted->items[report.bad];
	error_set(err, -EINVAL, "Failed to change the matrix of device %s", device->name);
	error_set_cause(err, "'%s' with value '%s' cannot be part of it", bad->name, bad->value);
	error_set_advice(err, "nothing was changed");
	return -EINVAL;
}

static int live(const struct driver_device *device, const struct attrs *wanted, struct error *err)
{
	struct ap_matrix m = { 0 };
	int r = wanted_matrix(device, wanted, &m, err);

	return r < 0 ? r : ap_live_apply(device, &m, err);
}

static int plan_live(const struct driver_device *device, const struct attrs *wanted,
                     struct attrs *ret, struct error *err)
{
	struct ap_matrix m = { 0 };
	int r = wanted_matrix(device, wanted, &m, err);

	return r < 0 ? r : ap_live_plan(device, &m, ret, err);
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
	.live = live,
	.plan_live = plan_live,
	.blame = ap_guard_blame,
};
