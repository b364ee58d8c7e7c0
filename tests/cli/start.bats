#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# start. The tree does not react, so a started device does not appear; "halfmade" puts its directory there.

load lib

fixture() {
	fixture_base
	halfmade "$UX" mtty a b nvidia/vgpu_params
	: >"$R/outside"
}

# created PARENT TYPE UUID: this was written to create
created() {
	type_dir "$1" "$2"
	file_is "$REPLY/create" "$3"
}

not_created() {
	created "$1" "$2" ''
}

attr_is() {
	file_is "sys/devices/virtual/mtty/mtty/$UX/$1" "$2"
}

@test "start of a definition writes the UUID, without newline" {
	try start -u "$U5" -p mtty
	succeeds
	prints ''
	created mtty mtty-2 "$U5"
}

@test "start without UUID makes one and prints it" {
	mdevmgr start -p mtty -t mtty-1 >out
	read -r uuid <out
	[ "$(stat -c %s out)" = 37 ]
	created mtty mtty-1 "$uuid"
}

@test "attributes are written in order, the last value stays" {
	defined "$UX" mtty mtty-1 manual a 1 b 'x y' a 23 nvidia/vgpu_params $'enable=1\\n'
	try start -u "$UX"
	succeeds
	created mtty mtty-1 "$UX"
	attr_is a 23
	attr_is b 'x y'
	attr_is nvidia/vgpu_params $'enable=1\n'
}

@test "attribute names that lead elsewhere are refused before anything is written" {
	for name in ../../../../../../outside "$R/outside" a/../../x .. . '' remove uevent; do
		defined "$UX" mtty mtty-1 manual a 1 "$name" 7
		install -m 600 /dev/null "$R/etc/mdevctl.d/.lock" # as an earlier writer left it
		unchanged try start -u "$UX"
		[[ $status == 1 && -z $output && $stderr == "Error: Invalid attribute '$name'"* ]]
	done
	not_created mtty mtty-1
}

@test "a symlink inside the device is not followed" {
	ln -s "$R/outside" "$R/sys/devices/virtual/mtty/mtty/$UX/link"
	defined "$UX" mtty mtty-1 manual link 7
	try start -u "$UX"
	[ "$status" = 1 ]
	file_is outside ''
}

@test "an attribute that is not there is not made, and the device is removed again" {
	defined "$UX" mtty mtty-1 manual a 1 nosuch 2 b 3
	try start -u "$UX"
	fails 1 "Invalid attribute 'nosuch'"
	no_file "sys/devices/virtual/mtty/mtty/$UX/nosuch"
	attr_is remove 1
	attr_is b ''
}

@test "if the removal fails as well, the message has both errors" {
	rm "$R/sys/devices/virtual/mtty/mtty/$UX/remove"
	mkdir "$R/sys/devices/virtual/mtty/mtty/$UX/remove"
	defined "$UX" mtty mtty-1 manual nosuch 2
	try start -u "$UX"
	[[ $status == 1 && ${#stderr_lines[@]} == 1 && $stderr == "Error: "*nosuch*"$UX"* ]]
}

@test "a failed create says what the errno means for a device" {
	[ "$EUID" = 0 ] || skip "needs root, to give up a capability"
	type_dir mtty mtty-1
	chmod 444 "$R/$REPLY/create"
	run --separate-stderr setpriv --bounding-set=-dac_override,-dac_read_search mdevmgr start -u "${U1%a}f" -p mtty -t mtty-1
	fails 1 "Failed to create mdev ${U1%a}f, type mtty-1 on mtty: "
	[[ $stderr == *"Permission denied"*"("*")"* ]]
}

@test "start finds the type by its name and says so" {
	try start -u "${U1%a}f" -p mtty -t 'Dual port serial'
	[ "$status" = 0 ]
	[[ $stderr == *mtty-2* ]]
	created mtty mtty-2 "${U1%a}f"
}

@test "a parent in other hex case is not corrected but hinted at" {
	try start -u "${U1%a}f" -p "${PB^^}" -t nvidia-222
	fails 1 "Unable to find parent device '${PB^^}'. Did you mean '$PB'?"
	not_created "$PB" nvidia-222
}

@test "parents and types with slashes or dots are refused" {
	install -m 600 /dev/null "$R/etc/mdevctl.d/.lock" # as an earlier writer left it
	unchanged try start -u "${U1%a}f" -p ../mdev_bus/mtty -t mtty-1
	[ "$status" = 1 ]
	unchanged try start -u "${U1%a}f" -p mtty/ -t mtty-1
	[ "$status" = 1 ]
	unchanged try start -u "${U1%a}f" -p mtty -t ../mdev_supported_types/mtty-1
	[ "$status" = 1 ]
	unchanged try start -u "${U1%a}f" -p mtty -t .
	[ "$status" = 1 ]
}

@test "several UUIDs: all are started" {
	defined "$U2" matrix vfio_ap-passthrough manual
	rm "$R/sys/bus/mdev/devices/$U2"
	try start -u "$U2" -u "${UX}" -p matrix
	[ "$status" = 1 ]
	defined "$UX" mtty mtty-1 manual
	try start -u "$UX" -u "$U2"
	succeeds
	prints ''
	created mtty mtty-1 "$UX"
}

@test "several UUIDs: one failure makes the status 1, the others are started" {
	defined "$UX" mtty mtty-1 manual
	try start -u "$U1" -u "$UX" -u "$U3"
	[[ $status == 1 && -z $output ]]
	[[ $stderr == *"Device already exists"* ]]
	created mtty mtty-1 "$UX"
}

@test "what the definition lacks in sysfs is told: parent, type, instances" {
	try start -u "$U5" -p gone
	fails 1 "Unable to find parent device 'gone'"
	defined "$UX" mtty nosuch manual
	try start -u "$UX"
	fails 1 "Parent mtty does not support mdev type nosuch"
	try start -u "${U1%a}f" -p "$PB" -t nvidia-223
	fails 1 "No available instances of nvidia-223 on $PB"
	try start -u "${U1%a}f" -p "$PB" -t nvidia-neg
	succeeds
}

@test "starting writes no definition" {
	cp -a "$R/etc" "$BATS_TEST_TMPDIR/etc"
	try start -u "${U1%a}f" -p mtty -t mtty-1
	succeeds
	diff -r -x .lock "$BATS_TEST_TMPDIR/etc" "$R/etc"
}

@test "exactly one write per file of sysfs, of all the bytes" {
	need_strace
	defined "$UX" mtty mtty-1 manual a 1 b "$(printf 'x%.0s' {1..3000})"
	traced -y -e trace=write,pwrite64,writev -s 10 -- mdevmgr start -u "$UX"
	for file in create a b; do
		[ "$(grep -c "write.*/$file>" "$BATS_TEST_TMPDIR/trace")" = 1 ]
	done
	grep "/create>" "$BATS_TEST_TMPDIR/trace" | grep -q ', 36) *= 36'
	grep "/b>" "$BATS_TEST_TMPDIR/trace" | grep -q ', 3000) *= 3000'
}

@test "no file of sysfs is made" {
	need_strace
	defined "$UX" mtty mtty-1 manual a 1
	traced -e trace=open,openat,openat2,creat -- mdevmgr start -u "$UX"
	run grep -E '(sys|create|remove|"a").*O_CREAT' "$BATS_TEST_TMPDIR/trace"
	[ -z "$output" ]
}

@test "JSON from a pipe at /dev/stdin" {
	printf '{"mdev_type":"mtty-1","start":"manual","attrs":[{"a":"5"}]}' |
		mdevmgr start --parent=mtty --jsonfile=/dev/stdin --uuid="$UX" >out
	[ ! -s out ]
	created mtty mtty-1 "$UX"
	attr_is a 5
}
