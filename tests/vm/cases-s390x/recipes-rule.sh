# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: boot
# kernels: 6.1 6.12
# args: cio_ignore=0.0.0900
# Recipes without the daemon: mdevmgr-recipes.service at boot, the udev rule for what comes.
# shellcheck shell=bash source=tests/vm/lib-s390x.sh

A=$(uuid 1) # 0.0.0800
B=$(uuid 2) # 0.0.0900, which nobody sees

# recipe DEVICE UUID
recipe() {
	mkdir -p /etc/mdevmgr/parents.d
	printf '{"kind": "vfio-ccw", "devices": ["%s"]}\n' "$2" >"/etc/mdevmgr/parents.d/$1.json"
}

before_boot() {
	recipe 0.0.0800 "$A"
	recipe 0.0.0900 "$B"
	sys_define 0.0.00f0 "$A" "$CCW_TYPE" auto
	sys_define 0.0.00f1 "$B" "$CCW_TYPE" auto
	systemctl -q enable mdevmgr-devices.service mdevmgr-recipes.service
}

# is_on UUID DEVICE: active, on this device number
is_on() {
	[ "$(sys_device "$1")" = "$(subchannel_of "$2") $CCW_TYPE" ]
}

after_boot() {
	wait_for 240 systemctl is-active mdevmgr-devices.service
	check_not "the daemon does not run" systemctl is-active mdevmgrd.service
	is "$(systemctl show -P Result mdevmgr-recipes.service)" success "the recipes were applied"
	check "a disk is given to its device at boot" wait_for 120 is_on "$A" 0.0.0800
	check "one that cio_ignore hid, too" wait_for 120 is_on "$B" 0.0.0900
	qmp_del scsi0
	check "unplugged: gone" wait_for_not 60 sys_active "$A"
	qmp_add virtio-scsi-ccw 0800 scsi0
	check "plugged in again: restored" wait_for 180 is_on "$A" 0.0.0800
	qmp_del scsi2
	qmp_add virtio-scsi-ccw 0802 scsi2
	udevadm settle
	check "a device without a recipe stays with the host" test -e "$CCW/0.0.0802"
}

after_shutdown() {
	:
}
