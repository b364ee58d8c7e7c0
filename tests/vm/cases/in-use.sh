# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# Stopping a device that a program really holds through VFIO, as QEMU does.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1) B=$(uuid 2) C=$(uuid 3)
load_modules vfio_iommu_type1

make_holder /tmp/holder.pl

hold() {	# KIND UUID: leaves HOLDER
	rm -f "/tmp/held.$2"
	perl /tmp/holder.pl "$1" "$2" &
	HOLDER=$!
	for _ in $(seq 200); do
		[ ! -s "/tmp/held.$2" ] || return 0
		sleep 0.1
	done
	not_ok "a program holds $2 ($1)"
	return 1
}

release() {
	kill -9 "$HOLDER"
	wait "$HOLDER" 2>/dev/null || true
}

sys_create "$A" mtty mtty-1
sys_create "$B" mtty mtty-1
sys_create "$C" mtty mtty-1

hold device "$A"
holder_a=$HOLDER
expect_err 4 "Error: Device $A is in use: process $holder_a (perl)" "stop names the user" \
	mdevctl stop -u "$A"
check "the device is still there" sys_active "$A"
expect_err 4 "in use" "so does a dry run" mdevmgr stop -u "$A" --dry-run
expect_err 4 "in use" "with --wait it waits that long" mdevmgr stop -u "$A" --wait=1
check "the device is still there" sys_active "$A"
expect_err 1 "is not an active mdev" "in use and unknown together: 1" \
	mdevmgr stop -u "$A" -u "$(uuid 9)"
expect_err 4 "in use" "all that failed are in use, the free one is stopped: 4" \
	mdevmgr stop -u "$A" -u "$C"
check_not "the free one is gone" sys_active "$C"

hold device "$B"
holder_b=$HOLDER
expect_err 4 "process $holder_b (perl)" "two in use: 4" mdevmgr stop -u "$A" -u "$B"
release

# libvirtd's way: the group is open, nothing else.
hold group "$B"
expect_quiet "a group alone is no use" mdevctl stop -u "$B"
release
check_not "the device is gone" sys_active "$B"

# --wait ends when the user does
(
	sleep 3
	kill -9 "$holder_a"
) &
expect_quiet "--wait stops it when the user is gone" mdevmgr stop -u "$A" --wait
check_not "the device is gone" sys_active "$A"

# In spite of the user: the kernel waits, we do not.
sys_create "$A" mtty mtty-1
hold device "$A"
expect_err 1 "still waits for the device's last user" "--in-use leaves a stuck removal to itself" \
	mdevmgr stop -u "$A" --in-use
like "$ERR" "goes on removing it" "and names the process that goes on"
check_not "the device is off the bus" sys_active "$A"
expect_out "" "and no longer listed" mdevctl list
expect_err 1 "waits for its last user" "its UUID is told as taken" \
	mdevctl start -u "$A" -p mtty -t mtty-1
expect_err 1 "it is being removed from parent mtty" "another stop is told so" mdevctl stop -u "$A"
expect_rc 0 "siblings start meanwhile" mdevctl start -u "$B" -p mtty -t mtty-1
expect_quiet "and stop" mdevctl stop -u "$B"
release
for _ in $(seq 100); do
	[ -e "$SYS_PARENTS/mtty/$A" ] || break
	sleep 0.1
done
check_not "without its user the device goes" test -e "$SYS_PARENTS/mtty/$A"
expect_quiet "and its UUID is free" mdevctl start -u "$A" -p mtty -t mtty-1
