# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# kernels: 6.1 6.12
# Live changes of a matrix, by ap_config where the kernel has it: done and read back, or as
# before. Every matrix is the kernel's own.
# shellcheck shell=bash source=tests/vm/lib-s390x.sh

A=$(uuid 1) B=$(uuid 2)

# has QUEUE... [-- CONTROL...]: the kernel's matrix of A, and its control domains
has() {
	local queues=''

	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		queues+=$1' '
		shift
	done
	[ $# -eq 0 ] || shift
	[ "$(xargs <"$SYS_BUS/$A/matrix")" = "${queues% }" ] && [ "$(xargs <"$SYS_BUS/$A/control_domains")" = "$*" ]
}

check "queues" ap_reserve -5,-6,-7 ""
expect_quiet "a device" mdevmgr define -u "$A" --ap 5:4
expect_quiet "is started" mdevmgr start -u "$A"
check "with its queue" has 05.0004
if [ -e "$SYS_BUS/$A/ap_config" ]; then
	like "$(mdevmgr modify -u "$A" --live --ap 5,6:4 --dry-run)" "set attribute ap_config" "by ap_config"
else
	is "$(mdevmgr modify -u "$A" --live --ap 6:4 --dry-run | grep -o 'assign_adapter.* to.*\|unassign.* to.*')" \
		$'unassign_adapter of device '"$A"$' to "5"\nassign_adapter of device '"$A"$' to "6"' "number by number"
fi

# ---- what is free ----
expect_quiet "an adapter more" mdevmgr modify -u "$A" --live --addattr assign_adapter --value 6
check "is there" has 05.0004 06.0004
expect_quiet "a whole matrix" mdevmgr modify -u "$A" --live --ap 6:4,0x47:0xab
check "is there" has 06.0004 06.0047 -- 00ab
expect_quiet "an attribute less" mdevmgr modify -u "$A" --live --delattr --index 1
check "is gone" has 06.0047 -- 00ab
printf '{"mdev_type": "%s", "start": "manual", "attrs": [{"assign_domain": "0x4"}, {"assign_adapter": "5"}]}' "$AP_TYPE" >/tmp/new
expect_quiet "a file, and the definition" mdevmgr modify -u "$A" -p matrix --live --defined --jsonfile /tmp/new
check "is what it has" has 05.0004
is "$(jq -c .attrs "$ETC/matrix/$A")" '[{"assign_domain":"0x4"},{"assign_adapter":"5"}]' "is what is defined"
expect_quiet "over-provisioned: an adapter that is not there yet" mdevmgr modify -u "$A" --live --ap 5,7:4
check "is the device's" has 05.0004 07.0004
expect_quiet "and back" mdevmgr modify -u "$A" --live --ap 5:4

# ---- what is not ----
expect_quiet "another device" mdevmgr define -u "$B" --ap 6:4,0x47
expect_quiet "is started" mdevmgr start -u "$B"
expect_rc 1 "its queue is refused" mdevmgr modify -u "$A" --live --ap 5,6:0x47
like "$ERR" "queue 06.0047 is in use by device $B" "with its name"
check "nothing was changed" has 05.0004
expect_rc 1 "EADDRINUSE: the kernel refuses it, too" mdevmgr modify -u "$A" --live --force --ap 5,6:0x47
like "$ERR" "Address already in use" "we say what it says"
check "what was changed is undone" has 05.0004
expect_rc 1 "EADDRNOTAVAIL: one of the host's" mdevmgr modify -u "$A" --live --force --ap 5,10:4,0x47:3
check "leaves the matrix as it was" has 05.0004
expect_rc 1 "ENODEV: beyond this machine" mdevmgr modify -u "$A" --live --addattr assign_domain --value 256
check "leaves the matrix as it was" has 05.0004
check "no lock is left" test ! -e /run/lock/s390apconfig.lock

# ---- a card that is taken away is withheld from the guest ----
expect_quiet "the other device goes" mdevmgr stop -u "$B"
expect_quiet "two adapters" mdevmgr modify -u "$A" --live --ap 5,6:4
is "$(xargs <"$SYS_BUS/$A/guest_matrix")" "05.0004 06.0004" "the guest has both"
echo 5,10 >/sys/module/ap_sim/parameters/cards
echo 1 >"$AP_BUS/scans"
wait_for 60 test ! -e "$AP_BUS/devices/06.0004"
wait_for 60 sh -c "[ \"\$(xargs <$SYS_BUS/$A/guest_matrix)\" = 05.0004 ]"
is "$(xargs <"$SYS_BUS/$A/guest_matrix")" 05.0004 "the guest has one when the other card is gone"
check "the device has both" has 05.0004 06.0004
expect_rc 0 "show" mdevmgr show -u "$A"
like "$OUT" "06.0004 is not there" "says why"
ap_table 5,6,10 4,71,171
is "$(xargs <"$SYS_BUS/$A/guest_matrix")" "05.0004 06.0004" "the guest has both again"
expect_quiet "stop" mdevmgr stop -u "$A"
expect_quiet "undefine" mdevmgr undefine -u "$A" -u "$B"
