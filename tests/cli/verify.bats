#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# verify

load lib

@test "good definitions: status 0" {
	rm -r "$R/etc/mdevctl.d/gone"
	try verify
	[[ $status == 0 && -z $stderr ]]
}

@test "each broken definition is named with its place, status 1" {
	rawdef "$UX" "$PA" $'{"mdev_type":"t",\n  "start":}'
	rawdef "$U2" mtty '{"mdev_type":5,"start":"auto"}'
	try verify
	[ "$status" = 1 ]
	has "etc/mdevctl.d/$PA/$UX"
	has "line 2"
	has "etc/mdevctl.d/mtty/$U2"
}

@test "one file, good and bad" {
	echo '{"mdev_type":"t","start":"auto","attrs":[{"a":"b"}]}' >"$R/json/good"
	try verify json/good
	[[ $status == 0 && -z $stderr ]]
	echo '{"mdev_type":"t","start":"auto","attrs":[{"a":5}]}' >"$R/json/bad"
	try verify json/bad
	[ "$status" = 1 ]
	has 'json/bad'
	try verify json/none
	[[ $status == 1 && $stderr == "Error: "*json/none*"No such file or directory"* ]]
}

@test "one file from a pipe" {
	run --separate-stderr bash -c 'printf "{" | mdevmgr verify /dev/stdin'
	[ "$status" = 1 ]
	run --separate-stderr bash -c 'echo "{\"mdev_type\":\"t\",\"start\":\"auto\"}" | mdevmgr verify /dev/stdin'
	[ "$status" = 0 ]
}

@test "attribute names that will be refused at start are found" {
	defined "$UX" mtty mtty-1 auto ../x 1
	try verify
	[ "$status" = 1 ]
	has "$UX"
}

@test "verify changes nothing" {
	rawdef "$UX" "$PA" '{'
	unchanged try verify
}

@test "two files are too many" {
	try verify a b
	refuses
}
