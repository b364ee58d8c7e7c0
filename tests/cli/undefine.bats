#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# undefine

load lib

@test "undefine removes the file, keeps the directory and the running device" {
	try undefine -u "$U1"
	succeeds
	no_file "etc/mdevctl.d/$PA/$U1"
	[ -d "$R/etc/mdevctl.d/$PA" ]
	[ -e "$R/sys/bus/mdev/devices/$U1" ]
}

@test "without a parent, all parents' definitions go" {
	try undefine -u "$U5"
	succeeds
	no_file "etc/mdevctl.d/mtty/$U5"
	no_file "etc/mdevctl.d/gone/$U5"
}

@test "with a parent, only its" {
	try undefine -u "$U5" -p gone
	succeeds
	[ -e "$R/etc/mdevctl.d/mtty/$U5" ]
	no_file "etc/mdevctl.d/gone/$U5"
}

@test "several UUIDs at once" {
	try undefine -u "$U1" -u "$U3" --uuid="$U4"
	succeeds
	no_file "etc/mdevctl.d/$PA/$U1"
	no_file "etc/mdevctl.d/$PC/$U3"
	no_file "etc/mdevctl.d/matrix/$U4"
}

@test "several UUIDs: all are tried, one failure makes the status 1" {
	try undefine -u "$U1" -u "$UX" -u "$U3"
	[ "$status" = 1 ]
	[[ $stderr == *"No devices match the specified uuid"* ]]
	no_file "etc/mdevctl.d/$PA/$U1"
	no_file "etc/mdevctl.d/$PC/$U3"
}

@test "a corrupt definition can be undefined" {
	for text in '' '{' 'not JSON' '{"mdev_type":5}' '{"mdev_type":"t","start":"auto","attrs":[{"a":5}]}'; do
		rawdef "$UX" mtty "$text"
		try undefine -u "$UX"
		[[ $status == 0 && -z $output && $stderr != *Error* ]]
		no_file "etc/mdevctl.d/mtty/$UX"
	done
}

@test "an unreadable definition can be undefined by who may write the directory" {
	[ "$EUID" = 0 ] || skip "needs root, to give up a capability"
	chmod 000 "$R/etc/mdevctl.d/mtty/$U5"
	run --separate-stderr setpriv --bounding-set=-dac_override,-dac_read_search mdevmgr undefine -u "$U5" -p mtty
	[[ $status == 0 && -z $output ]]
	no_file "etc/mdevctl.d/mtty/$U5"
}

@test "what is not defined is told with mdevctl's words" {
	try undefine -u "$UX"
	fails 1 "No devices match the specified uuid"
	try undefine -u "$U1" -p mtty
	fails 1 "No devices match the specified uuid"
}

@test "a failing removal is told with device, file and cause; the others still go" {
	[ "$EUID" = 0 ] || skip "needs root, to give up a capability"
	chmod 555 "$R/etc/mdevctl.d/gone"
	run --separate-stderr setpriv --bounding-set=-dac_override,-dac_read_search mdevmgr undefine -u "$U5"
	chmod 755 "$R/etc/mdevctl.d/gone"
	[ "$status" = 1 ]
	[[ $stderr == *"Permission denied"* && $stderr == *"Undefine failed"* && $stderr == *gone* ]]
	no_file "etc/mdevctl.d/mtty/$U5"
	[ -e "$R/etc/mdevctl.d/gone/$U5" ]
}
