# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: boot
# Without the daemon: the udev rule and mdevmgr-parent@.service start devices.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1) # mtty, there before init
B=$(uuid 2) # on p0
C=$(uuid 3) # on p1
D=$(uuid 4) # mdpy, loaded while it boots

before_boot() {
	sys_define mtty "$A" mtty-1 auto
	sys_define p0 "$B" mdevmgr_test-a auto
	sys_define p1 "$C" mdevmgr_test-a auto
	sys_define mdpy "$D" mdpy-hd auto
	mkdir -p /etc/mdevmgr/mdevmgr.conf.d
	printf '%s\n' '[Boot]' 'ParentGraceSec=3' >/etc/mdevmgr/mdevmgr.conf.d/test.conf
	printf '%s\n' '[Unit]' 'DefaultDependencies=no' 'After=systemd-udevd.service' '[Service]' \
		'Type=oneshot' 'ExecStart=insmod /opt/m/mdpy.ko' >/etc/systemd/system/loads.service
	systemctl -q enable mdevmgr-devices.service
	systemctl -q add-wants sysinit.target loads.service
	load_modules vfio mdev mtty
}

# starts: how many instances of the template have been started.
starts() {
	journalctl -b -o cat --no-pager -t systemd | grep -c '^Starting mdevmgr-parent@' || true
}

after_boot() {
	local before

	wait_for 180 systemctl is-active mdevmgr-devices.service
	check_not "the daemon does not run" systemctl is-active mdevmgrd.service
	check "a driver that was there before: started" sys_active "$A"
	check "one that was loaded during the boot: started" sys_active "$D"

	load_modules mdevmgr_test
	# The first is at work when the second registers.
	kmod set p0 create_delay_ms=4000
	kmod add p0 types=a
	sleep 1.5
	kmod add p1 types=a
	check "two registrations in quick succession: the second is served" wait_for 180 sys_active "$C"
	check "and the first" wait_for 180 sys_active "$B"

	rmmod mtty
	insmod /opt/m/mtty.ko
	check "the device is back after a reload of its driver" wait_for 180 sys_active "$A"
	# Instances that failed are forgotten at once, but not by the journal.
	is "$(journalctl -b -o cat -t systemd | grep 'Failed to start.*mdev\|mdevmgr.*Failed')" "" \
		"none of our units has failed"

	check "stop" mdevmgr stop -u "$A"
	before=$(starts)
	udevadm trigger
	udevadm settle
	is "$(starts)" "$before" "a trigger asks for nothing"
	udevadm trigger -c add
	udevadm settle
	check_not "triggered adds do" test "$(starts)" = "$before"
	sleep 3
	check_not "but a device that was stopped stays stopped" sys_active "$A"

	systemctl start mdevmgrd.service
	before=$(starts)
	kmod unregister p0
	kmod add p0 types=a
	check "a daemon that is started by hand takes over" wait_for 180 sys_active "$B"
	is "$(starts)" "$before" "the template stands back"
	check_not "what was stopped stays stopped" sys_active "$A"
	systemctl stop mdevmgrd.service
	kmod unregister p1
	kmod add p1 types=a
	check "without it the template works again" wait_for 180 sys_active "$C"
	is "$(kmod_twice)" "" "nothing was made twice in a registration"
	done_testing
}

after_shutdown() {
	:
}
