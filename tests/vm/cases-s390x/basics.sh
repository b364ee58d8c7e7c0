# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# kernels: 6.1 6.12
# The commands that know nothing of s390x, on its drivers: a subchannel bound by hand, and
# the matrix. What they tell is compared with the kernel's own files.
# shellcheck shell=bash source=tests/vm/lib-s390x.sh

A=$(uuid 1) B=$(uuid 2)
DISK=$(subchannel_of 0.0.0800)

like "$(mdevmgr --version)" "mdevmgr " "the program runs"
check "a subchannel can be given to vfio_ccw" css_bind "$DISK" vfio_ccw
check "AP queues can be reserved" ap_reserve -5,-6 -4

expect_rc 0 "types" mdevmgr types --dumpjson
is "$(jq -cS '.[] | with_entries(.value |= (.[] | with_entries(.value |= {device_api, available_instances})))' <<<"$OUT")" \
	"$(jq -cnS --arg disk "$DISK" --argjson ap "$(cat "$MATRIX/mdev_supported_types/$AP_TYPE/available_instances")" '
		{($disk): {"vfio_ccw-io": {device_api: "vfio-ccw", available_instances: 1}},
		 matrix: {"vfio_ap-passthrough": {device_api: "vfio-ap", available_instances: $ap}}}')" \
	"both parents, with their types' APIs and free instances"

expect_quiet "define a disk" mdevmgr define -u "$A" -p "$DISK" -t "$CCW_TYPE" --auto
expect_quiet "start it" mdevmgr start -u "$A"
is "$(sys_device "$A")" "$DISK $CCW_TYPE" "it is on its subchannel"
is "$(sys_instances "$DISK" "$CCW_TYPE")" 0 "which has no other instance"
expect_rc 1 "a second one on it is refused" mdevmgr start -u "$(uuid 3)" -p "$DISK" -t "$CCW_TYPE"
check_not "and not there" sys_active "$(uuid 3)"

expect_quiet "define a matrix" mdevmgr define -u "$B" -p matrix -t "$AP_TYPE"
expect_quiet "with an adapter" \
	mdevmgr modify -u "$B" --addattr=assign_adapter --value=5
expect_quiet "and a domain" mdevmgr modify -u "$B" --addattr=assign_domain --value=4
expect_quiet "start it" mdevmgr start -u "$B"
is "$(cat "$SYS_BUS/$B/matrix")" "05.0004" "the kernel has its queue"

expect_rc 0 "list as JSON" mdevmgr list --dumpjson
is "$(jq -cS '.[] | to_entries[] | [.key, (.value[] | keys[])]' <<<"$OUT" | sort)" \
	"$(for u in "$A" "$B"; do
		read -r parent _ < <(sys_device "$u")
		jq -cn --arg parent "$parent" --arg uuid "$u" '[$parent, $uuid]'
	done | sort)" "as sysfs has them"
expect_out "$A $DISK $CCW_TYPE auto (defined)" "list one" mdevmgr list -u "$A"

expect_quiet "stop the disk" mdevmgr stop -u "$A"
expect_quiet "and the matrix" mdevmgr stop -u "$B"
is "$(sys_count)" 0 "nothing is active"
expect_quiet "start the disk again" mdevmgr start -u "$A"
check "it is there" sys_active "$A"
expect_quiet "stop it" mdevmgr stop -u "$A"
expect_quiet "undefine" mdevmgr undefine -u "$A" -u "$B"
expect_out "" "no definition is left" mdevmgr list -d
