# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# status, wait and retry without a daemon, against a kernel: parents that go, a device that the kernel still
# holds, and what is told of them.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1) B=$(uuid 2)
load_modules vfio_iommu_type1
make_holder /tmp/holder.pl
mkdir -p /run/mdevmgr

shown() {	# COLUMNS, OPTION...: what status shows
	mdevmgr status --noheadings -o "$@" 2>/dev/null | tr -s ' \n' ' '
}

sys_define mtty "$A" mtty-1 auto
is "$(shown state -u "$A")" "inactive " "a device that nobody started is inactive"
expect_rc 0 "status is content with that" mdevmgr status
like "$OUT" "1 defined, 1 inactive; mdevmgrd is not running" "and counts it"
expect_err 3 "Device $A on parent mtty is inactive" "wait says why in vain" mdevmgr wait -u "$A" --timeout 1

# It comes
(sleep 2 && sys_create "$B" mtty mtty-1) &
expect_rc 0 "wait ends when a device comes" mdevmgr wait -u "$B" --timeout 50
like "$ERR" "Device $B is neither defined nor active" "and had told that nobody knows it"
check "it is there" sys_active "$B"
expect_quiet "retry starts what is auto" mdevmgr retry
check "it is there" sys_active "$A"
is "$(shown state)" "active active " "both are active"
run mdevmgr status --json
like "$OUT" "\"uuid\": \"$A\"" "JSON has it"
is "$(shown state,attempts -u "$A")" "active 1 " "with one try"

# The kernel waits for the last user
rm -f "/tmp/held.$B"
perl /tmp/holder.pl device "$B" &
holder=$!
wait_for 20 test -s "/tmp/held.$B"
mdevmgr stop -u "$B" --in-use >/dev/null 2>&1
is "$(shown state -u "$B")" "stopping " "a device that its user still holds is stopping"
expect_err 3 "Device $B on parent mtty is stopping" "and not gone" mdevmgr wait -u "$B" --gone --timeout 1
(sleep 2 && kill -9 "$holder") &
expect_quiet "wait --gone ends when the kernel is done" mdevmgr wait -u "$B" --gone --timeout 50
check_not "its directory is gone" test -e "$SYS_PARENTS/mtty/$B"

# The parent goes and comes
rmmod mtty
is "$(shown state -u "$A")" "waiting-parent " "without its parent it waits for that"
expect_quiet "and is settled" mdevmgr wait --auto --settled --timeout 50
(sleep 2 && load_modules mtty && mdevmgr start-parent-mdevs mtty) &
expect_quiet "wait ends when the parent came and the device was started" \
	mdevmgr wait -p mtty --timeout 50
check "it is there" sys_active "$A"
