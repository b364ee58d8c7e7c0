# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: reboot
# kernels: 6.1 6.12
# One command for a disk, one for crypto queues; after a reboot both are active, with nothing
# else configured: no driverctl, no chzdev. Only our own two directories are carried over.
# shellcheck shell=bash source=tests/vm/lib-s390x.sh

A=$(uuid 1) # the disk
B=$(uuid 2) # the crypto queues

before_boot() {
	# As a package does when it is installed.
	systemctl -q preset mdevmgrd.service mdevmgr-devices.service mdevmgr-recipes.service
}

nobody_else() {
	check_not "driverctl has nothing to do" compgen -G "/etc/driverctl.d/*"
	check_not "nor has chzdev" compgen -G "/etc/udev/rules.d/41-*"
}

first_boot() {
	wait_for 300 systemctl is-active mdevmgr-devices.service
	expect_rc 0 "one command for a disk" mdevmgr define --ccw 0.0.0800 -u "$A" --auto
	expect_rc 0 "and one for crypto queues" \
		mdevmgr define --ap 5:4,0x47 --reserve -u "$B" --auto
	is "$(sys_count)" 0 "neither has touched the hardware"
	is "$(css_driver "$(subchannel_of 0.0.0800)")" io_subchannel "the host has its disk"
	is "$(cat "$AP_BUS/apmask")" "0x$(printf 'f%.0s' {1..64})" "and its adapters"
	nobody_else
}

second_boot() {
	check "the devices' service is done" wait_for 300 systemctl is-active mdevmgr-devices.service
	check "the disk is active" wait_for 300 sys_active "$A"
	is "$(sys_device "$A")" "$(subchannel_of 0.0.0800) $CCW_TYPE" "on its subchannel"
	check "the crypto device is active" wait_for 300 sys_active "$B"
	is "$(cat "$SYS_BUS/$B/matrix")" "05.0004
05.0047" "with its queues"
	is "$(cat "$AP_BUS/apmask")" "0xfb$(printf 'f%.0s' {1..62})" "the adapter is reserved, no other"
	expect_rc 0 "status finds nothing wrong" mdevmgr status
	diag "$OUT"
	diag "$(mdevmgr parent list)"
	is "$(systemctl --failed --plain --no-legend)" "" "no unit has failed"
	nobody_else
}
