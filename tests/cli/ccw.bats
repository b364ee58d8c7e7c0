# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2030,SC2031 # bats sets status, output, stderr, in a subshell for each test
# Disks by device number (s390x): define --ccw, what keeps them together, names, other tools' settings.

load lib.bash

# subchannel NUMBER DEVICE [DRIVER]: as the css bus shows it; with vfio_ccw a parent
subchannel() {
	local dir=$R/sys/devices/css0/$1

	mkdir -p "$dir" "$R/sys/bus/css/devices" "$R/sys/bus/css/drivers/vfio_ccw" "$R/sys/bus/css/drivers/io_subchannel" \
		"$R/sys/bus/ccw/devices"
	echo 0 >"$dir/type"
	echo "$2" >"$dir/dev_busid"
	echo '(null)' >"$dir/driver_override"
	ln -sfn "../../../devices/css0/$1" "$R/sys/bus/css/devices/$1"
	[[ -z ${3-} ]] || ln -sfn "../../../bus/css/drivers/$3" "$dir/driver"
	case ${3-} in
	io_subchannel)
		mkdir -p "$dir/$2"
		echo 1 >"$dir/$2/online"
		echo 3990/e9 >"$dir/$2/cutype"
		ln -sfn "../../../devices/css0/$1/$2" "$R/sys/bus/ccw/devices/$2"
		;;
	vfio_ccw)
		mkdir -p "$dir/mdev_supported_types/vfio_ccw-io/devices" "$R/sys/class/mdev_bus"
		echo 1 >"$dir/mdev_supported_types/vfio_ccw-io/available_instances"
		echo vfio-ccw >"$dir/mdev_supported_types/vfio_ccw-io/device_api"
		: >"$dir/mdev_supported_types/vfio_ccw-io/create"
		ln -sfn "../../devices/css0/$1" "$R/sys/class/mdev_bus/$1"
		;;
	esac
}

# unplug NUMBER: a subchannel goes
unplug() {
	rm -rf "$R/sys/devices/css0/$1" "$R/sys/bus/css/devices/$1" "$R/sys/class/mdev_bus/$1"
}

fixture() {
	subchannel 0.0.0313 0.0.4711 io_subchannel
}

recipe_of() {
	cat "$R/etc/mdevmgr/parents.d/$1.json"
}

@test "a definition and a recipe are written together" {
	try define --ccw 4711 -u "$U1" --auto
	succeeds
	[[ -z $output ]]
	grep -q '"mdev_type": "vfio_ccw-io"' "$R/etc/mdevctl.d/0.0.0313/$U1"
	grep -q '"start": "auto"' "$R/etc/mdevctl.d/0.0.0313/$U1"
	[[ $(recipe_of 0.0.4711) == *'"kind": "vfio-ccw"'*"$U1"* ]]
	[[ $(recipe_of 0.0.4711) == *'"subchannel": "0.0.0313"'* ]]
	# No hardware is touched.
	[[ $(<"$R/sys/devices/css0/0.0.0313/0.0.4711/online") == 1 ]]
}

@test "without a UUID one is made and printed" {
	try define --ccw ccw:0.0.4711
	succeeds
	[[ -f $R/etc/mdevctl.d/0.0.0313/$output ]]
	[[ $(recipe_of 0.0.4711) == *"$output"* ]]
}

@test "a disk may be named by its subchannel" {
	try define --ccw css:0.0.0313 -u "$U1"
	succeeds
	[[ -f $R/etc/mdevmgr/parents.d/0.0.4711.json ]]
}

@test "a dry run tells both files and writes none" {
	try define --ccw 0.0.4711 -u "$U1" --dry-run
	succeeds
	[[ $output == *"write $R/etc/mdevmgr/parents.d/0.0.4711.json"* ]]
	[[ $output == *"write $R/etc/mdevctl.d/0.0.0313/$U1"* ]]
	[[ ! -e $R/etc/mdevmgr ]]
	[[ ! -e $R/etc/mdevctl.d/0.0.0313 ]]
}

@test "what is not visible is refused, and who hides it is told" {
	try define --ccw 0.0.4712
	fails 1 "Device 0.0.4712 is not visible: no subchannel carries it (*--subchannel*"
	echo 0.0.4000-0.0.4fff >"$R/proc/cio_ignore"
	try define --ccw 0.0.4712
	fails 1 "Device 0.0.4712 is not visible: cio_ignore hides it (free it with 'cio_ignore -r 0.0.4712'*"
	[[ ! -e $R/etc/mdevmgr ]]
	try define --ccw 0.0.4712 --subchannel 0.0.0400 -u "$U1"
	warns "subchannel 0.0.0400 is taken as said"
	[[ -f $R/etc/mdevctl.d/0.0.0400/$U1 ]]
}

@test "nothing is half written when the definition cannot be" {
	mkdir -p "$R/etc/mdevctl.d/0.0.0313"
	echo '{"mdev_type":"vfio_ccw-io"}' >"$R/etc/mdevctl.d/0.0.0313/$U1"
	try define --ccw 0.0.4711 -u "$U1"
	fails 1 "Device $U1 on 0.0.0313 already defined"
	[[ ! -e $R/etc/mdevmgr/parents.d/0.0.4711.json ]]
	try define --ccw 0.0.4711 -u "$U2"
	succeeds
	recipe_of 0.0.4711 >before
	try define --ccw 0.0.4711 -u "$U1"
	[[ $status == 1 ]]
	recipe_of 0.0.4711 | cmp - before
}

@test "a UUID belongs to one disk" {
	subchannel 0.0.0314 0.0.4712 io_subchannel
	try define --ccw 0.0.4711 -u "$U1"
	succeeds
	try define --ccw 0.0.4712 -u "$U1"
	fails 1 "Device $U1 belongs to device number 0.0.4711 already"
	try define --ccw 0.0.4711 -u "$U2"
	warns "Device number 0.0.4711 has device $U1 already"
}

@test "what cannot go together is a usage error" {
	local arguments

	for arguments in '-p mtty' '-t x' '--attr a=b' '--jsonfile f'; do
		# shellcheck disable=SC2086
		try define --ccw 0.0.4711 $arguments
		[[ $status == 2 ]]
	done
	try define --subchannel 0.0.0313 -u "$U1"
	[[ $status == 2 ]]
	try define --ccw disk
	fails 2 "'disk' is no device number"
}

@test "settings of driverctl and chzdev are named, and not fought over" {
	mkdir -p "$R/etc/driverctl.d" "$R/etc/udev/rules.d"
	echo vfio_ccw >"$R/etc/driverctl.d/css-0.0.0313"
	try define --ccw 0.0.4711 -u "$U1"
	warns "driverctl has the same setting for device 0.0.4711"
	echo other >"$R/etc/driverctl.d/css-0.0.0313"
	try define --ccw 0.0.4711 -u "$U2"
	fails 1 "Device 0.0.4711 is claimed by another tool: driverctl gives subchannel 0.0.0313 to driver other*"
	rm "$R/etc/driverctl.d/css-0.0.0313"
	echo 'ATTR{[ccw/0.0.4711]online}="1"' >"$R/etc/udev/rules.d/41-dasd-eckd-0.0.4711.rules"
	try define --ccw 0.0.4711 -u "$U2"
	fails 1 "Device 0.0.4711 is claimed by another tool: chzdev sets device 0.0.4711 online*41-dasd-eckd-0.0.4711.rules*chzdev --disable 0.0.4711*"
	try define --ccw 0.0.4711 -u "$U2" --force
	warns "chzdev --disable 0.0.4711"
}

@test "kinds that vfio_ccw cannot serve are refused" {
	echo 1731/03 >"$R/sys/devices/css0/0.0.0313/0.0.4711/cutype"
	try define --ccw 0.0.4711
	fails 1 "vfio_ccw cannot drive device 0.0.4711: it is a FCP adapter (zfcp)*"
}

@test "a start takes the disk from the host first" {
	try define --ccw 0.0.4711 -u "$U1"
	succeeds
	try start -u "$U1"
	# Plain files keep what is written, and do no more.
	[[ $(<"$R/sys/devices/css0/0.0.0313/0.0.4711/online") == 0 ]]
	[[ $(<"$R/sys/devices/css0/0.0.0313/driver_override") == vfio_ccw ]]
}

@test "a start is refused while the host uses the disk, and define tells of that" {
	local block=$R/sys/devices/css0/0.0.0313/0.0.4711/block/dasda

	mkdir -p "$block/dasda1/holders" "$R/sys/class/block"
	echo 94:1 >"$block/dasda1/dev"
	ln -s ../../devices/css0/0.0.0313/0.0.4711/block/dasda/dasda1 "$R/sys/class/block/dasda1"
	mkdir -p "$R/proc/self"
	echo '22 1 94:1 / /srv rw - ext4 /dev/dasda1 rw' >"$R/proc/self/mountinfo"
	try define --ccw 0.0.4711 -u "$U1"
	warns "The host uses device 0.0.4711, and keeps it until that ends: dasda1 is mounted on /srv"
	try start -u "$U1"
	fails 4 "Parent 0.0.4711 cannot be set up: the host uses device 0.0.4711: dasda1 is mounted on /srv*"
	[[ $(<"$R/sys/devices/css0/0.0.0313/0.0.4711/online") == 1 ]]
}

@test "another disk on the old subchannel is left alone" {
	try define --ccw 0.0.4711 -u "$U1" --auto
	succeeds
	unplug 0.0.0313
	subchannel 0.0.0313 0.0.0801 vfio_ccw
	try start -u "$U1" -p 0.0.0313
	fails 1 "Device $U1 belongs to device number 0.0.4711: parent 0.0.0313 carries 0.0.0801*"
	try start-parent-mdevs 0.0.0313
	warns "belongs to device number 0.0.4711"
	[[ ! -s $R/sys/devices/css0/0.0.0313/mdev_supported_types/vfio_ccw-io/create ]]
}

@test "a definition follows its disk" {
	try define --ccw 0.0.4711 -u "$U1" --auto
	succeeds
	unplug 0.0.0313
	subchannel 0.0.0313 0.0.0801 vfio_ccw
	subchannel 0.0.0315 0.0.4711 vfio_ccw
	try parent apply 0.0.4711
	warns "Definition of device $U1 follows device number 0.0.4711 from subchannel 0.0.0313 to 0.0.0315"
	[[ -f $R/etc/mdevctl.d/0.0.0315/$U1 && ! -e $R/etc/mdevctl.d/0.0.0313/$U1 ]]
	try start -u "$U1"
	succeeds
	[[ $(<"$R/sys/devices/css0/0.0.0315/mdev_supported_types/vfio_ccw-io/create") == "$U1" ]]
}

@test "undefine takes the binding with it, and tells of a disk that is passed on for nothing" {
	try define --ccw 0.0.4711 -u "$U1"
	succeeds
	try undefine -u "$U1" --dry-run
	succeeds
	[[ $output == *"parents.d/0.0.4711.json"* ]]
	[[ $(recipe_of 0.0.4711) == *"$U1"* ]]
	try undefine -u "$U1"
	warns "Device number 0.0.4711 keeps its recipe*parent release 0.0.4711*"
	[[ $(recipe_of 0.0.4711) != *"$U1"* ]]
	try parent undefine 0.0.4711
	succeeds
}

@test "a bare number that is a device and another's subchannel is refused with both spellings" {
	subchannel 0.0.4711 0.0.4799 io_subchannel
	try parent define 0.0.4711
	fails 1 "0.0.4711 is a device number and a subchannel, of different devices (say ccw:0.0.4711 for the device, css:0.0.4711*"
	try parent define css:0.0.4711
	succeeds
	[[ -f $R/etc/mdevmgr/parents.d/0.0.4799.json ]]
	# define --ccw has said which it is.
	try define --ccw 0.0.4711 -u "$U1"
	succeeds
	[[ -f $R/etc/mdevmgr/parents.d/0.0.4711.json ]]
}
