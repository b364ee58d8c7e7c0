#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# modify

load lib

@test "modify -t alone changes the type" {
	try modify -u "$U1" -t other
	succeeds
	definition "$U1" "$PA" other auto
}

@test "modify -t takes the type's name" {
	defined "$UX" "$PB" x manual
	try modify -u "$UX" -t 'GRID T4-2Q'
	[ "$status" = 0 ]
	[[ $stderr == *nvidia-223* ]]
	definition "$UX" "$PB" nvidia-223 manual
}

@test "modify -t with a blank is refused where no type has this name, or the parent is away" {
	try modify -u "$U1" -t 'no such'
	[[ $status == 1 && -z $output ]]
	definition "$U1" "$PA" i915-GVTg_V5_4 auto
	try modify -u "$U5" -p gone -t 'GRID T4-1Q'
	[[ $status == 1 && -z $output ]]
}

@test "modify -t goes with the other changes" {
	try modify -u "$U1" -t other --addattr a --value 1
	succeeds
	definition "$U1" "$PA" other auto a 1
}

@test "unknown keys stay, behind the known ones and in their order" {
	rawdef "$UX" mtty '{"z":1,"attrs":[{"k":"v"}],"x-owner":{"b":[1,2.5,null,true,"é"],"a":{}},"start":"auto","mdev_type":"mtty-1","e":[]}'
	try modify -u "$UX" -m
	succeeds
	[ "$(jq -c . "$R/etc/mdevctl.d/mtty/$UX")" = \
		'{"mdev_type":"mtty-1","start":"manual","attrs":[{"k":"v"}],"z":1,"x-owner":{"b":[1,2.5,null,true,"é"],"a":{}},"e":[]}' ]
	[[ $(<"$R/etc/mdevctl.d/mtty/$UX") == $'{\n  "mdev_type": "mtty-1",\n  "start": "manual",\n  "attrs": ['* ]]
}

@test "--jsonfile replaces the whole document, unknown keys too" {
	rawdef "$UX" mtty '{"old":1,"start":"auto","mdev_type":"mtty-1"}'
	echo '{"start":"manual","new":[1],"mdev_type":"mtty-2","attrs":[{"a":"b"}]}' >"$R/json/f"
	try modify -u "$UX" -p mtty --jsonfile json/f
	succeeds
	file=$(<"$R/etc/mdevctl.d/mtty/$UX")
	[[ $file != *old* ]]
	[ "$(jq -c '.mdev_type, .start, .attrs' <<<"$file" | tr '\n' ' ')" = '"mtty-2" "manual" [{"a":"b"}] ' ]
}

@test "list and callouts do not see unknown keys" {
	rawdef "$UX" mtty '{"x":1,"start":"auto","mdev_type":"mtty-1"}'
	try list -d -u "$UX" --dumpjson
	succeeds
	json mtty-1 auto
	prints "$REPLY"
}

@test "64-bit integers in unknown keys survive" {
	rawdef "$UX" mtty '{"mdev_type":"mtty-1","start":"auto","n":-9223372036854775808,"m":18446744073709551615}'
	try modify -u "$UX" -m
	succeeds
	[[ $(<"$R/etc/mdevctl.d/mtty/$UX") == *'-9223372036854775808'*'18446744073709551615'* ]]
}

@test "a document that we cannot keep as it is, is read but not modified" {
	text='{"mdev_type":"mtty-1","start":"auto","n":123456789012345678901234567890}'
	rawdef "$UX" mtty "$text"
	try list -d -u "$UX"
	succeeds
	prints "$UX mtty mtty-1 auto"
	try modify -u "$UX" -m
	[[ $status == 1 && ${#stderr_lines[@]} == 1 && $stderr == "Error: "*"$UX"* ]]
	file_is "etc/mdevctl.d/mtty/$UX" "$text"
	try start -u "$UX"
	succeeds
	try undefine -u "$UX"
	succeeds
}

@test "modify keeps mode and owner, and makes a new file" {
	file=$R/etc/mdevctl.d/$PA/$U1
	chmod 640 "$file"
	[ "$EUID" != 0 ] || chown 1234:5678 "$file"
	before=$(stat -c '%a %u %g' "$file")
	inode=$(stat -c %i "$file")
	ln "$file" "$R/json/hardlink"
	try modify -u "$U1" -m
	succeeds
	[ "$(stat -c '%a %u %g' "$file")" = "$before" ]
	[ "$(stat -c %i "$file")" != "$inode" ]
	json i915-GVTg_V5_4 auto
	file_is json/hardlink "$REPLY"
	definition "$U1" "$PA" i915-GVTg_V5_4 manual
}

@test "modify --jsonfile does not write through a symlink" {
	echo '{"mdev_type":"t","start":"auto"}' >"$R/json/f"
	echo victim >"$R/json/victim"
	ln -s "$R/json/victim" "$R/etc/mdevctl.d/mtty/$UX"
	try modify -u "$UX" -p mtty --jsonfile json/f
	file_is json/victim $'victim\n'
}

@test "an index that is not there: status 1, the file stays, the message says what is there" {
	try modify -u "$U3" --delattr -i 2
	fails 1 "Attribute index 2 is invalid"
	[[ $stderr == *"attributes 0 to 1"* ]]
	try modify -u "$U3" --addattr x --value y -i 3
	fails 1 "Attribute index 3 is invalid"
	try modify -u "$U1" --delattr -i 0
	fails 1 "Attribute index 0 is invalid"
	definition "$U3" "$PC" vfio_ccw-io manual a1 v1 a2 'v \"q\" \\ é\n'
}

@test "addattr with a name that leads out of the device is refused" {
	for name in ../x /etc/passwd a/../b .. remove uevent ''; do
		try modify -u "$U1" --addattr "$name" --value 1
		[[ $status == 1 && -z $output && ${#stderr_lines[@]} == 1 ]]
	done
	definition "$U1" "$PA" i915-GVTg_V5_4 auto
}

@test "a broken definition is not modified; the message names file and place" {
	rawdef "$UX" mtty '{"mdev_type":'
	try modify -u "$UX" -a
	[[ $status == 1 && ${#stderr_lines[@]} == 1 ]]
	[[ $stderr == "Error: "*"etc/mdevctl.d/mtty/$UX"* && $stderr == *"line 1"* && $stderr == *column* ]]
	file_is "etc/mdevctl.d/mtty/$UX" '{"mdev_type":'
}

@test "a broken neighbour does not matter" {
	rawdef "$UX" "$PA" '{'
	try modify -u "$U1" -m
	succeeds
	definition "$U1" "$PA" i915-GVTg_V5_4 manual
}

@test "the definition stays where modify cannot write" {
	[ "$EUID" = 0 ] || skip "needs root, to give up a capability"
	chmod 555 "$R/etc/mdevctl.d" "$R/etc/mdevctl.d/$PA"
	run --separate-stderr setpriv --bounding-set=-dac_override,-dac_read_search mdevmgr modify -u "$U1" -m
	chmod 755 "$R/etc/mdevctl.d" "$R/etc/mdevctl.d/$PA"
	[ "$status" = 1 ]
	[[ $stderr == "Error: "*"Permission denied"* ]]
	definition "$U1" "$PA" i915-GVTg_V5_4 auto
}

@test "modify --live with an attribute is for drivers that can do it: else the device's callout needs a file" {
	try modify -u "$U1" --live --addattr a --value 1
	fails 1 "'live' option must be used with 'jsonfile' option"
	try modify -u "$U1" --live --delattr --index 0
	fails 1 "'live' option must be used with 'jsonfile' option"
}
