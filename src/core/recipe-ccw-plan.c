/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recipes for subchannels: from what is there to the steps. Offline comes first and unbind
 * later: io_subchannel's remove takes an online device away under whoever uses it. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ops-private.h"
#include "core/recipe-ccw-private.h"

#define TEXT_MAX 160

/* A disk writes out what it has cached, and recovery may be going on. */
#define OFFLINE_MS 60000
#define VISIBLE_MS 15000
#define STEP_MS    10000

/* For a device that comes up by itself; one that does not work, or that somebody set offline,
 * never will. */
#define COME_UP_MS 3000

struct planning {
	const struct recipe *recipe;
	const struct ccw_facts *facts;
	char device[BUSID_TEXT_MAX];
	char subchannel[BUSID_TEXT_MAX];
	struct recipe_plan *plan;
};

/* ---- single steps ------------------------------------------------------------------------- */

static int add_override(const struct planning *p, const char *driver)
{
	char target[TEXT_MAX], what[TEXT_MAX];
	const struct recipe_step step = { .kind = RECIPE_STEP_WRITE,
		                          .target = target,
		                          .value = driver ? driver : "\n",
		                          .what = what,
		                          .goal = driver ? CCW_GOAL_OVERRIDE : CCW_GOAL_NO_OVERRIDE,
		                          .limit_ms = STEP_MS };

	snprintf(target, sizeof(target), CCW_SUBCHANNELS "/%s/driver_override", p->subchannel);
	if (driver)
		snprintf(what, sizeof(what), "let only %.64s drive subchannel %s", driver,
		         p->subchannel);
	else
		snprintf(what, sizeof(what), "let any driver drive subchannel %s", p->subchannel);
	return recipe_plan_add(p->plan, &step);
}

static int add_unbind(const struct planning *p, const char *driver, enum ccw_goal goal)
{
	char target[TEXT_MAX], what[TEXT_MAX];
	const struct recipe_step step = { .kind = RECIPE_STEP_WRITE,
		                          .target = target,
		                          .value = p->subchannel,
		                          .what = what,
		                          .goal = (int)goal,
		                          .limit_ms = STEP_MS };

	snprintf(target, sizeof(target), "bus/css/drivers/%.64s/unbind", driver);
	snprintf(what, sizeof(what), "take subchannel %s from driver %.64s", p->subchannel, driver);
	return recipe_plan_add(p->plan, &step);
}

static int add_probe(const struct planning *p, enum ccw_goal goal, const char *driver)
{
	char what[TEXT_MAX];
	const struct recipe_step step = { .kind = RECIPE_STEP_WRITE,
		                          .target = "bus/css/drivers_probe",
		                          .value = p->subchannel,
		                          .what = what,
		                          .goal = (int)goal,
		                          .limit_ms = STEP_MS };

	snprintf(what, sizeof(what), "give subchannel %s to %.64s", p->subchannel, driver);
	return recipe_plan_add(p->plan, &step);
}

static int add_module(const struct planning *p)
{
	char what[TEXT_MAX];
	const struct recipe_step step = { .kind = RECIPE_STEP_MODULE,
		                          .target = p->recipe->ccw.driver,
		                          .what = what,
		                          .goal = CCW_GOAL_MODULE,
		                          .limit_ms = STEP_MS };

	snprintf(what, sizeof(what), "load driver %.64s", p->recipe->ccw.driver);
	return recipe_plan_add(p->plan, &step);
}

/* The kernel falls over a device that is gone when its subchannel is unbound while the host's
 * driver comes up with it: while io_subchannel looks what the device is, and while virtio_ccw
 * sets it online behind our back (an oops in cio_start_key(), Linux 6.1). */
static int add_settle(const struct planning *p, enum ccw_goal goal)
{
	char what[TEXT_MAX];
	const struct recipe_step step = {
		.kind = RECIPE_STEP_SETTLE, .what = what, .goal = (int)goal, .limit_ms = COME_UP_MS
	};

	snprintf(what, sizeof(what), "wait until the host's driver has come up with device %s",
	         p->device);
	return recipe_plan_add(p->plan, &step);
}

static int add_offline(const struct planning *p)
{
	char target[TEXT_MAX], what[TEXT_MAX];
	const struct recipe_step step = { .kind = RECIPE_STEP_WRITE,
		                          .target = target,
		                          .value = "0",
		                          .what = what,
		                          .goal = CCW_GOAL_OFFLINE,
		                          .limit_ms = OFFLINE_MS,
		                          .retry_on_again = true };

	snprintf(target, sizeof(target), CCW_DEVICES "/%s/online", p->device);
	snprintf(what, sizeof(what), "set device %s offline", p->device);
	return recipe_plan_add(p->plan, &step);
}

static int add_free(const struct planning *p)
{
	char value[TEXT_MAX], what[TEXT_MAX];
	const struct recipe_step step = { .kind = RECIPE_STEP_WRITE_PROC,
		                          .target = "cio_ignore",
		                          .value = value,
		                          .what = what,
		                          .goal = CCW_GOAL_VISIBLE,
		                          .limit_ms = VISIBLE_MS };

	snprintf(value, sizeof(value), "free %s", p->device);
	snprintf(what, sizeof(what), "let the kernel see device %s", p->device);
	/* Who drives it then is another question. */
	p->plan->is_partial = true;
	return recipe_plan_add(p->plan, &step);
}

/* ---- to the recipe's driver ----------------------------------------------------------------- */

/* Offline, and not about to come online. */
static int plan_offline(const struct planning *p)
{
	const struct ccw_facts *f = p->facts;
	const char *driver = f->subchannel.driver;
	int r = 0;

	if (!f->device.is_there)
		return ccw_is_driver(driver, "io_subchannel") ? add_settle(p, CCW_GOAL_THERE) : 0;
	if (f->device.online == 0 && !ccw_device_comes_online(&f->device))
		return 0;
	if (f->device.online == 0)
		r = add_settle(p, CCW_GOAL_ONLINE);
	return r < 0 ? r : add_offline(p);
}

static int plan_take(const struct planning *p)
{
	const struct ccw_facts *f = p->facts;
	const char *driver = p->recipe->ccw.driver;
	int r = f->has_driver ? 0 : add_module(p);

	if (r == 0 && !f->is_ours)
		r = plan_offline(p);
	if (r == 0 && !f->subchannel.override)
		r = add_override(p, driver);
	if (r == 0 && f->subchannel.driver && !f->is_ours)
		r = add_unbind(p, f->subchannel.driver, CCW_GOAL_LEFT_HOST);
	return r < 0 ? r : add_probe(p, CCW_GOAL_READY, driver);
}

static int refuse(const struct planning *p, const struct recipe_look *look, int r,
                  const char *advice, struct error *err)
{
	error_set(err, r, "Parent %s cannot be set up", p->device);
	error_set_cause(err, "%s", look->reason ? look->reason : recipe_state_name(look->state));
	if (look->advice || advice)
		error_set_advice(err, "%s", look->advice ? look->advice : advice);
	if (look->state == RECIPE_IN_USE)
		error_set_kind(err, ERROR_IN_USE);
	return r;
}

static int plan_apply(const struct planning *p, const struct recipe_look *look, struct error *err)
{
	switch (look->state) {
	case RECIPE_READY:
		return 0;
	case RECIPE_HIDDEN:
		return add_free(p);
	case RECIPE_HOST:
	case RECIPE_PARTIAL:
		if (p->facts->use == CCW_USE_UNKNOWN)
			return refuse(p, look, -EBUSY,
			              "set the device offline by 'chccwdev -d' if nobody uses it",
			              err);
		return plan_take(p);
	case RECIPE_ABSENT:
		return refuse(p, look, -ENODEV, "it is set up when the device comes", err);
	case RECIPE_IN_USE:
		return refuse(p, look, -EBUSY, "end that use first", err);
	case RECIPE_FOREIGN:
		return refuse(p, look, -EPERM, NULL, err);
	case RECIPE_FAILED:
	case _RECIPE_STATE_MAX:
		break;
	}
	return refuse(p, look, -ENXIO, NULL, err);
}

/* ---- and back ---------------------------------------------------------------------------------- */

static int refuse_release(const struct planning *p, struct error *err)
{
	error_set(err, -EBUSY, "Parent %s cannot be released", p->device);
	error_set_cause(err, "device %s is on subchannel %s", p->facts->mdev, p->subchannel);
	error_set_advice(err, "stop it first: mdevmgr stop -u %s", p->facts->mdev);
	error_set_kind(err, ERROR_IN_USE);
	return -EBUSY;
}

static int remark_driverctl(const struct planning *p)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	if (!p->facts->driverctl || p->plan->n == 0)
		return 0;
	strbuf_addf(&text,
	            "driverctl has the same setting, and makes it again when the subchannel comes "
	            "('driverctl -b css unset-override %s' ends that)",
	            p->subchannel);
	p->plan->remarks = strbuf_take(&text);
	return p->plan->remarks ? 0 : -ENOMEM;
}

/* It may be another device that the host gets. */
static int remark_left(const struct planning *p)
{
	_cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "no subchannel carries the device; ");
	ccw_left_text(p->recipe, p->facts, &text);
	p->plan->remarks = strbuf_take(&text);
	return p->plan->remarks ? 0 : -ENOMEM;
}

static int plan_release(const struct planning *p, struct error *err)
{
	const struct ccw_facts *f = p->facts;
	const char *override = f->subchannel.override, *driver = p->recipe->ccw.driver;
	bool is_set = ccw_is_driver(override, driver);
	int r = 0;

	/* What is another's is not for us to take back. */
	if (!(f->has_subchannel || f->is_left) || (override && !is_set))
		return 0;
	if (f->is_ours && f->mdev)
		return refuse_release(p, err);
	if (is_set)
		r = add_override(p, NULL);
	if (r == 0 && f->is_ours)
		r = add_unbind(p, driver, CCW_GOAL_LEFT_DRIVER);
	if (r == 0 && (f->is_ours || !f->subchannel.driver))
		r = add_probe(p, CCW_GOAL_HOST, "the host");
	if (r < 0)
		return r;
	return f->is_left ? remark_left(p) : remark_driverctl(p);
}

int ccw_plan(const struct recipe *r, const struct recipe_look *look, bool release,
             struct recipe_plan *ret, struct error *err)
{
	struct planning p = { .recipe = r, .facts = look->facts, .plan = ret };
	int r2;

	busid_format(&r->ccw.device, p.device);
	busid_format(&p.facts->subchannel.id, p.subchannel);
	r2 = release ? plan_release(&p, err) : plan_apply(&p, look, err);
	return ops_result(r2, err);
}
