#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# start-parent-mdevs

load lib

fixture() {
	fixture_base
	halfmade "$UX" mtty
	defined "$UX" mtty mtty-1 auto
	rm -r "$R/etc/mdevctl.d/mtty/$UA" "$R/etc/mdevctl.d/mtty/$U5"
}

@test "starts the auto definitions and no other" {
	defined "$U5" mtty mtty-2 manual
	try start-parent-mdevs mtty
	succeeds
	prints ''
	file_is sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-1/create "$UX"
	file_is sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/create ''
}

@test "a broken definition does not keep the others from being started" {
	rawdef "$U2" mtty '{'
	try start-parent-mdevs mtty
	warns "$U2"
	file_is sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-1/create "$UX"
}

@test "a device that cannot be started is a warning, status 0" {
	defined "$U5" mtty nosuch auto
	try start-parent-mdevs mtty
	warns "Parent mtty does not support mdev type nosuch"
	file_is sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-1/create "$UX"
}

@test "the devices are started in order of their UUIDs" {
	need_strace
	defined "$U5" mtty mtty-2 auto
	defined 08888888-0000-0000-8000-000000000003 mtty mtty-1 auto
	traced -y -s 50 -e trace=write -- mdevmgr start-parent-mdevs mtty
	order=$(grep '/create>' "$BATS_TEST_TMPDIR/trace" | grep -o '"[0-9a-f-]*"')
	[ "$order" = "$(sort <<<"$order")" ]
	[ "$(wc -l <<<"$order")" = 3 ]
}

@test "a parent without definitions, an unknown one, an odd name: nothing to do" {
	for parent in empty nosuch '' ../mdevctl.d/mtty "${PB^^}"; do
		unchanged try start-parent-mdevs "$parent"
		[[ $status == 0 && -z $output ]]
	done
}

@test "one parent is needed" {
	try start-parent-mdevs
	refuses
	try start-parent-mdevs mtty mtty
	refuses
}

@test "it is not shown in the help" {
	try --help
	[[ $status == 0 && $output != *start-parent-mdevs* ]]
}
