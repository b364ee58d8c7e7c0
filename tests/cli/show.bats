#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# show

load lib

fixture() {
	fixture_base
	device_dir "$U1" "$PA"
	mkdir -p "$R/sys/kernel/iommu_groups/7" "$R/dev/vfio"
	ln -s ../../../../kernel/iommu_groups/7 "$R/$REPLY/iommu_group"
	: >"$R/dev/vfio/7"
	echo value2 >"$R/$REPLY/attr1"
	defined "$U1" "$PA" i915-GVTg_V5_4 auto attr1 value1
}

@test "an active, defined device: all that there is" {
	try show -u "$U1"
	succeeds
	for text in "$U1" "$PA" i915-GVTg_V5_4 auto "etc/mdevctl.d/$PA/$U1" attr1 value1 value2 vfio-pci 7; do
		has "$text"
	done
}

@test "a device that is only defined, one that is only active" {
	try show -u "$UA"
	succeeds
	has nvidia-222
	has mtty-1
	try show -u "$U2"
	succeeds
	has i915-GVTg_V5_4
	[[ $output != *etc/mdevctl.d* ]]
	try show -u "$U5"
	succeeds
	has mtty-2
	has gone-type
}

@test "JSON" {
	try show -u "$U1" --json
	succeeds
	[ "$(jq -r .uuid <<<"$output")" = "$U1" ]
	[ "$(jq -r '.definitions[0].parent' <<<"$output")" = "$PA" ]
	try show -u "$U5" --json
	[ "$(jq -r '.definitions | length' <<<"$output")" = 2 ]
}

@test "a device that nobody knows" {
	try show -u "$UX"
	[[ $status == 1 && -z $output && $stderr == "Error: "*"$UX"* ]]
}

@test "a broken definition is shown as such" {
	rawdef "$UX" mtty '{"mdev_type":'
	try show -u "$UX"
	[[ $output$stderr == *"$UX"* && $output$stderr == *column* ]]
}

@test "--qemu prints the line for a guest" {
	try show -u "$U1" --qemu
	succeeds
	prints "-device vfio-pci,sysfsdev=/sys/bus/mdev/devices/$U1"
	try show -u "$U3" --qemu
	succeeds
	prints "-device vfio-ccw,sysfsdev=/sys/bus/mdev/devices/$U3"
}

@test "--libvirt prints the XML for a guest" {
	try show -u "$U4" --libvirt
	succeeds
	has "type='mdev'"
	has "model='vfio-ap'"
	has "<address uuid='$U4'/>"
	[[ $output == "<hostdev "*"</hostdev>" ]]
}

@test "--qemu needs to know the device's API: its parent offers the type, or nothing is printed" {
	try show -u "$UA" --qemu
	succeeds
	has vfio-pci
	defined "$UX" gone gone-type manual
	try show -u "$UX" --qemu
	[[ $status == 1 && -z $output && $stderr == "Error: "* ]]
}

@test "two forms at once, or no UUID, are usage errors" {
	try show -u "$U1" --qemu --libvirt
	refuses
	try show
	refuses
}
