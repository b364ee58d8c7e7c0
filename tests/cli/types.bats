#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# types

load lib

@test "text" {
	try types -p mtty
	succeeds
	prints "mtty
  mtty-1
    Available instances: 24
    Device API: vfio-pci
    Name: Single port serial
  mtty-2
    Available instances: 12
    Device API: vfio-pci
    Name: Dual port serial"
}

@test "JSON" {
	try types -p mtty --dumpjson
	succeeds
	[ "$(jq -c '.[0].mtty[1]' <<<"$output")" = \
		'{"mtty-2":{"available_instances":12,"device_api":"vfio-pci","name":"Dual port serial"}}' ]
}

@test "a type that cannot be read: the others are listed, a warning names it" {
	type_dir mtty mtty-1
	echo many >"$R/$REPLY/available_instances"
	try types
	warns 'type mtty-1 of parent mtty: available_instances'
	has mtty-2
	has vfio_ccw-io
	[[ $output != *mtty-1* ]]
	rm "$R/$REPLY/available_instances"
	try types --dumpjson
	warns 'type mtty-1 of parent mtty: available_instances'
	jq . <<<"$output" >/dev/null
}

@test "a parent that cannot be read: the others are listed, a warning names it" {
	rm -r "${R:?}/sys/devices/virtual/empty/empty"
	parent without
	rmdir "$R/sys/devices/virtual/without/without/mdev_supported_types"
	try types
	[[ $status == 0 && $stderr == *without* ]]
	has mtty-2
	has vfio_ccw-io
}

@test "a broken parent that is not asked for is not looked at" {
	type_dir mtty mtty-1
	rm "$R/$REPLY/device_api"
	try types -p "$PC"
	succeeds
}

@test "what is not UTF-8 is told and passed over" {
	type_ mtty bad 1 vfio-pci $'caf\xe9'
	try types -p mtty
	warns 'type bad of parent mtty: name'
	has mtty-2
}

@test "nothing there, nothing printed" {
	rm -r "${R:?}/sys"
	try types
	succeeds
	prints ''
	try types --dumpjson
	succeeds
	prints '[]'
}
