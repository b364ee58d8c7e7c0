# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# The worker is killed at each of its steps: the device is there in the end, with all of its
# attributes, and was created once.
# shellcheck shell=bash
# shellcheck source=tests/vm/lib-campaign.sh
. /tmp/lib-campaign.sh

A=$(uuid 1) M=$(uuid 2)

# whole DESC: the device is as defined, and registration N created it once.
whole() {
	comes_to p1 "$A" "done" "$1: the device starts"
	check "... it is active" is_active "$A"
	like "$(kmod_created p1 "$A")." " $N:1." "... created once"
	is "$(cat "$SYS_BUS/$A"/{alpha,beta,gamma} 2>&1)" "1
2
3" "... its attributes are written"
	like "$(callouts_of "$A")." "post." "... the post script was called last"
}

# again: the next registration.
again() {
	: >/tmp/callouts
	kmod "unregister p1"
	kmod "add p1"
	N=$(kmod_parent p1 registrations)
}

begin_campaigns
install_holder
check "the daemon starts" daemon_start
define_auto "$A" p1 alpha 1 beta 2 gamma 3
definition "$M" p1 "$TEST_TYPE" manual
kmod "add p1"
comes_to p1 "$A" "done" "it starts without anybody killing"

# while it waits for the parent's lock, which a start by hand holds
hold_at pre "$M"
mdevmgr start -u "$M" 2>/dev/null &
by_hand=$!
held_at pre "$M" "a start by hand holds the lock"
again
check "a worker waits for it" wait_for 60 daemon_workers
kill -9 "$(daemon_workers | head -n 1)"
let_go pre "$M"
wait "$by_hand"
whole "killed before the lock"

# in callouts
for event in pre post; do
	hold_at "$event" "$A"
	again
	held_at "$event" "$A" "the worker is in the $event script"
	kill -9 "$WORKER"
	let_go "$event" "$A"
	whole "killed in the $event script"
done

# in the driver
kmod "hang p1 create $A"
again
check "a create hangs" wait_for 60 kmod_is p1 held_create 1
for pid in $(daemon_workers); do
	kill -9 "$pid"
done
settle
kmod "release p1"
whole "killed while create hangs"
kmod "hang p1 attribute"
again
check "an attribute hangs" wait_for 60 kmod_is p1 held_attribute 1
for pid in $(daemon_workers); do
	kill -9 "$pid"
done
kmod "release p1"
whole "killed while it writes an attribute"

# The writer comes to its work when its worker is dead, and the next one has already seen
# that there is no device. strace stops it, and must be gone when the worker dies: sd-event
# in the daemon does not hear of the death of a child that is traced.
has_stopped() {
	grep -q -e '--- stopped by SIGSTOP ---' /tmp/strace.out
}
is_waiting() {	# PID: it sleeps
	[ "$(awk '{ print $3 }' "/proc/$1/stat")" = S ]
}
# One that has served a registration already has its writer, which strace would not see.
check "no worker is left" wait_for_not 60 daemon_workers
hold_at pre "$A"
again
held_at pre "$A" "the worker is in the pre script"
first=$WORKER
: >/tmp/strace.out
strace -f -o /tmp/strace.out -e trace=recvmsg -e inject=recvmsg:signal=SIGSTOP:when=1 \
	-p "$first" 2>/dev/null &
tracer=$!
check "strace attaches" wait_for 60 grep -q '^TracerPid:.*[1-9]' "/proc/$first/status"
let_go pre "$A"
check "the writer is stopped" wait_for 60 has_stopped
kill "$tracer"
wait "$tracer"
writer=$(pgrep -P "$first")
check "a writer is slow" test -n "$writer"
check "its worker waits for it" wait_for 60 is_waiting "$first"
hold_at pre "$A"
kill -9 "$first"
held_at pre "$A" "another worker comes"
check_not "there is no device" sys_active "$A"
kill -CONT "$writer"
check "the first one's writer creates it" wait_for 60 is_active "$A"
let_go pre "$A"
whole "killed before its writer wrote"

end_campaigns
