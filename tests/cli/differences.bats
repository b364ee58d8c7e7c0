#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What is different from mdevctl on purpose and has no place in the file of one verb, --dry-run first of all. In the
# other files: a broken neighbour (list, types, start-parent-mdevs), undefine of a corrupt definition, unknown keys and hard
# links (modify), locks, callouts, attribute names (start), stdout that cannot be written (usage).

load lib

@test "missing directories count as empty" {
	rm -r "${R:?}/usr"
	try list -v
	succeeds
	try define -u "$UX" -p mtty -t mtty-1
	succeeds
	try start -u "$UX"
	succeeds
	try stop -u "$U1"
	succeeds
	try undefine -u "$UX"
	succeeds
	rm -r "${R:?}/etc"
	try list -d
	succeeds
	prints ''
	try --version
	succeeds
}

@test "--dry-run: define shows the file that would be made" {
	unchanged try define -u "$UX" -p mtty -t mtty-1 --attr a=b --dry-run
	succeeds
	has "etc/mdevctl.d/mtty/$UX"
	has '+  "mdev_type": "mtty-1",'
	has '+      "a": "b"'
}

@test "--dry-run: undefine shows the file that would go" {
	unchanged try undefine -u "$U3" --dry-run
	succeeds
	has "etc/mdevctl.d/$PC/$U3"
	has '-  "mdev_type": "vfio_ccw-io",'
}

@test "--dry-run: modify shows the difference" {
	unchanged try modify -u "$U3" --addattr n --value x --dry-run
	succeeds
	has "etc/mdevctl.d/$PC/$U3"
	has '+      "n": "x"'
	[[ $output != *'-  "mdev_type"'* ]]
}

@test "--dry-run: start shows create and the attributes in order" {
	defined "$UX" mtty mtty-1 manual first 1 second 2
	unchanged try start -u "$UX" --dry-run
	succeeds
	has "mtty-1"
	[[ $output == *create*first*second* && $output == *"$UX"* ]]
}

@test "--dry-run: stop shows remove" {
	unchanged try stop -u "$U1" --dry-run
	succeeds
	[[ $output == *"$U1"*remove* || $output == *remove*"$U1"* ]]
}

@test "--dry-run refuses what the command would refuse" {
	unchanged try define -u "$U1" -p "$PA" -t x --dry-run
	[ "$status" = 1 ]
	unchanged try stop -u "$U5" --dry-run
	[ "$status" = 1 ]
	unchanged try start -u "$U1" --dry-run
	[ "$status" = 1 ]
	unchanged try modify -u "$UX" -a --dry-run
	[ "$status" = 1 ]
	unchanged try undefine -u "$UX" --dry-run
	[ "$status" = 1 ]
}

@test "--dry-run prints control characters so that a terminal is safe" {
	defined "$UX" mtty mtty-1 manual a 'x\u001b[31m\ny'
	type -P script >/dev/null || skip "no script(1)"
	command script -qec "mdevmgr start -u $UX --dry-run" /dev/null >out </dev/null
	[[ $(<out) == *"$UX"* && $(<out) != *$'\e'* ]]
}

@test "a UUID file in other case is found by its canonical name" {
	defined "${UA^^}" "$PB" nvidia-222 auto
	try list -d -p "$PB"
	[[ $status == 0 && $output == "$UA $PB nvidia-222 auto"* ]]
	try undefine -u "$UA" -p "$PB"
	[ "$status" = 0 ]
	no_file "etc/mdevctl.d/$PB/${UA^^}"
}

@test "what mdevctl panics at is an ordinary error" {
	echo '{"mdev_type":5,"start":"auto"}' >json/f
	try define -u "$UX" -p mtty --jsonfile json/f
	[[ $status == 1 && ${#stderr_lines[@]} == 1 && $stderr == "Error: "* ]]
	try start -p mtty --jsonfile json/f
	[[ $status == 1 && ${#stderr_lines[@]} == 1 && $stderr == "Error: "* ]]
	parent $'caf\xe9'
	try types
	[ "$status" = 0 ]
}

@test "define of a running device with attributes given takes those" {
	try define -u "$U2" --attr a=1
	succeeds
	definition "$U2" "$PA" i915-GVTg_V5_4 manual a 1
}
