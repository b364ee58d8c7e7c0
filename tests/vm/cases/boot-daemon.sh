# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: boot
# With the daemon: devices are there whenever their driver comes, stay as the administrator
# wants them, and go after the guests.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1) # mtty, there before init
B=$(uuid 2) # mdpy, loaded while it boots
C=$(uuid 3) # on late0, which comes after the boot
D=$(uuid 4) # on mtty, without a definition
E=$(uuid 5) # on mtty, manual, and in use at shutdown
F=$(uuid 6) # on mtty, defined when it is active, and gone before the shutdown
UNIT_C='sys-bus-mdev-devices-83b8f4f2\x2d509f\x2d482f\x2d81e3\x2d000000000003.device'

# unit NAME LINE...
unit() {
	local name=$1

	shift
	printf '%s\n' "$@" >"/etc/systemd/system/$name"
}

before_boot() {
	sys_define mtty "$A" mtty-1 auto
	sys_define mtty "$E" mtty-1 manual
	sys_define mdpy "$B" mdpy-hd auto
	sys_define late0 "$C" mdevmgr_test-a auto '{"alpha": "written"}'
	mkdir -p /etc/mdevmgr/mdevmgr.conf.d
	printf '%s\n' '[Boot]' 'ParentGraceSec=3' '[Shutdown]' 'UsersGraceSec=2' \
		>/etc/mdevmgr/mdevmgr.conf.d/test.conf
	unit loads.service '[Unit]' 'DefaultDependencies=no' 'After=systemd-udevd.service' \
		'[Service]' 'Type=oneshot' 'ExecStart=insmod /opt/m/mdpy.ko'
	# What needs the devices, as a guest does: began after them, ends before them.
	unit guest.service '[Unit]' 'After=mdevmgr-devices.service' '[Service]' 'Type=oneshot' \
		'RemainAfterExit=yes' \
		"ExecStart=sh -c 'ls $SYS_BUS >/mnt/share/guest-starts'" \
		"ExecStop=sh -c 'sleep 3; ls $SYS_BUS >/mnt/share/guest-stops'"
	# At shutdown between mdevmgr-devices.service and the daemon, which has time to be wrong.
	unit witness.service '[Unit]' 'After=mdevmgrd.service' 'Before=mdevmgr-devices.service' \
		'[Service]' 'Type=oneshot' 'RemainAfterExit=yes' 'ExecStart=true' \
		"ExecStop=sh -c 'sleep 4; ls $SYS_BUS >/mnt/share/after-devices; systemctl is-active mdevmgrd >/mnt/share/daemon; cp /run/mdevmgr/order /mnt/share/; journalctl -b -o cat -u mdevmgr-devices >/mnt/share/devices.log; journalctl -b -u mdevmgrd >/mnt/share/daemon.log'"
	# The order of stops; the sandbox lets it write below /run/mdevmgr.
	mkdir -p /etc/mdevctl.d/scripts.d/notifiers
	cat >/etc/mdevctl.d/scripts.d/notifiers/order <<-'N'
		#!/bin/sh
		[ "$6 $8" != "stop success" ] || echo "${10}" >>/run/mdevmgr/order
	N
	chmod +x /etc/mdevctl.d/scripts.d/notifiers/order
	# Needs one device, with what is written into it.
	unit needs-c.service '[Unit]' "After=$UNIT_C" "BindsTo=$UNIT_C" '[Service]' 'Type=oneshot' \
		'RemainAfterExit=yes' "ExecStart=sh -c 'cat $SYS_BUS/$C/alpha >/run/needs-c'"
	# Uses a device, and hears nothing of the shutdown.
	make_holder /root/holder.pl
	unit user.service '[Unit]' 'DefaultDependencies=no' '[Service]' "ExecStart=perl /root/holder.pl device $E"
	systemctl -q enable mdevmgrd.service mdevmgr-devices.service
	systemctl -q add-wants sysinit.target loads.service
	systemctl -q add-wants multi-user.target guest.service witness.service
	load_modules vfio mdev mtty
}

status_is() {	# UUID STATE
	mdevmgr status -u "$1" --json | tr -d ' \n' | grep -q "\"state\":\"$2\""
}

active_is() {	# UNIT STATE
	[ "$(systemctl is-active "$1")" = "$2" ]
}

# reload MODULE: its parents and their devices go and come.
reload() {
	rmmod "$1" && insmod "/opt/m/$1.ko"
}

after_the_boot() {
	wait_for 180 systemctl is-active mdevmgr-devices.service
	is "$(systemctl is-failed mdevmgrd.service mdevmgr-devices.service | sort -u)" active "both services are up"
	is "$(sys_device "$A")" "mtty mtty-1" "the device of a driver that was there before is active"
	is "$(sys_device "$B")" "mdpy mdpy-hd" "and that of one that was loaded during the boot"
	wait_for 180 systemctl is-active guest.service
	is "$(cat /mnt/share/guest-starts)" "$A"$'\n'"$B" "a service after mdevmgr-devices.service found both"
	check_not "a manual one is not started" sys_active "$E"
	check "status: active" status_is "$A" active
	check "status: waiting for a parent" status_is "$C" waiting-parent
	check "which is no failure" mdevmgr status
	like "$(journalctl -b -o cat -u mdevmgr-devices)" "$C of parent late0" "the journal names what is missing"
	is "$(systemctl list-units --failed --plain --no-legend 'mdevmgr*')" "" "none of our units has failed"
}

a_late_parent() {
	systemctl --no-block start needs-c.service
	load_modules mdevmgr_test
	kmod set late0 attr_delay_ms=2000
	kmod add late0 types=a
	check "a device is half made for two seconds" wait_for 180 sys_active "$C"
	check_not "its unit is not up yet" systemctl is-active "$UNIT_C"
	check "then its unit comes up" wait_for 180 systemctl is-active "$UNIT_C"
	check "and what waits for it" wait_for 180 systemctl is-active needs-c.service
	is "$(cat /run/needs-c)" written "which finds the attribute written"
	check "status: active" wait_for 60 status_is "$C" active
}

a_driver_that_is_reloaded() {
	rmmod mtty
	check "status without the driver" wait_for 60 status_is "$A" waiting-parent
	insmod /opt/m/mtty.ko
	check "the device is back after a reload" wait_for 120 sys_active "$A"
	check "status: active" wait_for 60 status_is "$A" active
}

a_device_that_is_stopped() {
	check "stop" mdevmgr stop -u "$A"
	udevadm trigger
	udevadm trigger -c add
	udevadm settle
	systemctl restart mdevmgrd.service
	sleep 3
	check_not "it stays stopped, through triggers and a restart of the daemon" sys_active "$A"
	check "status: inactive" status_is "$A" inactive
	check "the restart took nothing else down" sys_active "$B"
	check "nor their units" systemctl is-active "$UNIT_C"
	is "$(kmod_created late0 "$C")" 1:1 "nor made it twice"
	reload mtty
	check "the next registration starts it again" wait_for 120 sys_active "$A"
	check_not "mdevmgr-devices.service cannot be stopped by hand" systemctl stop mdevmgr-devices.service
	check_not "nor restarted" systemctl restart mdevmgr-devices.service
}

a_definition_by_hand() {
	local unit

	unit=$(systemd-escape -p --suffix=device "$SYS_BUS/$F")
	sys_create "$F" mtty mtty-1
	check_not "a device without a definition has no unit" systemctl is-active "$unit"
	sys_define mtty "$F" mtty-1 manual
	check "one that is defined by hand comes up" wait_for 60 systemctl is-active "$unit"
	udevadm trigger -c change "$SYS_BUS/$F"
	udevadm settle
	sleep 1
	check "and stays up" systemctl is-active "$unit"
	check "stop" mdevmgr stop -u "$F"
	check "undefine" mdevmgr undefine -u "$F"
}

after_boot() {
	after_the_boot
	a_late_parent
	a_driver_that_is_reloaded
	a_device_that_is_stopped
	a_definition_by_hand
	sys_create "$D" mtty mtty-1
	check "start by hand" mdevmgr start -u "$E"
	load_modules vfio_iommu_type1
	systemctl start user.service
	check "a process uses a device" wait_for 120 test -s "/tmp/held.$E"
	done_testing
}

has() {	# FILE UUID...: these devices were there
	local file=$1

	shift
	is "$(cat "$file")" "$(printf '%s\n' "$@" | sort)" "${file##*/}"
}

after_shutdown() {
	has guest-stops "$A" "$B" "$C" "$D" "$E"
	has after-devices "$D" "$E"
	is "$(tail -n 3 order)" "$A"$'\n'"$C"$'\n'"$B" "the newest went first"
	is "$(cat daemon)" active "the daemon runs meanwhile, and starts nothing anew"
	like "$(cat devices.log)" "Device $E of parent mtty is left: in use by process" "who is in use is named"
	like "$(cat devices.log)" "(perl)" "with its user"
	like "$(cat devices.log)" "3 devices were taken down, 1 are left" "and told in one line"
	is "$(grep -c "$B.*stays stopped" daemon.log)" 0 "what goes with the system is not told as stopped by somebody"
	like "$(cat daemon.log)" "$A on mtty was stopped by somebody" "what was, is"
	done_testing
}
