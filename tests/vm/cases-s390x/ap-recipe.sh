# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# kernels: 6.1 6.12
# The recipe of the matrix on the real AP bus: masks, the module, bindings; what is in use
# stays; the module comes again; chzdev's rule is named.
# shellcheck shell=bash source=tests/vm/lib-s390x.sh

A=$(uuid 1)
ALL=0x$(printf 'f%.0s' {1..64})
RULE=/etc/udev/rules.d/41-ap.rules

# driver_of QUEUE: the driver that it is bound to, or nothing.
driver_of() {
	local link

	! link=$(readlink "$AP_BUS/devices/$1/driver") || basename "$link"
}

masks() {
	echo "$(cat "$AP_BUS/apmask") $(cat "$AP_BUS/aqmask")"
}

# The module is not loaded by anybody else.
check "vfio_ap is not there yet" modprobe -r vfio_ap
is "$(masks)" "$ALL $ALL" "all queues are the host's"
expect_quiet "a recipe" mdevmgr parent define matrix --reserve-adapters 5 --reserve-domains 0x47
is "$(masks)" "$ALL $ALL" "touches nothing when it is written"
expect_rc 0 "its plan" mdevmgr parent apply matrix --dry-run
like "$OUT" "of those that are there: 05.0004 05.0047 05.00ab 06.0047 0a.0047" "names what the host loses"
expect_rc 0 "it is applied" mdevmgr parent apply matrix
is "$(masks)" "0xfb${ALL:4} 0xfffffffffffffffffe${ALL:20}" "the masks are as it says, and no more"
check "vfio_ap is loaded" test -d "$MATRIX"
is "$(for q in 05.0004 05.00ab 06.0047 0a.0047 06.0004 0a.00ab; do driver_of "$q"; done | xargs)" \
	"vfio_ap vfio_ap vfio_ap vfio_ap cex4queue cex4queue" "each queue has its driver"
check "all of them" ap_complete
expect_rc 0 "once more" mdevmgr parent apply matrix
is "$(masks)" "0xfb${ALL:4} 0xfffffffffffffffffe${ALL:20}" "changes nothing"

# ---- what is in use stays ----
expect_rc 0 "a device" mdevmgr define -u "$A" --ap 5:4 --auto
expect_quiet "is started" mdevmgr start -u "$A"
expect_rc 4 "the host does not get its queue" mdevmgr parent release matrix
like "$ERR" "$A" "and is told who has it"
check_not "EBUSY: the kernel says so, too" sh -c "echo +5 >$AP_BUS/apmask"
is "$(masks)" "0xfb${ALL:4} 0xfffffffffffffffffe${ALL:20}" "the masks are as they were"
expect_quiet "the device stops" mdevmgr stop -u "$A"

# ---- the module goes and comes: nobody loads it but us, and bindings are never complete before ----
check "vfio_ap goes" modprobe -r vfio_ap
check_not "the bindings are not complete" ap_complete
expect_rc 0 "applied again" mdevmgr parent apply matrix
check "without waiting for that" ap_complete
expect_quiet "the device starts" mdevmgr start -u "$A"
is "$(cat "$SYS_BUS/$A/matrix")" 05.0004 "with its queue"
expect_quiet "and stops" mdevmgr stop -u "$A"

# ---- chzdev ----
mkdir -p "${RULE%/*}"
printf 'ATTR{[ap/]apmask}="%s"\n' "0xfb${ALL:4}" >"$RULE"
expect_rc 0 "another adapter" mdevmgr parent define matrix --reserve-adapters 5,6
like "$ERR" "chzdev gives adapter 6 to the host, in $RULE" "that chzdev keeps for the host is told"
expect_rc 1 "and not taken" mdevmgr parent apply matrix
like "$ERR" "chzdev gives adapter 6 to the host" "with the reason"
is "$(masks)" "0xfb${ALL:4} 0xfffffffffffffffffe${ALL:20}" "the masks are as they were"
rm "$RULE"
expect_rc 0 "without the rule" mdevmgr parent apply matrix
is "$(cat "$AP_BUS/apmask")" "0xf9${ALL:4}" "it is taken"

# ---- back ----
expect_rc 0 "released" mdevmgr parent release matrix
is "$(cat "$AP_BUS/apmask")" "$ALL" "the host has its adapters"
wait_for 60 ap_complete
is "$(driver_of 05.0004)" cex4queue "and their queues"
expect_rc 0 "undefined" mdevmgr parent undefine matrix
expect_quiet "and the device" mdevmgr undefine -u "$A"
