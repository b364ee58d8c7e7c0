#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154
# parent define, undefine, list, show, apply, release. The kernel takes every write and does nothing: which
# writes there are is looked at here, what they do in the virtual machines.

load lib

RECIPES=etc/mdevmgr/parents.d

fixture() {
	fixture_base
	mkdir -p "$R/run/mdevmgr"
	subchannel 0.0.0313 0.0.4711
}

# subchannel NUMBER DEVICE: with a device on it that the host has
subchannel() {
	local dir=$R/sys/devices/css0/$1

	mkdir -p "$dir/$2" "$R"/sys/bus/css/{devices,drivers/io_subchannel,drivers/vfio_ccw} \
		"$R/sys/bus/ccw/devices"
	echo 0 >"$dir/type"
	echo '(null)' >"$dir/driver_override"
	echo "$2" >"$dir/dev_busid"
	echo 1 >"$dir/$2/online"
	echo 3990/e9 >"$dir/$2/cutype"
	ln -s ../../../bus/css/drivers/io_subchannel "$dir/driver"
	ln -s "../../../devices/css0/$1" "$R/sys/bus/css/devices/$1"
	ln -s "../../../devices/css0/$1/$2" "$R/sys/bus/ccw/devices/$2"
	: >"$R/sys/bus/css/drivers/io_subchannel/unbind"
	: >"$R/sys/bus/css/drivers/vfio_ccw/unbind"
	: >"$R/sys/bus/css/drivers_probe"
}

# given_to_vfio: the subchannel is a parent
given_to_vfio() {
	local dir=$R/sys/devices/css0/0.0.0313

	rm -r "$dir/0.0.4711" "$R/sys/bus/ccw/devices/0.0.4711"
	echo vfio_ccw >"$dir/driver_override"
	ln -sfn ../../../bus/css/drivers/vfio_ccw "$dir/driver"
	mkdir -p "$dir/mdev_supported_types/vfio_ccw-io/devices"
	echo 1 >"$dir/mdev_supported_types/vfio_ccw-io/available_instances"
	ln -s ../../devices/css0/0.0.0313 "$R/sys/class/mdev_bus/0.0.0313"
}

# recipe NAME TEXT
recipe() {
	mkdir -p "$R/$RECIPES"
	printf '%s\n' "$2" >"$R/$RECIPES/$1.json"
}

# written PATH TEXT: to a file of sysfs
written() {
	[[ $(<"$R/sys/$1") == "$2" ]] || { echo "$1: $(<"$R/sys/$1")" >&2; return 1; }
}

remembers() {
	grep -qx "$2" "$R/run/mdevmgr/recipes/$1"
}

CCW='{
  "kind": "vfio-ccw",
  "device": "0.0.4711",
  "driver": "vfio_ccw",
  "subchannel": "0.0.0313",
  "devices": []
}'

@test "define writes the recipe and touches no hardware" {
	try parent define 0.0.4711 --driver vfio_ccw
	succeeds
	prints ''
	file_is "$RECIPES/0.0.4711.json" "$CCW
"
	[[ $(stat -c %a "$R/$RECIPES/0.0.4711.json") == 644 ]]
	written devices/css0/0.0.0313/driver_override '(null)'
	no_file run/mdevmgr/recipes
}

@test "a device is named in several ways, all of them one recipe" {
	for name in ccw:0.0.4711 css:0.0.0313 0.0.0313 4711; do
		rm -f "$R/$RECIPES"/*
		try parent define "$name"
		succeeds
		[[ $(ls "$R/$RECIPES") == 0.0.4711.json ]]
	done
}

@test "a number that is a device's and a subchannel's is refused with both spellings" {
	subchannel 0.0.4711 0.0.0001
	try parent define 0.0.4711
	fails 1
	[[ $stderr == *ccw:0.0.4711* && $stderr == *css:0.0.4711* ]]
	try parent define ccw:0.0.4711
	succeeds
	try parent define css:0.0.4711
	succeeds
	[[ $(ls "$R/$RECIPES") == $'0.0.0001.json\n0.0.4711.json' ]]
}

@test "a subchannel's number that is a device's out of sight, too, is refused with both spellings" {
	mkdir -p "$R/proc"
	echo 0.0.0300-0.0.03ff >"$R/proc/cio_ignore"
	unchanged try parent define 0.0.0313
	fails 1 '0.0.0313 is a device number and a subchannel, of different devices (say ccw:0.0.0313 for the device, css:0.0.0313 for the subchannel'
	rm "$R/proc/cio_ignore"
	recipe 0.0.0313 '{"kind": "vfio-ccw"}'
	unchanged try parent apply 0.0.0313
	fails 1 '0.0.0313 is a device number and a subchannel, of different devices'
	try parent apply css:0.0.0313
	fails 1 'There is no recipe of parent 0.0.4711'
}

@test "define changes what is given of a recipe that is there, and keeps the rest" {
	recipe 0.0.4711 "{\"kind\": \"vfio-ccw\", \"devices\": [\"$U1\"], \"note\": {\"a\": 1}}"
	try parent define 0.0.4711
	warns 'unknown key "note"'
	grep -q "$U1" "$R/$RECIPES/0.0.4711.json"
	grep -q '"a": 1' "$R/$RECIPES/0.0.4711.json"
	grep -q '"subchannel": "0.0.0313"' "$R/$RECIPES/0.0.4711.json"
}

@test "define --dry-run shows the file as a diff, with --now the steps" {
	unchanged try parent define 0.0.4711 --dry-run --now
	succeeds
	has "write $R/$RECIPES/0.0.4711.json"
	has '+  "device": "0.0.4711"'
	has "set device 0.0.4711 offline: write '0' to /sys/bus/ccw/devices/0.0.4711/online"
}

@test "define --now applies" {
	try parent define 0.0.4711 --now
	succeeds
	written devices/css0/0.0.0313/driver_override vfio_ccw
	remembers 0.0.4711 armed=1
}

@test "options of the other kind of parent are refused" {
	unchanged try parent define 0.0.4711 --reserve-adapters 5
	fails 2 'Cannot define parent 0.0.4711: reserving adapters is not for this kind of parent'
	unchanged try parent define matrix --driver vfio_ap
	fails 2 'Cannot define parent matrix: a driver is not for this kind of parent'
}

@test "numbers that nobody could mean are refused" {
	unchanged try parent define matrix --reserve-adapters 256
	fails 2
	unchanged try parent define matrix --reserve-domains 047
	fails 2
	unchanged try parent define 0.0.4711 --subchannel x
	fails 2 "Invalid subchannel 'x'"
	unchanged try parent define ../x
	fails 1
}

@test "a recipe that cannot be read is not overwritten" {
	recipe 0.0.4711 '{'
	try parent define 0.0.4711
	fails 1 'invalid json: '
	file_is "$RECIPES/0.0.4711.json" '{
'
	[[ $stderr == *parents.d/0.0.4711.json* ]]
}

@test "apply does the steps, once" {
	recipe 0.0.4711 "$CCW"
	try parent apply 0.0.4711
	succeeds
	prints ''
	written bus/ccw/devices/0.0.4711/online 0
	written devices/css0/0.0.0313/driver_override vfio_ccw
	written bus/css/drivers/io_subchannel/unbind 0.0.0313
	given_to_vfio
	: >"$R/sys/bus/css/drivers/io_subchannel/unbind"
	try parent apply 0.0.4711
	succeeds
	written bus/css/drivers/io_subchannel/unbind ''
	try parent list --noheadings
	prints '0.0.4711 vfio-ccw ready 0.0.0313 -'
}

@test "apply --dry-run tells the steps and does nothing" {
	recipe 0.0.4711 "$CCW"
	unchanged try parent apply 0.0.4711 --dry-run
	succeeds
	has "let only vfio_ccw drive subchannel 0.0.0313"
}

@test "apply --all: hardware that is not there is no failure, a broken file is" {
	recipe 0.0.4711 "$CCW"
	recipe 0.0.0815 '{"kind": "vfio-ccw"}'
	try parent apply --all
	succeeds
	written devices/css0/0.0.0313/driver_override vfio_ccw
	recipe 0.0.0001 '{'
	try parent apply --all
	fails 1 '1 of 3 recipes cannot be applied'
	[[ $stderr == *'Warning: '*parents.d/0.0.0001.json* ]]
}

@test "apply of hardware that is not there fails when it is named" {
	recipe 0.0.0815 '{"kind": "vfio-ccw"}'
	try parent apply 0.0.0815
	fails 1
}

@test "apply needs a parent, --all or --due, and only one of them" {
	try parent apply
	fails 2 'Either a parent is needed, or --all, or --due'
	try parent apply --all matrix
	fails 2 'Either a parent is needed'
	try parent apply --all --due
	refuses
}

@test "apply --due leaves alone what was just defined, and takes what comes" {
	recipe 0.0.4711 "$CCW"
	recipe 0.0.0815 '{"kind": "vfio-ccw"}'
	try parent apply --due
	succeeds
	written devices/css0/0.0.0313/driver_override '(null)'
	remembers 0.0.0815 state=absent
	subchannel 0.0.0400 0.0.0815
	try parent apply --due
	succeeds
	written devices/css0/0.0.0313/driver_override '(null)'
	written devices/css0/0.0.0400/driver_override vfio_ccw
}

@test "release undoes it, and pauses the recipe until it is applied" {
	recipe 0.0.4711 "$CCW"
	given_to_vfio
	try parent release 0.0.4711
	succeeds
	remembers 0.0.4711 paused=1
	[[ $(<"$R/sys/devices/css0/0.0.0313/driver_override") != vfio_ccw ]]
	subchannel 0.0.0400 0.0.0815
	recipe 0.0.0815 '{"kind": "vfio-ccw"}'
	: >"$R/sys/devices/css0/0.0.0313/driver_override"
	try parent apply --all
	succeeds
	written devices/css0/0.0.0313/driver_override ''
	written devices/css0/0.0.0400/driver_override vfio_ccw
	try parent apply 0.0.4711
	remembers 0.0.4711 paused=0
}

@test "release is refused while a device is active on the parent" {
	recipe 0.0.4711 "$CCW"
	given_to_vfio
	# shellcheck disable=SC2034,SC2079 # of fixtures.bash, by names
	DEVPATH[0.0.0313]=css0/0.0.0313
	device "$U3" 0.0.0313 vfio_ccw-io
	try parent release 0.0.4711
	fails 4 "Cannot release parent 0.0.4711: device $U3 is active on it (mdevmgr stop -p 0.0.0313*"
}

@test "a release that fails halfway is remembered as paused and failed" {
	recipe 0.0.4711 "$CCW"
	given_to_vfio
	rm "$R/sys/bus/css/drivers/vfio_ccw/unbind"
	try parent release 0.0.4711
	fails 1 'Parent 0.0.4711: failed to take subchannel 0.0.0313 from driver vfio_ccw: No such file or directory'
	remembers 0.0.4711 paused=1
	remembers 0.0.4711 errno=2
}

@test "undefine deletes the recipe, also a broken one" {
	recipe 0.0.4711 "$CCW"
	recipe matrix '{'
	try parent undefine 0.0.4711 --dry-run
	succeeds
	has "delete $R/$RECIPES/0.0.4711.json"
	try parent undefine 0.0.4711
	succeeds
	no_file "$RECIPES/0.0.4711.json"
	try parent undefine matrix
	succeeds
	no_file "$RECIPES/matrix.json"
	try parent undefine matrix
	fails 1 'There is no recipe of parent matrix: '
}

@test "undefine of what is applied tells that the host does not have it back" {
	recipe 0.0.4711 "$CCW"
	given_to_vfio
	try parent undefine 0.0.4711
	warns 'The host does not have the hardware of parent 0.0.4711 back'
}

@test "list and show, as text and as JSON" {
	try parent list
	succeeds
	prints ''
	try parent list --json
	prints '{
  "recipes": []
}'
	recipe 0.0.4711 "$CCW"
	recipe 0.0.0001 '{'
	try parent list
	warns
	[[ ${lines[0]} == 'NAME     KIND     STATE  PARENT REASON' ]]
	[[ ${lines[1]} == '0.0.0001 -        broken -      '* ]]
	[[ ${lines[2]} == '0.0.4711 vfio-ccw host   -      '* ]]
	try parent list --json
	[[ $(python3 -c 'import json, sys
for r in json.load(sys.stdin)["recipes"]: print(r["name"], r["state"], r["bad"], r.get("device"))' <<<"$output") == \
		$'0.0.0001 broken True None\n0.0.4711 host False 0.0.4711' ]]
	try parent show 0.0.4711
	succeeds
	has 'Subchannel: 0.0.0313'
	try parent show --json 4711
	[[ $(python3 -c 'import json, sys; print(json.load(sys.stdin)["driver"])' <<<"$output") == vfio_ccw ]]
	try parent show matrix
	fails 1 'There is no recipe of parent matrix: '
}

@test "status tells of recipes, and ends with 3 where one cannot be applied" {
	recipe 0.0.4711 "$CCW"
	try status
	[[ $status != 3 ]]
	has 'Recipe 0.0.4711: host: '
	recipe 0.0.0001 '{'
	try status
	[[ $status == 3 ]]
	has 'Recipe 0.0.0001: broken: '
	try status --failed --noheadings
	[[ $status == 3 && $output != *4711* ]]
	has 'Recipe 0.0.0001: broken: '
	try status --json
	[[ $(python3 -c 'import json, sys; print(len(json.load(sys.stdin)["recipes"]))' <<<"$output") == 2 ]]
}

@test "help and usage errors of a verb of two words" {
	try parent --help
	succeeds
	has 'Usage: mdevmgr parent <COMMAND>'
	has '  define '
	try parent
	refuses
	try parent define
	refuses
	[[ $stderr == *'Usage: mdevmgr parent define [OPTIONS] <PARENT>'* ]]
	try help parent define
	succeeds
	has '--reserve-adapters'
}
