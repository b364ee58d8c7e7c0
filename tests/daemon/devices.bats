#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # bats sets them
# mdevmgr-devices on fake roots: when up returns and what it says, what down takes.

bats_require_minimum_version 1.5.0
# shellcheck source=tests/golden/fixtures.bash
source "$BATS_TEST_DIRNAME/../golden/fixtures.bash"

export LC_ALL=C
unset MDEVCTL_LOG JOURNAL_STREAM
umask 022

setup() {
	R=$BATS_TEST_TMPDIR/root
	export MDEVCTL_ENV_ROOT=$R
	skeleton
	mkdir -p "$R"/run/mdevmgr "$R"/proc/sys/kernel/random "$R"/dev "$R"/usr/bin \
		"$R"/etc/mdevmgr
	echo 5a8ec1b2-0000-0000-8000-000000000001 >"$R/proc/sys/kernel/random/boot_id"
	parent mtty
	type_ mtty mtty-1 24 vfio-pci
	device "$U1" mtty mtty-1
	defined "$U1" mtty mtty-1 auto
	system_says running
	settings ParentGraceSec=0
}

devices() {
	run timeout 60 "${top_builddir:?}/src/mdevmgr-devices" "$@"
}

# system_says WORD: systemctl's
system_says() {
	printf '#!/bin/sh\necho %s\nexit 1\n' "$1" >"$R/usr/bin/systemctl"
	chmod +x "$R/usr/bin/systemctl"
}

# settings LINE...
settings() {
	printf '%s\n' '[Boot]' "$1" '[Shutdown]' "${@:2}" >"$R/etc/mdevmgr/mdevmgr.conf"
}

# noted PARENT [UUID...]: its registration was seen, and armed these
noted() {
	mkdir -p "$R/run/mdevmgr/parents/$1"
	{
		echo "boot_id=$(cat "$R/proc/sys/kernel/random/boot_id")"
		printf '%s\n' registration=1 since=1
		printf 'armed=%s\n' "${@:2}"
	} >"$R/run/mdevmgr/parents/$1/registration"
}

# record PARENT UUID PHASE
record() {
	mkdir -p "$R/run/mdevmgr/parents/$1"
	printf '%s\n' "boot_id=$(cat "$R/proc/sys/kernel/random/boot_id")" registration=1 "phase=$3" \
		>"$R/run/mdevmgr/parents/$1/$2"
}

# says STATUS TEXT: the whole of the output
says() {
	[[ $status == "$1" && $output == "$2" ]] || {
		printf 'status %s: %s\n' "$status" "$output" >&2
		return 1
	}
}

# removed UUID: somebody wrote to its remove
removed() {
	[[ $(cat "$R/sys/bus/mdev/devices/$1/remove") == 1 ]]
}

@test "up returns when all are active" {
	devices up
	says 0 "1 of 1 devices that start by themselves are active"
}

@test "up: manual definitions and devices without one do not count" {
	defined "$U2" mtty mtty-1 manual
	device "$U3" mtty mtty-1
	devices up
	says 0 "1 of 1 devices that start by themselves are active"
}

@test "up waits for a missing parent, but not for ever" {
	settings ParentGraceSec=2
	defined "$U2" late t1 auto
	local begin=$SECONDS
	devices up
	((SECONDS - begin >= 1))
	[[ $status == 0 ]]
	[[ $output == "1 of 2 devices that start by themselves is not there after 2 s: $U2 of parent late (waiting-parent: "* ]]
}

@test "up waits longer for a parent that a recipe makes" {
	settings $'ParentGraceSec=0\nDevicesTimeoutSec=2'
	defined "$U2" matrix vfio_ap-passthrough auto
	devices up
	[[ $output == *"is not there after 0 s: $U2 of parent matrix (waiting-parent: "* ]]
	mkdir -p "$R/etc/mdevmgr/parents.d"
	echo '{"kind": "vfio-ap"}' >"$R/etc/mdevmgr/parents.d/matrix.json"
	devices up
	[[ $status == 0 && $output == *"is not there after 2 s: $U2 of parent matrix (waiting-parent: "* ]]
}

@test "up sees a parent that comes meanwhile" {
	settings ParentGraceSec=50
	defined "$U2" late t1 auto
	(
		exec 3>&-
		sleep 1
		parent late
		type_ late t1 1 vfio-pci
		device "$U2" late t1
	) &
	devices up
	wait
	says 0 "2 of 2 devices that start by themselves are active"
}

@test "up waits for what is being started until its limit" {
	printf '%s\n' '[Boot]' ParentGraceSec=0 DevicesTimeoutSec=2 >"$R/etc/mdevmgr/mdevmgr.conf"
	defined "$U2" mtty mtty-1 auto
	noted mtty "$U2"
	record mtty "$U2" armed
	devices up
	[[ $status == 0 && $output == "1 of 2 devices"*"is not there after 2 s: $U2 of parent mtty (starting"* ]]
}

@test "up names what nobody has looked at" {
	defined "$U2" mtty mtty-1 auto
	devices up
	[[ $status == 0 && $output == "1 of 2 devices"*"is not there after 0 s: $U2 of parent mtty (inactive: "* ]]
}

@test "up tells of a parent that cannot be looked at" {
	printf '%s\n' '[Boot]' ParentGraceSec=0 DevicesTimeoutSec=1 >"$R/etc/mdevmgr/mdevmgr.conf"
	defined "$U2" bad t1 auto
	: >"$R/sys/class/mdev_bus/bad"
	devices up
	[[ $status == 0 && $output == "1 of 2 devices"*"of parent bad ("* ]]
}

@test "up does not wait for what was stopped, nor tell of it" {
	defined "$U2" mtty mtty-1 auto
	noted mtty "$U2"
	record mtty "$U2" 'done'
	devices up
	says 0 "1 of 2 devices that start by themselves are active"
}

@test "up ends the mark of a shutdown" {
	system_says stopping
	devices down
	[[ -e $R/run/mdevmgr/stopping ]]
	devices up
	[[ $status == 0 && ! -e $R/run/mdevmgr/stopping ]]
}

@test "down changes nothing while the system runs" {
	devices down
	says 0 "Devices stay, since the system is not going down"
	run ! removed "$U1"
	[[ ! -e $R/run/mdevmgr/stopping ]]
}

@test "down takes down what is defined, leaves what is not" {
	system_says stopping
	device "$U2" mtty mtty-1
	device "$U3" mtty mtty-1
	defined "$U3" mtty mtty-1 manual
	parent other
	type_ other t1 1 vfio-pci
	defined "$U2" other t1 auto
	devices down
	says 0 "2 devices were taken down, 0 are left"
	removed "$U1"
	removed "$U3"
	run ! removed "$U2"
}

@test "down takes down what is half made" {
	system_says stopping
	record mtty "$U1" half-made
	echo next=9000000000000000 >>"$R/run/mdevmgr/parents/mtty/$U1"
	devices down
	says 0 "1 devices were taken down, 0 are left"
	removed "$U1"
}

@test "down arms what starts by itself, and nothing else" {
	system_says stopping
	device "$U3" mtty mtty-1
	defined "$U3" mtty mtty-1 manual
	devices down
	grep -qx phase=armed "$R/run/mdevmgr/parents/mtty/$U1"
	run ! grep -qx phase=armed "$R/run/mdevmgr/parents/mtty/$U3"
}

@test "down asks callouts, and leaves what they refuse" {
	system_says stopping
	printf '#!/bin/sh\nexit 1\n' >"$R/usr/lib/mdevctl/scripts.d/callouts/no"
	chmod +x "$R/usr/lib/mdevctl/scripts.d/callouts/no"
	devices down
	[[ $status == 0 && ${lines[-1]} == "0 devices were taken down, 1 are left" ]]
	[[ $output == *"Device $U1 of parent mtty is left: "* ]]
	run ! removed "$U1"
}

@test "down names what it did not reach before it had to end" {
	system_says stopping
	device "$U3" mtty mtty-1
	defined "$U3" mtty mtty-1 manual
	# shellcheck disable=SC2016 # the script expands it
	printf '#!/bin/sh\nkill -TERM "$PPID"\nexit 1\n' >"$R/usr/lib/mdevctl/scripts.d/callouts/no"
	chmod +x "$R/usr/lib/mdevctl/scripts.d/callouts/no"
	devices down
	[[ $status == 0 && ${lines[-1]} == "0 devices were taken down, 2 are left" ]]
	[[ $output == *"Device $U1 of parent mtty is left: "* ]]
	[[ $output == *"Device $U3 of parent mtty is left: "* ]]
	[[ $output == *" is left: it was not reached in time"* ]]
}

@test "StopDevices=no leaves all" {
	system_says stopping
	settings ParentGraceSec=0 StopDevices=no
	devices down
	says 0 "Devices stay, as StopDevices=no says"
	run ! removed "$U1"
}

@test "no memory of the boot, no definitions: fine" {
	rm -r "$R/run/mdevmgr" "$R/etc/mdevctl.d"
	system_says stopping
	devices up
	says 0 "0 of 0 devices that start by themselves are active"
	devices down
	says 0 "0 devices were taken down, 0 are left"
}

@test "usage" {
	devices
	says 2 "Usage: mdevmgr-devices up|down"
	devices sideways
	says 2 "Usage: mdevmgr-devices up|down"
}
