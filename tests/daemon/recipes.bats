#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # bats sets them
# Recipes in the daemon. The kernel of the fake root takes every write and does nothing, so what is looked
# at is which writes there were, and what is told.

load lib

# subchannel NUMBER DEVICE: with a device on it that the host has
subchannel() {
	local dir=$R/sys/devices/css0/$1

	mkdir -p "$dir/$2" "$R"/sys/bus/css/{devices,drivers/io_subchannel,drivers/vfio_ccw} \
		"$R/sys/bus/ccw/devices"
	echo 0 >"$dir/type"
	echo '(null)' >"$dir/driver_override"
	echo "$2" >"$dir/dev_busid"
	echo 0 >"$dir/$2/online"
	echo 3990/e9 >"$dir/$2/cutype"
	ln -s ../../../bus/css/drivers/io_subchannel "$dir/driver"
	ln -s "../../../devices/css0/$1" "$R/sys/bus/css/devices/$1"
	ln -s "../../../devices/css0/$1/$2" "$R/sys/bus/ccw/devices/$2"
	: >"$R/sys/bus/css/drivers/io_subchannel/unbind"
	: >"$R/sys/bus/css/drivers_probe"
}

# recipe NAME [JSON]
recipe() {
	mkdir -p "$R/etc/mdevmgr/parents.d"
	echo "${2-{\"kind\":\"vfio-ccw\"\}}" >"$R/etc/mdevmgr/parents.d/$1.json"
}

# is_override SUBCHANNEL TEXT
is_override() {
	[[ $(<"$R/sys/devices/css0/$1/driver_override") == "$2" ]]
}

# remembers NAME LINE
remembers() {
	grep -qx "$2" "$R/run/mdevmgr/recipes/$1" 2>/dev/null
}

@test "at boot all recipes are applied, one that is broken hides no other" {
	subchannel 0.0.0001 0.0.4711
	recipe 0.0.0815 '{'
	recipe 0.0.4711
	start_daemon
	wait_for is_override 0.0.0001 vfio_ccw
	wait_for said 'recipe of parent 0.0.0815 cannot be applied'
	wait_for remembers 0.0.4711 armed=1
}

@test "on a running system none is applied by the first look, and a new one is not touched" {
	running_system
	subchannel 0.0.0001 0.0.4711
	recipe 0.0.4711
	start_daemon
	wait_for remembers 0.0.4711 state=host
	recipe 0.0.4711 '{"kind": "vfio-ccw", "x": 1}'
	kill -HUP "$PID"
	wait_for said 'unknown key'
	is_override 0.0.0001 '(null)'
	run ! remembers 0.0.4711 armed=1
}

@test "hardware that comes is taken" {
	running_system
	recipe 0.0.4711
	mkdir -p "$R/sys/bus/css/devices" "$R/sys/bus/ccw/devices"
	start_daemon
	wait_for remembers 0.0.4711 state=absent
	subchannel 0.0.0001 0.0.4711
	kill -HUP "$PID"
	wait_for is_override 0.0.0001 vfio_ccw
}

@test "what was released stays with the host" {
	subchannel 0.0.0001 0.0.4711
	recipe 0.0.4711
	recipe 0.0.0815
	mkdir -p "$R/run/mdevmgr/recipes"
	printf 'boot_id=\npaused=1\n' >"$R/run/mdevmgr/recipes/0.0.4711"
	start_daemon
	wait_for remembers 0.0.0815 state=absent
	is_override 0.0.0001 '(null)'
	remembers 0.0.4711 paused=1
}

@test "a recipe that comes while the directory is not there yet is seen" {
	start_daemon
	wait_for is_over mtty "$U2"
	recipe 0.0.0815
	wait_for remembers 0.0.0815 state=absent
}

@test "without recipes nothing is remembered of any" {
	start_daemon
	wait_for is_over mtty "$U2"
	kill -HUP "$PID"
	end_daemon TERM
	[[ $status == 0 && ! -e $R/run/mdevmgr/recipes ]]
}

# ready NUMBER DEVICE: a subchannel that vfio_ccw has
ready() {
	local dir=$R/sys/devices/css0/$1

	subchannel "$1" "$2"
	ln -sfn ../../../bus/css/drivers/vfio_ccw "$dir/driver"
	mkdir -p "$dir/mdev_supported_types/vfio_ccw-io/devices" "$R/sys/class/mdev_bus"
	echo 1 >"$dir/mdev_supported_types/vfio_ccw-io/available_instances"
	: >"$dir/mdev_supported_types/vfio_ccw-io/create"
	ln -s "../../devices/css0/$1" "$R/sys/class/mdev_bus/$1"
}

@test "a disk that moves is told, and its definitions follow" {
	ready 0.0.0001 0.0.4711
	recipe 0.0.4711 "{\"kind\": \"vfio-ccw\", \"devices\": [\"$U2\"]}"
	mkdir -p "$R/etc/mdevctl.d/0.0.0001"
	echo '{"mdev_type": "vfio_ccw-io"}' >"$R/etc/mdevctl.d/0.0.0001/$U2"
	start_daemon
	wait_for remembers 0.0.4711 parent=0.0.0001
	rm -r "$R"/sys/devices/css0/0.0.0001 "$R"/sys/{bus/css/devices,class/mdev_bus}/0.0.0001 "$R/sys/bus/ccw/devices/0.0.4711"
	ready 0.0.0002 0.0.4711
	kill -HUP "$PID"
	wait_for said 'Device number 0.0.4711 has moved from subchannel 0.0.0001 to 0.0.0002'
	said "Definition of device $U2 follows device number 0.0.4711 from subchannel 0.0.0001 to 0.0.0002"
	[[ -f $R/etc/mdevctl.d/0.0.0002/$U2 && ! -e $R/etc/mdevctl.d/0.0.0001/$U2 ]]
}
