# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: systemd
# A driver that does not come back from create harms nobody else, and the daemon comes back
# at once when it is killed meanwhile.
# shellcheck shell=bash
# shellcheck source=tests/vm/lib-campaign.sh
. /tmp/lib-campaign.sh

A=$(uuid 1) B=$(uuid 2) C=$(uuid 3)

# answers DESC: the daemon's own process, within a time that no emulation explains.
answers() {
	local begin end

	begin=$(date +%s%N)
	if ! timeout 60 busctl call org.mdevmgr1 /org/mdevmgr1 org.freedesktop.DBus.Peer Ping >/dev/null 2>&1; then
		not_ok "$1"
		return
	fi
	end=$(date +%s%N)
	ok "$1"
	diag "after $(((end - begin) / 1000000)) ms"
}

has_bus_name() {
	busctl list --no-legend 2>/dev/null | grep -q '^org.mdevmgr1 .*mdevmgrd'
}

begin_campaigns
settings "[Limits]" "CreateTimeoutSec=2s"
check "the daemon starts" daemon_start
check "it takes its name on the bus" wait_for 60 has_bus_name
define_auto "$A" h1 alpha 1 beta 2
define_auto "$B" h1 alpha 1
define_auto "$C" h1
kmod "hang h1 $A"
for i in $(seq 20); do
	define_auto "$(uuid $((100 + i)))" "g$i" alpha "$i"
done
kmod "add h1"
check "a create hangs" wait_for 60 kmod_is h1 held_create 1
answers "the daemon answers"
for i in $(seq 20); do
	kmod "add g$i"
done
for i in $(seq 20); do
	wait_for 60 is_phase "g$i" "$(uuid $((100 + i)))" "done"
	is "$(kmod_created "g$i" "$(uuid $((100 + i)))")" "1:1" "device $i of another parent starts"
done
starts h1 "$B" "1:1" "another device of the same parent starts"
starts h1 "$C" "1:1" "and one more"
comes_to h1 "$A" stuck "the one that hangs is told as stuck"
is "$(kmod_parent h1 held_create)" 1 "its writer is still in the driver"
answers "the daemon answers"
expect_rc 0 "list does" mdevctl list
kmod "uevents h1 30"
settle

# killed while a child is stuck
begin=$(date +%s%N)
check "the daemon is killed and comes back" daemon_kill
end=$(date +%s%N)
diag "after $(((end - begin) / 1000000)) ms"
check "in less than any stop time-out" test $(((end - begin) / 1000000000)) -lt 60
check "it takes its name on the bus" wait_for 60 has_bus_name
answers "it answers"
settle
is "$(kmod_parent h1 attempts)" 3 "nothing is tried meanwhile"
for i in 1 2 3 4 5 6; do
	daemon_kill || not_ok "the daemon comes back for the ${i}th time"
done
is "$(kmod_parent h1 attempts)" 3 "still not"
begin=$(date +%s)
check "it is restarted" systemctl restart mdevmgrd.service
check "without waiting for the child" test $(($(date +%s) - begin)) -lt 60
wait_for 60 daemon_is_up
expect_quiet "a device of the parent can be stopped" mdevmgr stop -u "$C"

kmod "release h1"
starts h1 "$A" "1:1" "when the driver comes back the device is finished"
is "$(journal "$A")" "alpha beta" "with its attributes"
settle
check_not "what was stopped stays stopped" sys_active "$C"

# it comes back with an error
kmod "unregister h1"
kmod "set h1 create_errno=5 create_fail_first=1"
kmod "hang h1 $A"
kmod "add h1"
check "a create hangs" wait_for 60 kmod_is h1 held_create 1
comes_to h1 "$B" "done" "the next one starts"
comes_to h1 "$A" stuck "the one that hangs is stuck"
kmod "set h1 create_errno=5 create_fail_first=1"
kmod "release h1"
comes_to h1 "$A" "done" "it failed in the end: it is tried again"
like "$(kmod_created h1 "$A")." " 2:1." "and is created once"

# hang_again: in the next registration.
hang_again() {
	kmod "unregister h1"
	kmod "hang h1 $A"
	kmod "add h1"
	check "a create hangs" wait_for 60 kmod_is h1 held_create 1
}

# stop_fails DESC: A is not there, but its stop is remembered.
stop_fails() {
	expect_err 1 "not started automatically any more" "$1" mdevmgr stop -u "$A"
	check "... and it is remembered" grep -qx stopped=1 "$RECORDS/h1/$A"
}

# tries UUID: how often h1 was asked for it in its last registration.
tries() {
	awk -v uuid="$1" '$1 == "device" && $2 == "h1" && $4 == uuid { n = substr($5, length("attempts=") + 1) }
		END { print n }' "$KMOD"
}

# stopped while the driver keeps whoever makes it
hang_again
stop_fails "it cannot be stopped"
writer=$(sed -n 's/^pid=//p' "$RECORDS/h1/$A")
like "$ERR" "process $writer is inside the driver" "the process inside the driver is named"
check "... which is one" test -d "/proc/$writer"
like "$(mdevmgr status -u "$A")" " stuck " "it is told as stuck"
stop_fails "nor a second time"
check "the daemon is killed and comes back" daemon_kill
settle
check "the stop is still remembered" grep -qx stopped=1 "$RECORDS/h1/$A"
kmod "release h1"
comes_to h1 "$A" "done" "when the driver comes back it is over"
check_not "the device is gone" sys_active "$A"
check "its writer too" wait_for 60 test ! -e "/proc/$writer"
is "$(tries "$A")" 1 "it was tried once"
like "$(kmod_created h1 "$A")." " 3:1." "and was made"
like "$(cat "$RECORDS/h1/$A")" "; it has come all the same" "the record says so"
like "$(daemon_log)" "$A on h1 was stopped by somebody and stays stopped" "the journal too"
settle
check_not "it stays stopped" sys_active "$A"
check "another device of the parent is there" is_active "$B"

# ... and its create fails in the end
hang_again
stop_fails "it cannot be stopped"
comes_to h1 "$B" "done" "another one starts"
comes_to h1 "$C" "done" "and one more"
kmod "set h1 create_errno=5 create_fail_first=1"
kmod "release h1"
comes_to h1 "$A" "done" "it failed in the end: it is over"
settle
is "$(tries "$A")" 1 "it is not tried again"
check_not "and not there" sys_active "$A"

# ... whom nobody knows, since its worker was killed
hang_again
for pid in $(daemon_workers); do
	kill -9 "$pid"
done
stop_fails "it cannot be stopped"
kmod "release h1"
comes_to h1 "$A" "done" "when the driver comes back it is over"
check "the device goes" wait_for_not 60 sys_active "$A"
is "$(tries "$A")" 1 "it was tried once"

# ... and started again
hang_again
comes_to h1 "$A" stuck "it is stuck"
stop_fails "it cannot be stopped"
expect_err 1 "is being created" "it cannot be started either" mdevmgr start -u "$A"
check_not "but is wanted again" grep -q stopped "$RECORDS/h1/$A"
kmod "release h1"
comes_to h1 "$A" "done" "when the driver comes back it is finished"
check "it is there" is_active "$A"
is "$(journal "$A")" "alpha beta" "with its attributes"

# its parent wants to go
kmod "unregister h1"
kmod "hang h1 $A"
kmod "add h1"
check "a create hangs" wait_for 60 kmod_is h1 held_create 1
(kmod "remove h1") &
remove=$!
settle
check "the daemon works while the parent waits for it" daemon_is_up
kmod "release h1"
wait "$remove"
check "the parent is gone" test ! -e "$TEST_DEVICES/h1"
settle
kmod "add h1"
comes_to h1 "$A" "done" "the next registration starts it"
like "$(kmod_created h1 "$A")." " 8:1." "once"

end_campaigns
