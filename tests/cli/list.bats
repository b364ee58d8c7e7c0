#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# list

load lib

# Directories and files of /etc/mdevctl.d that list must not make.
reads_only() {
	unchanged try "$@"
	[ "$status" = 0 ]
	no_file etc/mdevctl.d/.lock
}

@test "the lists of active and of defined devices" {
	try list
	succeeds
	prints "$U3 $PC vfio_ccw-io manual (defined)
$U1 $PA i915-GVTg_V5_4 auto (defined)
$U2 $PA i915-GVTg_V5_4 manual
$UA $PB nvidia-222 manual
$U4 matrix vfio_ap-passthrough auto (defined)"
	try list -d -u "$U3" -v
	succeeds
	prints "$U3 $PC vfio_ccw-io manual (active)
  Attrs:
    @{0}: {\"a1\":\"v1\"}
    @{1}: {\"a2\":\"v \"q\" \\ é
\"}"
}

@test "reading makes nothing, whatever is missing" {
	reads_only list
	reads_only list -d
	reads_only list --dumpjson
	reads_only list -dv --dumpjson
	reads_only types
	reads_only types --dumpjson
	reads_only show -u "$U1"
	unchanged try verify
	rm -r "${R:?}/etc" "${R:?}/usr"
	reads_only list
	reads_only list -d
	prints ''
	reads_only list -d --dumpjson
	prints '[]'
}

@test "one broken definition: the others are listed, a warning names file, line and column" {
	rawdef "$UX" "$PA" $'{"mdev_type":"t",\n  "start":}'
	try list -d
	warns "etc/mdevctl.d/$PA/$UX"
	[[ $stderr == *"line 2"* && $stderr == *column* ]]
	[ "${#stderr_lines[@]}" = 1 ]
	[ "${#lines[@]}" = 6 ]
	try list -d --dumpjson
	warns "$UX"
	[ "$(jq '[.[0][] | .[]] | length' <<<"$output")" = 6 ]
	try list
	[[ $status == 0 && ${#lines[@]} == 5 ]]
}

@test "a broken definition that is not asked for is not looked at" {
	rawdef "$UX" "$PA" '{'
	try list -d -p mtty
	succeeds
	try list -d -u "$U1"
	succeeds
	try list -u "$U1"
	succeeds
}

@test "every kind of broken definition is told and passed over" {
	for text in '' 'null' '[]' '{}' '{"mdev_type":5,"start":"auto"}' '{"mdev_type":"t","start":"auto","attrs":{}}' \
		'{"mdev_type":"t","start":"auto","attrs":[{"a":5}]}' '{"mdev_type":"t","start":"auto"} x' \
		'{"mdev_type":"t\x01","start":"auto"}' '\xff' "{'mdev_type':'t','start':'auto'}" \
		'{"mdev_type":"t","start":"auto","a\\u0000b":1}'; do
		rawdef "$UX" mtty "$text"
		try list -d -p mtty
		warns "mtty/$UX"
		[ "${#lines[@]}" = 2 ]
	done
}

@test "an unreadable definition is told and passed over" {
	[ "$EUID" = 0 ] || skip "needs root, to give up a capability"
	chmod 000 "$R/etc/mdevctl.d/$PA/$U1"
	run --separate-stderr setpriv --bounding-set=-dac_override,-dac_read_search mdevmgr list -d
	warns "etc/mdevctl.d/$PA/$U1"
	[ "${#lines[@]}" = 5 ]
}

@test "names with a leading dot are passed over without a word" {
	: >"$R/etc/mdevctl.d/.mdevmgr-abcdef"
	: >"$R/etc/mdevctl.d/.lock"
	: >"$R/etc/mdevctl.d/mtty/.$UX"
	mkdir "$R/etc/mdevctl.d/.hidden"
	defined "$UX" .hidden t1 manual
	try list -d
	succeeds
	[[ $output != *"$UX"* ]]
}

@test "scripts.d is no parent" {
	mkdir -p "$R/etc/mdevctl.d/scripts.d/callouts"
	: >"$R/etc/mdevctl.d/scripts.d/README"
	defined "$UX" scripts.d t1 manual
	try list -d
	succeeds
	[[ $output != *"$UX"* ]]
}

@test "a file whose name is no UUID is told" {
	: >"$R/etc/mdevctl.d/mtty/README"
	try list -d
	warns README
	[ "${#lines[@]}" = 6 ]
}

@test "a name that is not UTF-8 is told and passed over" {
	defined $'caf\xe9' mtty t1 auto
	mkdir "$R/etc/mdevctl.d/"$'caf\xe9'
	try list -d
	[[ $status == 0 && ${#lines[@]} == 6 ]]
	try list -d --dumpjson
	[[ $status == 0 ]]
	jq . <<<"$output" >/dev/null
}

@test "a broken device in sysfs does not keep the others from being listed" {
	ln -s "$UX" "$R/sys/bus/mdev/devices/$UX"
	: >"$R/sys/bus/mdev/devices/file"
	untype "$U1" "$PA" i915-GVTg_V5_4
	try list
	[[ $status == 0 && ${#lines[@]} == 4 ]]
}

@test "a vfio-ap device's attributes come from sysfs, in decimal, no script is asked" {
	dir=$R/sys/devices/vfio_ap/matrix/$U4
	printf '05.0047\n05.00ab\n06.0047\n06.00ab\n' >"$dir/matrix"
	printf '0047\n0001\n' >"$dir/control_domains"
	script callouts c.sh "$LOG_ARGS"
	try list -u "$U4" --dumpjson
	succeeds
	[ "$(jq -c .attrs <<<"$output" | grep -o '"assign_[a-z_]*":"[0-9]*"' | sort | tr '\n' ' ')" = \
		'"assign_adapter":"5" "assign_adapter":"6" "assign_control_domain":"1" "assign_control_domain":"71" "assign_domain":"171" "assign_domain":"71" ' ]
	no_file trace
}

@test "the order of the lines does not depend on the order in the directories" {
	for i in 9 3 7 1; do
		device "88888888-0000-0000-8000-00000000000$i" mtty mtty-1
		defined "88888888-0000-0000-8000-00000000000$i" mtty mtty-1 auto
	done
	try list -p mtty
	[ "$(printf '%s\n' "${lines[@]}" | sort)" = "$output" ]
	[ "${#lines[@]}" = 4 ]
}
