# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# Drivers that do not come back, and campaigns by the command line alone.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1) B=$(uuid 2) C=$(uuid 3)
TYPE=mdevmgr_test-a

record() {
	grep "^$2=" "/run/mdevmgr/parents/$1/$3" | cut -d = -f 2
}

check "the module loads" load_modules mdevmgr_test
mkdir -p /run/mdevmgr /etc/mdevmgr
printf '[Limits]\nCreateTimeoutSec=2\n' >/etc/mdevmgr/mdevmgr.conf
kmod "add p1 types=a,b instances=8"
sys_define p1 "$A" "$TYPE" auto
sys_define p1 "$B" "$TYPE" auto
sys_define p1 "$C" "$TYPE" manual

# one hangs, the other starts
kmod "hang p1 create $A"
expect_rc 0 "start-parent-mdevs with a driver that hangs" mdevctl start-parent-mdevs p1
like "$ERR" "the driver has not answered for 2 s" "it is told"
like "$ERR" "goes on waiting for it" "with the process"
is "$(record p1 phase "$A")" stuck "the record says so"
check "the other is active" sys_active "$B"
is "$(record p1 phase "$B")" "done" "its campaign is over"
expect_quiet "another one of the parent starts, no lock is held" mdevctl start -u "$C"
kmod "release p1"
wait_for 30 sys_active "$A"
wait_for_not 30 test -d "/proc/$(record p1 pid "$A")"
expect_quiet "it is finished" mdevctl start-parent-mdevs p1
is "$(record p1 phase "$A")" "done" "and over"
is "$(kmod_twice)" "" "nothing was made twice"

# udev's word
MDEVCTL_LOG=debug mdevctl stop -u "$C" 2>/tmp/log
MDEVCTL_LOG=debug mdevctl start -u "$C" 2>/tmp/log
is "$(cat /tmp/log)" "" "the kernel takes the event for udev"
is "$(record p1 phase "$C")" "done" "a start by hand is remembered"

# stopped stays stopped
expect_quiet "stop" mdevctl stop -u "$A"
expect_quiet "start-parent-mdevs starts nothing again" mdevctl start-parent-mdevs p1
check_not "stopped stays stopped" sys_active "$A"
kmod "unregister p1"
kmod "add p1 types=a"
expect_quiet "the next registration" mdevctl start-parent-mdevs p1
check "is another matter" sys_active "$A"
is "$(kmod_created p1 "$A")" "1:1 2:1" "made once in each"

forget_kmod
