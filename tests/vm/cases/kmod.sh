# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# Each control of our kernel module, by the kernel's own files alone.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1) B=$(uuid 2) C=$(uuid 3) D=$(uuid 4) E=$(uuid 5)
TYPE=mdevmgr_test

# in_background NAME COMMAND...: leaves its shell in PID, the shell's child, which does it,
# in /tmp/bg.pid, and its status in /tmp/bg.NAME once it is done.
in_background() {
	local name=$1

	shift
	rm -f "/tmp/bg.$name" /tmp/bg.pid
	(
		"$@" &
		echo $! >/tmp/bg.pid
		wait $!
		echo $? >"/tmp/bg.$name"
	) 2>/dev/null &
	PID=$!
	wait_for 30 test -s /tmp/bg.pid
}

# fails_with TEXT DESC COMMAND...: the kernel's answer as bash words it.
fails_with() {
	local want=$1 desc=$2 out

	shift 2
	if out=$("$@" 2>&1); then
		not_ok "$desc"
		diag "succeeded: $*"
		return
	fi
	like "$out" "$want" "$desc"
}

# The shell itself is the writer.
put() {	# FILE VALUE
	printf %s "$2" >"$1"
}

create() {	# UUID PARENT [TYPE]
	put "$SYS_PARENTS/$2/mdev_supported_types/$TYPE-${3:-a}/create" "$1"
}

registration() {	# PARENT: the inode that tells one registration from the next
	stat -c %i "$SYS_PARENTS/$1/mdev_supported_types/."
}

check "the module loads" load_modules mdevmgr_test
is "$(cat "$KMOD")" "" "and knows no parent"

# parents come and go
check "add" kmod "add p1 types=a,b instances=3"
is "$(ls "$SYS_PARENTS/p1/mdev_supported_types")" "$TYPE-a
$TYPE-b" "the parent offers its types"
is "$(cat "$SYS_PARENTS/p1/mdev_supported_types/$TYPE-a"/{name,device_api,description})" "a
vfio-pci
test device a" "a type tells of itself"
is "$(sys_instances p1 $TYPE-a)" 3 "and its instances"
fails_with "File exists" "a second add" kmod "add p1"
first=$(registration p1)
check "unregister" kmod "unregister p1"
check_not "the parent is none any more" test -e "$SYS_PARENTS/p1"
check "its device stays" test -d "/sys/devices/virtual/$TYPE/p1"
check "registered again, with another type" kmod "add p1 types=b,late"
is "$(ls "$SYS_PARENTS/p1/mdev_supported_types")" "$TYPE-b
$TYPE-late" "it offers the new list"
check_not "the registration has another inode" [ "$first" = "$(registration p1)" ]
check "remove" kmod "remove p1"
check_not "the device is gone" test -e "/sys/devices/virtual/$TYPE/p1"
fails_with "No such device" "a second remove" kmod "remove p1"
is "$(kmod_parent p1 registrations)" 2 "registrations are counted"
kmod "add p1 types=a,b"

# what is no command
for line in "nonsense p1" "add" "set p1 nonsense=1" "set p1 create_errno=x" "uevents p1" \
	"hang p1 nowhere" "add p9 types=a,,b" "remove p1 now"; do
	fails_with "Invalid argument" "refused: $line" kmod "$line"
done
fails_with "No such device" "a parent that nobody knows" kmod "release nosuch"

# odd names
kmod 'add we\041ird\040\134x\011y'
check "a name with blank, backslash, tab and exclamation mark" \
	test -d "$SYS_PARENTS/"$'we!ird \\x\ty'"/mdev_supported_types"
check "the list tells it in one word" grep -qF 'parent we!ird\040\134x\011y registered=1' "$KMOD"
kmod 'remove we!ird\x20\x5cx\x09y'
for i in $(seq 100); do
	kmod "add many$i"
done
is "$(find "$SYS_PARENTS/" -name 'many*' | wc -l)" 100 "a hundred parents"

# devices and their counters
check "create" create "$A" p1
is "$(sys_device "$A")" "p1 $TYPE-a" "the device is there"
check "it has a VFIO group" test -e "$SYS_BUS/$A/iommu_group"
is "$(sys_instances p1 $TYPE-b)" 2 "one instance less"
fails_with "File exists" "a second create of the UUID" create "$A" many1
echo 1 >"$SYS_BUS/$A/remove"
check "and again" create "$A" p1 b
is "$(kmod_created p1 "$A")" "3:2" "two successful creates in the third registration"
is "$(kmod_twice)" "device p1 3 $A attempts=2 created=2 removed=1" "which is found"
kmod "unregister p1"
check_not "the device goes with its parent" sys_active "$A"
kmod "add p1"
create "$A" p1
is "$(kmod_created p1 "$A")" "3:2 4:1" "a new registration counts anew"
is "$(kmod_parent p1 created) $(kmod_parent p1 removed) $(kmod_parent p1 live)" "3 2 1" \
	"the parent's sums"

# instances
kmod "set p1 instances=2"
create "$B" p1
fails_with "No space left" "no instance is left" create "$C" p1
is "$(sys_instances p1 $TYPE-a) $(kmod_created p1 "$C")" "0 4:0" "an attempt, not a device"
echo 1 >"$SYS_BUS/$B/remove"
check "one is free again" create "$C" p1

# attributes
dev=$SYS_BUS/$A
for name in alpha beta gamma tuning/level; do
	put "$dev/$name" "of $name"
	is "$(cat "$dev/$name")" "of $name" "$name tells what was written"
done
check "the write-only one takes" put "$dev/secret" 1234
is "$(stat -c %a "$dev/secret")" 200 "and does not tell"
fails_with "Invalid argument" "one refuses" put "$dev/refuse" 1
is "$(cat "$dev/journal")" "alpha beta gamma level secret" "all in order"
kmod "set p1 attr_errno=16 attr_fail_first=2"
fails_with "busy" "attributes fail with what was asked for" put "$dev/alpha" 1
fails_with "busy" "so many times" put "$dev/beta" 1
check "then they heal" put "$dev/alpha" new
is "$(cat "$dev/alpha" "$dev/beta")" "new
of beta" "only the last was taken"

# errors of create
kmod "add p2 create_errno=5"
fails_with "Input/output error" "create fails with what was asked for" create "$B" p2
fails_with "Input/output error" "and again" create "$B" p2
kmod "set p2 create_errno=11 create_fail_first=3"
for _ in 1 2 3; do
	check_not "one of the three that fail" create "$B" p2
done
check "the fourth heals" create "$B" p2
is "$(kmod_parent p2 attempts) $(kmod_created p2 "$B")" "6 1:1" "six attempts, one create"

# delays: whoever waits is in the driver
kmod "add p3 create_delay_ms=8000"
in_background delay create "$D" p3
check "a delayed create is in the driver" wait_for 30 kmod_is p3 attempts 1
check_not "and not done" test -e /tmp/bg.delay
check "the device is half made" test ! -e "/sys/devices/virtual/$TYPE/p3/$D/mdev_type"
wait "$PID"
is "$(cat /tmp/bg.delay)" 0 "it ends well"
kmod "set p3 remove_delay_ms=8000 attr_delay_ms=2000"
begin=$(date +%s%N)
check "a delayed attribute is written" put "$SYS_BUS/$D/alpha" slow
check "after its delay" test $(($(date +%s%N) - begin)) -ge 2000000000
is "$(cat "$SYS_BUS/$D/alpha")" slow "as it is"
in_background delay put "$SYS_BUS/$D/remove" 1
check "a delayed removal takes the device off the bus" wait_for_not 30 sys_active "$D"
check "but not from its parent" test -d "/sys/devices/virtual/$TYPE/p3/$D"
wait "$PID"
check_not "until it ends" test -e "/sys/devices/virtual/$TYPE/p3/$D"

# hanging
kmod "set p3 create_delay_ms=0 remove_delay_ms=0 attr_delay_ms=0"
kmod "hang p3 $D"
in_background hang create "$D" p3
check "a create hangs" wait_for 30 kmod_is p3 held_create 1
check "another device of the parent does not" create "$E" p3
kill -9 "$(cat /tmp/bg.pid)"
check "its writer cannot be killed" sleep 1
is "$(kmod_parent p3 held_create)" 1 "it is still in the driver"
check "nor is it there" test ! -e "$SYS_BUS/$D/mdev_type"
kmod "release p3"
wait "$PID"
check "released, it is there" wait_for 30 test -e "$SYS_BUS/$D/mdev_type"
is "$(kmod_created p3 "$D")" "1:2" "a success, although its writer is dead"
kmod "hang p3 attribute"
in_background hang put "$SYS_BUS/$E/beta" 1
check "an attribute hangs" wait_for 30 kmod_is p3 held_attribute 1
kill -9 "$(cat /tmp/bg.pid)"
wait "$PID"
is "$(cat "$SYS_BUS/$E/journal")" "" "there a killed writer ends, and nothing was written"
kmod "release p3"
kmod "hang p3 remove $E"
in_background hang put "$SYS_BUS/$E/remove" 1
check "a removal hangs" wait_for 30 kmod_is p3 held_remove 1
check_not "the device is off the bus" sys_active "$E"
fails_with "File exists" "its UUID is taken" create "$E" p3
kmod "release p3"
wait "$PID"
check "released, it is gone" test ! -e "/sys/devices/virtual/$TYPE/p3/$E"

# a hanging create keeps the registration alive
kmod "hang p2 create"
in_background hang create "$E" p2
check "a create hangs" wait_for 30 kmod_is p2 held_create 1
in_background remove kmod "remove p2"
sleep 1
check_not "a removal of the parent waits for it" test -e /tmp/bg.remove
kmod "release p2"
wait
is "$(cat /tmp/bg.hang /tmp/bg.remove)" "0
0" "both end"
check_not "and nothing is left" test -e "/sys/devices/virtual/$TYPE/p2"

# events
stdbuf -oL udevadm monitor --kernel --property >/tmp/monitor &
monitor=$!
check "somebody listens" wait_for 30 grep -q KERNEL /tmp/monitor
kmod "uevents p1 30"
kmod "add p4"
registered() {	# PARENT N: so many events were heard
	[ "$(awk -v path="/devices/virtual/mdevmgr_test/$1" -v RS= '
		$0 ~ "DEVPATH=" path "\n" && /MDEV_STATE=registered/ { n++ }
		END { print n + 0 }' /tmp/monitor)" = "$2" ]
}
check "30 events with MDEV_STATE=registered" wait_for 30 registered p1 30
check "a registration sends one" wait_for 30 registered p4 1
kill "$monitor"

# unloading forgets everything, and lets go whom it holds
kmod "hang p4"
in_background hang create "$E" p4
check "a create hangs" wait_for 30 kmod_is p4 held_create 1
check "rmmod" rmmod mdevmgr_test
wait "$PID"
check_not "no parent is left" test -e "$SYS_PARENTS/p1"
is "$(sys_count)" 0 "no device is left"
check "it loads again" load_modules mdevmgr_test
is "$(cat "$KMOD")" "" "and knows nothing"
is "$(dmesg | grep -cE 'WARNING:|BUG:|Oops|refcount')" 0 "the kernel complained of nothing"
