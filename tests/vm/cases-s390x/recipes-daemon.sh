# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: boot
# kernels: 6.1 6.12
# args: cio_ignore=0.0.0900
# Recipes with the daemon: disks are given to vfio_ccw and their devices started at boot, one
# of them hidden by cio_ignore, and whenever the hardware comes back.
# shellcheck shell=bash source=tests/vm/lib-s390x.sh

A=$(uuid 1) # 0.0.0800
B=$(uuid 2) # 0.0.0900, which nobody sees
C=$(uuid 3) # 0.0.0801, without a recipe at boot
D=$(uuid 4) # crypto queue 05.0047

# recipe DEVICE UUID
recipe() {
	mkdir -p /etc/mdevmgr/parents.d
	printf '{"kind": "vfio-ccw", "devices": ["%s"]}\n' "$2" >"/etc/mdevmgr/parents.d/$1.json"
}

before_boot() {
	recipe 0.0.0800 "$A"
	recipe 0.0.0900 "$B"
	# Filed where they were last time, wherever that was.
	sys_define 0.0.00f0 "$A" "$CCW_TYPE" auto
	sys_define 0.0.00f1 "$B" "$CCW_TYPE" auto
	printf '{"kind": "vfio-ap", "adapters": [5]}\n' >/etc/mdevmgr/parents.d/matrix.json
	sys_define matrix "$D" "$AP_TYPE" auto \
		'{"assign_adapter": "5"}, {"assign_domain": "71"}'
	systemctl -q enable mdevmgrd.service mdevmgr-devices.service mdevmgr-recipes.service
}

# is_on UUID DEVICE: active, on this device number
is_on() {
	[ "$(sys_device "$1")" = "$(subchannel_of "$2") $CCW_TYPE" ]
}

state_is() {	# DEVICE STATE
	[ "$(mdevmgr parent show --json "$1" | jq -r .state)" = "$2" ]
}

after_boot() {
	wait_for 240 systemctl is-active mdevmgr-devices.service
	is "$(systemctl show -P Result mdevmgr-recipes.service)" success "the recipes were applied"
	check "a disk is given to its device at boot" is_on "$A" 0.0.0800
	check "one that cio_ignore hid, too" is_on "$B" 0.0.0900
	check_not "the host does not have them" test -e "$CCW/0.0.0800"

	check "the crypto adapter is taken, and its device started" sys_active "$D"
	is "$(cat "$MATRIX/$D/matrix")" 05.0047 "with its queue"

	check "vfio_ap is reloaded" eval 'modprobe -r vfio_ap && modprobe vfio_ap'
	check "and the crypto device is back" wait_for 120 sys_active "$D"
	check "with its queue" wait_for 60 grep -qx 05.0047 "$MATRIX/$D/matrix"

	qmp_del scsi0
	check "unplugged: gone" wait_for_not 60 sys_active "$A"
	check "and told" wait_for 60 state_is 0.0.0800 absent
	qmp_add virtio-scsi-ccw 0800 scsi0
	check "plugged in again: restored" wait_for 120 is_on "$A" 0.0.0800

	subchannel_of 0.0.0800 >/sys/bus/css/drivers/vfio_ccw/unbind
	check "unbound by hand: restored" wait_for 120 is_on "$A" 0.0.0800

	expect_quiet "define a recipe" mdevmgr parent define 0.0.0801
	sys_define "$(subchannel_of 0.0.0801)" "$C" "$CCW_TYPE" auto
	qmp_del scsi2
	qmp_add virtio-scsi-ccw 0802 scsi2
	sleep 3
	check "other hardware does not apply what was just defined" test -e "$CCW/0.0.0801"
	expect_quiet "apply it" mdevmgr parent apply 0.0.0801
	check "its device is started" wait_for 120 is_on "$C" 0.0.0801

	expect_rc 4 "release is refused while it is active" mdevmgr parent release 0.0.0801
	expect_quiet "stop it" mdevmgr stop -u "$C"
	expect_quiet "release" mdevmgr parent release 0.0.0801
	check "the host has the disk back" wait_for 60 test -e "$CCW/0.0.0801"
	check "the recipe is paused" state_is 0.0.0801 paused
	qmp_del scsi1
	qmp_add virtio-scsi-ccw 0801 scsi1
	sleep 3
	check "and stays so when the disk comes back" test -e "$CCW/0.0.0801"
	expect_quiet "apply" mdevmgr parent apply 0.0.0801
	check "from then on it is a parent again" state_is 0.0.0801 ready
	expect_rc 0 "nothing is wrong" mdevmgr status
	is "$(journalctl -b -o cat -p err -t mdevmgrd)" "" "the daemon has told of no failure"
}

after_shutdown() {
	:
}
