#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# stop

load lib

# removed UUID PARENT: 1 was written to its remove
removed() {
	device_dir "$1" "$2"
	file_is "$REPLY/remove" 1
}

left() {
	device_dir "$1" "$2"
	file_is "$REPLY/remove" ''
}

@test "stop writes 1 to remove and leaves the definition" {
	try stop -u "$U1"
	succeeds
	prints ''
	removed "$U1" "$PA"
	definition "$U1" "$PA" i915-GVTg_V5_4 auto
}

@test "stop of what is not active says so" {
	try stop -u "$U5"
	fails 1 "Device $U5 is not an active mdev"
	try stop -u "${U1%a}f"
	fails 1 "Device ${U1%a}f is not an active mdev"
}

@test "several UUIDs: all are stopped" {
	try stop -u "$U1" -u "$U3" -u "$UA"
	succeeds
	removed "$U1" "$PA"
	removed "$U3" "$PC"
	removed "$UA" "$PB"
	left "$U2" "$PA"
}

@test "several UUIDs: one failure makes the status 1, the others are stopped" {
	try stop -u "$U5" -u "$U1"
	[[ $status == 1 && -z $output && $stderr == *"Device $U5 is not an active mdev"* ]]
	removed "$U1" "$PA"
}

@test "stop -p stops a parent's devices" {
	try stop -p "$PA"
	succeeds
	removed "$U1" "$PA"
	removed "$U2" "$PA"
	left "$U3" "$PC"
}

@test "stop -p of a parent without devices or of an unknown one" {
	try stop -p empty
	[[ -z $output && $status -lt 2 ]]
}

@test "stop needs a UUID or a parent" {
	try stop
	refuses
	try stop -f
	refuses
}

@test "a missing remove is an error, none is made" {
	device_dir "$U1" "$PA"
	rm "$R/$REPLY/remove"
	try stop -u "$U1"
	fails 1 "Error removing device $U1: "
	no_file "$REPLY/remove"
}

# A process with this id uses the group 7: the files that the kernel shows of it.
make_user() {
	mkdir -p "$R/proc/$1/fd" "$R/proc/$1/fdinfo"
	ln -s /dev/vfio/7 "$R/proc/$1/fd/10"
	ln -s /dev/vfio/vfio "$R/proc/$1/fd/11"
	printf 'qemu-system-x86\n' >"$R/proc/$1/comm"
	printf 'qemu-system-x86_64\0-name\0guest=web1,debug-threads=on\0' >"$R/proc/$1/cmdline"
}

@test "a device in use is left, its user is named, the status is 4" {
	device_dir "$U1" "$PA"
	mkdir -p "$R/sys/kernel/iommu_groups/7"
	ln -s "../../../../kernel/iommu_groups/7" "$R/$REPLY/iommu_group"
	make_user 4711
	try stop -u "$U1"
	[[ $status == 4 && -z $output && $stderr == *4711* && $stderr == *qemu* && $stderr == *web1* ]]
	left "$U1" "$PA"
	try stop -u "$U1" --in-use
	succeeds
	removed "$U1" "$PA"
}

@test "several UUIDs: status 4 only if all failures are in use" {
	device_dir "$U1" "$PA"
	mkdir -p "$R/sys/kernel/iommu_groups/7"
	ln -s "../../../../kernel/iommu_groups/7" "$R/$REPLY/iommu_group"
	make_user 4711
	try stop -u "$U1" -u "$U3"
	[ "$status" = 4 ]
	removed "$U3" "$PC"
	try stop -u "$U1" -u "$U5"
	[ "$status" = 1 ]
	try stop -p "$PA"
	[ "$status" = 4 ]
	left "$U1" "$PA"
	removed "$U2" "$PA"
}

@test "a process that has only the group is no user" {
	device_dir "$U1" "$PA"
	mkdir -p "$R/sys/kernel/iommu_groups/7"
	ln -s "../../../../kernel/iommu_groups/7" "$R/$REPLY/iommu_group"
	make_user 4711
	rm "$R/proc/4711/fd/11"
	try stop -u "$U1"
	[ "$status" = 0 ]
	removed "$U1" "$PA"
}

@test "--wait gives up after its time, status 4" {
	device_dir "$U1" "$PA"
	mkdir -p "$R/sys/kernel/iommu_groups/7"
	ln -s "../../../../kernel/iommu_groups/7" "$R/$REPLY/iommu_group"
	make_user 4711
	try stop -u "$U1" --wait=1
	[ "$status" = 4 ]
	left "$U1" "$PA"
}

@test "--wait goes on when the user leaves" {
	device_dir "$U1" "$PA"
	mkdir -p "$R/sys/kernel/iommu_groups/7"
	ln -s "../../../../kernel/iommu_groups/7" "$R/$REPLY/iommu_group"
	make_user 4711
	(sleep 0.5; rm -r "$R/proc/4711") &
	try stop -u "$U1" --wait=20
	wait
	[ "$status" = 0 ]
	removed "$U1" "$PA"
}
