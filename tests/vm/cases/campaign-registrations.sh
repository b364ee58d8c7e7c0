# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# One registration of a parent gives one successful create of each auto device, and none
# after it; what the administrator stopped stays stopped until the next one.
# shellcheck shell=bash
# shellcheck source=tests/vm/lib-campaign.sh
. /tmp/lib-campaign.sh

A=$(uuid 1) B=$(uuid 2) C=$(uuid 3) D=$(uuid 4) E=$(uuid 5) F=$(uuid 6)

begin_campaigns
check "the daemon starts" daemon_start

# a parent that comes late
define_auto "$A" p1 alpha 1 beta 2 tuning/level 3
settle
kmod "add p1"
starts p1 "$A" "1:1" "a parent that comes late: its device starts"
is "$(journal "$A")" "alpha beta level" "with its attributes, in order"

# a type that comes with a later registration
definition "$B" p2 mdevmgr_test-late auto
kmod "add p2 types=a"
comes_to p2 "$B" no-type "a type that is not offered is waited for"
is "$(kmod_parent p2 attempts)" 0 "nothing was tried"
kmod "unregister p2"
kmod "add p2 types=a,late"
starts p2 "$B" "2:1" "the next registration offers it: it starts"

# a parent that flaps
define_auto "$C" p3 alpha 1
for i in $(seq 50); do
	kmod "add p3"
	sleep "0.$((RANDOM % 3))"
	if [ $((i % 2)) -eq 0 ]; then
		kmod "unregister p3"
	else
		kmod "remove p3"
	fi
done
kmod "add p3"
comes_to p3 "$C" "done" "a parent that came and went 50 times: its device runs"
check "... it is active" is_active "$C"
like "$(kmod_created p3 "$C") " "51:1 " "... and was created once in the last registration"
diag "$(kmod_created p3 "$C")"

# many events
kmod "uevents p1 30"
settle
is "$(kmod_created p1 "$A") $(kmod_parent p1 attempts)" "1:1 1" \
	"30 more registered events: nothing is tried again"
define_auto "$D" p4
kmod "hang p4"
kmod "add p4"
check "a create hangs" wait_for 60 kmod_is p4 held_create 1
kmod "uevents p4 30"
settle
kmod "release p4"
starts p4 "$D" "1:1" "30 more while the create hangs: it starts"
is "$(kmod_parent p4 attempts)" 1 "and was tried once"

# stopped by the administrator
expect_quiet "stop" mdevmgr stop -u "$A"
echo 1 >"$SYS_BUS/$C/remove"
settle
kmod "uevents p1 3"
kmod "uevents p3 3"
settle
check_not "what mdevmgr stopped stays stopped" sys_active "$A"
check_not "and what somebody removed through sysfs" sys_active "$C"
expect_quiet "modify the stopped one" mdevmgr modify -u "$A" --addattr=gamma --value=4
define_auto "$C" p3 alpha 2
settle
check_not "a change does not start it" sys_active "$A"
check_not "by whomever" sys_active "$C"
expect_quiet "turn it manual" mdevmgr modify -u "$A" --manual
expect_quiet "and auto" mdevmgr modify -u "$A" --auto
settle
check_not "that does not start it either" sys_active "$A"
check "the daemon is killed and comes back" daemon_kill
settle
check_not "it still does not start it" sys_active "$A"
check_not "nor the other" sys_active "$C"
kmod "unregister p1"
kmod "add p1"
starts p1 "$A" "1:1 2:1" "the next registration starts it"
is "$(journal "$A")" "alpha beta level gamma" "as it is defined now"
kmod "remove p3"
kmod "add p3"
comes_to p3 "$C" "done" "and the other"
check "... it is active" is_active "$C"

# started (the one second create that there shall be) and stopped by hand, with and without
# the daemon
expect_quiet "stop" mdevmgr stop -u "$A"
expect_quiet "start" mdevmgr start -u "$A"
expect_quiet "stop again" mdevmgr stop -u "$A"
settle
check_not "it stays stopped" sys_active "$A"
daemon_stop
kmod "unregister p1"
kmod "add p1"
expect_quiet "start while there is no daemon" mdevmgr start -u "$A"
expect_quiet "stop" mdevmgr stop -u "$A"
check "the daemon comes" daemon_start
settle
check_not "what was stopped while it was away stays stopped" sys_active "$A"
kmod "unregister p4"
daemon_stop
kmod "add p4"
check "the daemon comes" daemon_start
starts p4 "$D" "1:1 2:1" "a parent that registered while it was away: its device starts"

# auto is about the next registration
define_auto "$E" p4
expect_quiet "define" mdevmgr define -u "$F" -p p4 -t "$TEST_TYPE" --auto
settle
is "$(kmod_created p4 "$E")$(kmod_created p4 "$F")" "" "definitions that become auto start nothing"
kmod "unregister p4"
kmod "add p4"
starts p4 "$E" "3:1" "until the next registration"
starts p4 "$F" "3:1" "both"

TWICE="device p1 2 $A attempts=2 created=2 removed=2"
end_campaigns
