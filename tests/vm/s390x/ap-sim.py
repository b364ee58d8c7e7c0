#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ap-sim.py LINUX-TREE: give a test kernel simulated AP (crypto) adapters.

QEMU's software emulation has no AP instructions, so the real ap bus and the real vfio_ap
driver would find nothing to work on. Those instructions all sit in inline functions of
arch/s390/include/asm/ap.h. This replaces the functions' bodies by look-ups in a small table
of cards and domains (ap_sim.c, which is copied to arch/s390/kernel). Everything above them
stays the kernel's own: scan of the bus, masks, driver binding, the matrix device, conflicts,
resets, uevents.

What is simulated
  - cards 5, 6 and 10 with domains 4, 0x47 and 0xab, all nine queues there: CEX7 EP11;
    the control domains are 0 to 255;
  - other tables by the kernel's parameters ap_sim.cards= and ap_sim.doms=, or at run time:
    write comma-separated numbers to /sys/module/ap_sim/parameters/{cards,doms}, and "1" to
    /sys/bus/ap/scans, so that the bus looks at once;
  - resets (RAPQ, ZAPQ) and interrupt control (AQIC) succeed at once, and leave a queue
    empty; a queue that is not there answers "not available";
  - a queue takes no message and never has a reply.

For test kernels only. Knows the headers of 6.1 and 6.12; fails with a word where a newer
header has an AP instruction that it does not replace.
"""
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
HEADER = "arch/s390/include/asm/ap.h"

# Card type 13 (CEX7), EP11 mode, 4k keys, queue depth 8.
HWINFO = "0x24000000UL << 32 | 13UL << 24 | 7UL"
TAPQ = (
    "struct ap_queue_status status = ap_sim_status(qid, 0);\n\n"
    "\tif (info)\n\t\t%s = status.response_code ? 0 : (" + HWINFO + ");\n\treturn status;"
)
BODIES = {
    "ap_instructions_available": "return true;",
    "ap_qci": "ap_sim_qci(config);\n\treturn 0;",
    # AP_RESPONSE_REQ_FAC_NOT_INST, AP_RESPONSE_NO_PENDING_REPLY
    "ap_nqap": "return ap_sim_status(qid, 0x42);",
    "ap_dqap": "%sreturn ap_sim_status(qid, 0x10);",
}
PLAIN = "return ap_sim_status(qid, 0);"

FACILITIES = """
#include <linux/string.h>
#include <asm/facility.h>
/* 12: query AP configuration, 15: AP facilities test */
#define test_facility(nr) (((nr) == 12 || (nr) == 15) ? 1 : test_facility(nr))
"""
STATUS = """
struct ap_config_info;
extern bool ap_sim_has(unsigned int card, unsigned int dom);
extern void ap_sim_qci(struct ap_config_info *info);
static inline struct ap_queue_status ap_sim_status(ap_qid_t qid, unsigned int if_there)
{
	struct ap_queue_status status = { .queue_empty = 1, .response_code = if_there };

	if (!ap_sim_has(AP_QID_CARD(qid), AP_QID_QUEUE(qid)))
		status.response_code = 0x01;
	return status;
}
"""


def body(name, args):
    if name == "ap_tapq":
        return TAPQ % ("info->value" if "ap_tapq_hwinfo" in args else "*info")
    if name == "ap_dqap":
        outs = [a for a in ("length", "reslength", "resgr0") if re.search(rf"\*\s*{a}\b", args)]
        return BODIES[name] % "".join(f"if ({a})\n\t\t*{a} = 0;\n\t" for a in outs)
    return BODIES.get(name, PLAIN)


def replace_function(match):
    head, name, args, old = match.groups()
    if "asm volatile" not in old:
        return match.group(0)
    return f"{head}{name}({args})\n{{\n\t{body(name, args)}\n}}\n"


def after(text, anchor, addition):
    if text.count(anchor) != 1:
        sys.exit(f"ap-sim.py: {HEADER} is not as expected: {anchor!r}")
    return text.replace(anchor, anchor + addition)


def patch_header(text):
    new = re.sub(
        r"^(static inline [\w ]+?[ *])(ap_\w+)\(([^)]*)\)\n\{\n(.*?)^\}\n",
        replace_function, text, flags=re.M | re.S,
    )
    if "asm volatile" in new:
        sys.exit(f"ap-sim.py: {HEADER} has an AP instruction that is not replaced")
    new = after(new, "#include <asm/asm-extable.h>\n", FACILITIES)
    status = re.search(r"^struct ap_queue_status \{.*?^\};\n", new, flags=re.M | re.S)
    return after(new, status.group(0), STATUS)


def main(tree):
    header = os.path.join(tree, HEADER)
    with open(header, encoding="utf-8") as f:
        text = f.read()
    if "ap_sim_has" in text:
        return
    with open(header, "w", encoding="utf-8") as f:
        f.write(patch_header(text))
    kernel = os.path.join(tree, "arch/s390/kernel")
    shutil.copy(os.path.join(HERE, "ap_sim.c"), kernel)
    # Two fields of struct ap_config_info were renamed in between.
    na, nd = ("na", "nd") if " na;" in text else ("Na", "Nd")
    with open(os.path.join(kernel, "Makefile"), "a", encoding="utf-8") as f:
        f.write(f"\nobj-y += ap_sim.o\nCFLAGS_ap_sim.o += -DAP_SIM_NA={na} -DAP_SIM_ND={nd}\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: ap-sim.py LINUX-TREE")
    main(sys.argv[1])
