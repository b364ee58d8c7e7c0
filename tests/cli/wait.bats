#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154
# wait. Limits are either short, where time must be up, or so long that they only end a test that hangs.

load lib

long=120

# later COMMAND...: when a wait has begun
later() {
	(
		sleep 1
		"$@"
	) >/dev/null 2>&1 3>&- &
}

# Takes an active device away: remains KIND, none or what is left while the kernel waits for its last user
gone() {
	local dir=$R/sys/devices/${DEVPATH[$2]}/$1
	rm "$R/sys/bus/mdev/devices/$1" "$R/sys/devices/${DEVPATH[$2]}/mdev_supported_types/$3/devices/$1"
	[[ ${4-} == remains ]] || rm -r "$dir"
}

@test "what is active is not waited for" {
	for args in "-u $U1" "-u $U2" "-p $PA" '-p matrix'; do
		# shellcheck disable=SC2086
		try wait $args
		succeeds
		prints ''
	done
}

@test "time is up: status 3, with the reason of each" {
	try wait -u "$U5" --timeout 1
	[[ $status == 3 && -z $output && ${#stderr_lines[@]} == 3 ]]
	[[ ${stderr_lines[0]} == "Warning: Device $U5 on parent gone is inactive"* ]]
	[[ ${stderr_lines[1]} == "Warning: Device $U5 on parent mtty is inactive: "* ]]
	[[ ${stderr_lines[2]} == "Error: Device $U5 is not active: after 1 s" ]]
	try wait --auto --timeout 1
	[[ $status == 3 && ${#stderr_lines[@]} == 2 ]]
	[[ ${stderr_lines[0]} == "Warning: Device $U5 on parent mtty is inactive: "* ]]
	[[ ${stderr_lines[1]} == "Error: 1 of 3 devices are not active: after 1 s" ]]
}

@test "reasons are told of some, and all are counted" {
	for i in {10..59}; do
		defined "000000$i-0000-0000-8000-000000000000" mtty mtty-1 auto
	done
	try wait -p mtty --timeout 1
	[[ $status == 3 && ${#stderr_lines[@]} == 21 ]]
	[[ ${stderr_lines[20]} == "Error: 51 of 51 devices are not active: after 1 s" ]]
}

@test "a device that comes" {
	later device "$U5" mtty mtty-2
	try wait -u "$U5" --timeout $long
	succeeds
	later device "$UX" mtty mtty-1
	defined "$UX" mtty mtty-1 auto
	try wait -p mtty --timeout $long
	succeeds
	try wait -a
	succeeds
}

@test "a parent that is not there is waited for" {
	defined "$UX" late t1 auto
	DEVPATH[late]=virtual/late/late
	appear() {
		parent late
		type_ late t1 1 vfio-pci
		device "$UX" late t1
	}
	later appear
	try wait -p late --timeout $long
	succeeds
}

@test "a device that goes" {
	later gone "$U1" "$PA" i915-GVTg_V5_4
	try wait -u "$U1" --gone --timeout $long
	succeeds
	later gone "$U2" "$PA" i915-GVTg_V5_4
	try wait -p "$PA" --gone --timeout $long
	succeeds
}

@test "a device that the kernel still holds is not gone" {
	gone "$U1" "$PA" i915-GVTg_V5_4 remains
	try wait -u "$U1" --gone --timeout 1
	[[ $status == 3 && $stderr == "Warning: Device $U1 on parent $PA is stopping: "*"Error: Device $U1 is not gone: after 1 s" ]]
	later rm -r "$R/sys/devices/${DEVPATH[$PA]}/$U1"
	try wait -u "$U1" --gone --timeout $long
	succeeds
}

@test "an unknown UUID is gone, and may come" {
	try wait -u "$UX" --gone
	succeeds
	try wait -u "$UX" --timeout 1
	[[ $status == 3 && ${stderr_lines[0]} == "Warning: Device $UX is neither defined nor active, waiting for it" ]]
	[[ ${stderr_lines[1]} == "Error: Device $UX is not active: nothing of this UUID is defined or active, after 1 s" ]]
	later device "$UX" mtty mtty-1
	try wait -u "$UX" --timeout $long
	[[ $status == 0 && ${#stderr_lines[@]} == 1 ]]
}

@test "--settled: what will not change is not waited for" {
	try wait --auto --settled --timeout $long
	succeeds
	mkdir -p "$R/run/mdevmgr/parents/mtty"
	printf '%s\n' boot_id= registration=1 phase=failed attempts=1 errno=22 'reason=no such thing' \
		>"$R/run/mdevmgr/parents/mtty/$U5"
	try wait -p mtty --settled --timeout $long
	[[ $status == 0 && $stderr == "Warning: Device $U5 on parent mtty is failed: no such thing" ]]
	printf '%s\n' boot_id= registration=1 phase=armed >"$R/run/mdevmgr/parents/mtty/$U5"
	try wait -p mtty --settled --timeout 1
	[[ $status == 3 && $stderr == *"Device $U5 on parent mtty is starting"*"Error: 1 of 1 devices are not settled: after 1 s" ]]
}

@test "a degraded device is active, and told" {
	mkdir -p "$R/run/mdevmgr/parents/$PA"
	printf '%s\n' boot_id= registration=1 phase=degraded 'reason=an attribute' >"$R/run/mdevmgr/parents/$PA/$U1"
	try wait -u "$U1"
	warns "Device $U1 on parent $PA is degraded: an attribute"
}

@test "a half-made device is not active, and not gone" {
	mkdir -p "$R/run/mdevmgr/parents/$PA"
	printf '%s\n' boot_id= registration=1 phase=half-made attempts=9 next=9000000000000000 \
		'reason=busy' >"$R/run/mdevmgr/parents/$PA/$U1"
	try wait -u "$U1" --timeout 1
	[[ $status == 3 && $stderr == *"Device $U1 on parent $PA is failed: the device is there, half made: busy"* ]]
	try wait -u "$U1" --gone --timeout 1
	[[ $status == 3 && $stderr == *"Device $U1 on parent $PA is failed"* ]]
}

@test "nothing to wait for is told" {
	try wait -p nowhere
	warns "No device on parent nowhere is started automatically"
	try wait -p nowhere --gone
	succeeds
}

@test "a signal ends it" {
	run --separate-stderr timeout -s TERM --preserve-status 2 mdevmgr wait -u "$U5"
	[[ $status == 143 && $stderr == "Error: Waiting was interrupted" ]]
}

@test "wrong command lines" {
	for args in '' "-u $U1 -a" '-p x -a' '-a --gone --settled' '-a --timeout 0' '-a --timeout x' '-a --timeout'; do
		# shellcheck disable=SC2086
		try wait $args
		refuses
	done
}
