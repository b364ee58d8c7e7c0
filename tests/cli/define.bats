#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# define

load lib

@test "define stores type, start and parent, and prints nothing when the UUID is given" {
	try define -u "$UX" -p mtty -t mtty-1
	succeeds
	prints ''
	definition "$UX" mtty mtty-1 manual
}

@test "define makes a version 4 UUID and prints it, with a newline" {
	mdevmgr define -p mtty -t mtty-1 -a >out
	read -r uuid <out
	[[ $uuid =~ ^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$ ]]
	[ "$(stat -c %s out)" = 37 ]
	definition "$uuid" mtty mtty-1 auto
}

@test "the UUID that was made is told even when stdout cannot take it" {
	[ -c /dev/full ] || skip "no /dev/full"
	status=0
	mdevmgr define -p mtty -t mtty-1 >/dev/full 2>err || status=$?
	[ "$status" = 1 ]
	[[ $(<err) =~ ^Error:\ Failed\ to\ write\ data:\ .*UUID\ is\ ([0-9a-f-]{36}) ]]
	definition "${BASH_REMATCH[1]}" mtty mtty-1 manual
}

@test "define --auto tells of another parent that starts the device automatically, too" {
	for parent in mtty third; do
		try define -u "$UX" -p "$parent" -t mtty-1
		succeeds
	done
	try define -u "$UX" -p other -t mtty-1 --auto
	succeeds
	try define -u "$UX" -p fourth -t mtty-1 --auto
	[[ $status == 0 ]]
	[[ $stderr == "Warning: Device $UX is to be started automatically on parent other too: only one of them can \
have it" ]]
	definition "$UX" fourth mtty-1 auto
}

@test "define --attr stores attributes in their order, names may come again" {
	try define -u "$UX" -p mtty -t mtty-1 --attr b=2 --attr a=1 --attr b=3
	succeeds
	definition "$UX" mtty mtty-1 manual b 2 a 1 b 3
}

@test "define --attr takes the first = as the border; a value may be empty or hold anything" {
	try define -u "$UX" -p mtty -t mtty-1 --attr a=b=c --attr e= --attr=d=-1 --attr 'nvidia/vgpu_params=x y'
	succeeds
	definition "$UX" mtty mtty-1 manual a b=c e '' d -1 nvidia/vgpu_params 'x y'
}

@test "define --attr without = or without a name is a usage error" {
	try define -u "$UX" -p mtty -t mtty-1 --attr a
	refuses
	try define -u "$UX" -p mtty -t mtty-1 --attr =a
	[[ $status != 0 && -z $output ]]
	no_file "etc/mdevctl.d/mtty/$UX"
}

@test "define --attr and --jsonfile exclude each other" {
	try define -u "$UX" -p mtty --jsonfile x --attr a=b
	refuses
}

@test "define --attr with a name that leads out of the device is refused, nothing is written" {
	for name in ../x /etc/passwd a/../../b .. . remove uevent; do
		try define -u "$UX" -p mtty -t mtty-1 --attr "$name=1"
		fails 1 "Invalid attribute '$name'"
	done
	no_file "etc/mdevctl.d/mtty/$UX"
}

@test "define finds the type by its name, stores the id and says so on stderr" {
	try define -u "$UX" -p "$PB" -t 'GRID T4-1Q'
	[ "$status" = 0 ]
	prints ''
	[[ $stderr == *nvidia-222* ]]
	definition "$UX" "$PB" nvidia-222 manual
}

@test "an id goes before a name" {
	echo mtty-2 >"$R/sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-1/name"
	try define -u "$UX" -p mtty -t mtty-2
	succeeds
	definition "$UX" mtty mtty-2 manual
}

@test "a name that two types have is stored as given if it could be an id, refused with a blank" {
	for type in mtty-1 mtty-2; do
		echo twin >"$R/sys/devices/virtual/mtty/mtty/mdev_supported_types/$type/name"
	done
	try define -u "$UX" -p mtty -t twin
	[ "$status" = 0 ]
	definition "$UX" mtty twin manual
	for type in mtty-1 mtty-2; do
		echo 'twin type' >"$R/sys/devices/virtual/mtty/mtty/mdev_supported_types/$type/name"
	done
	try define -u "$U2" -p mtty -t 'twin type'
	[[ $status == 1 ]]
	no_file "etc/mdevctl.d/mtty/$U2"
}

@test "a type with a blank is refused while the parent is away" {
	try define -u "$UX" -p 0000:99:00.0 -t 'GRID T4-1Q'
	[[ $status == 1 && -z $output && $stderr == "Error: "* ]]
	no_file "etc/mdevctl.d/0000:99:00.0"
}

@test "a type without a blank is stored as given, parent there or not" {
	try define -u "$UX" -p 0000:99:00.0 -t nosuch
	succeeds
	definition "$UX" 0000:99:00.0 nosuch manual
	try define -u "$UX" -p mtty -t nosuch
	[ "$status" = 0 ]
	definition "$UX" mtty nosuch manual
}

@test "define corrects a parent that is given in other hex case" {
	try define -u "$UX" -p "${PB^^}" -t nvidia-222
	[ "$status" = 0 ]
	definition "$UX" "$PB" nvidia-222 manual
	no_file "etc/mdevctl.d/${PB^^}"
	try define -u "$UX" -p "${PC^^}" -t vfio_ccw-io
	[ "$status" = 0 ]
	definition "$UX" "$PC" vfio_ccw-io manual
}

@test "parent names that are no names are refused" {
	for parent in '' . .. scripts.d .hidden a/b ../x /x $'a\nb' $'a\tb' "$(printf 'x%.0s' {1..256})"; do
		unchanged try define -u "$UX" -p "$parent" -t t1
		[[ $status == 1 && -z $output && ${#stderr_lines[@]} == 1 ]]
	done
}

@test "define makes directories 755 and files 644, by the umask" {
	try define -u "$UX" -p new -t t1
	[ "$(stat -c %a "$R/etc/mdevctl.d/new")" = 755 ]
	[ "$(stat -c %a "$R/etc/mdevctl.d/new/$UX")" = 644 ]
	umask 077
	try define -u "$UX" -p newer -t t1
	[ "$(stat -c %a "$R/etc/mdevctl.d/newer")" = 700 ]
	[ "$(stat -c %a "$R/etc/mdevctl.d/newer/$UX")" = 600 ]
}

@test "define leaves no temporary file" {
	try define -u "$UX" -p mtty -t mtty-1
	[ -z "$(find "$R/etc/mdevctl.d" -name '.mdevmgr*')" ]
}

@test "define works where nothing of /etc is there yet" {
	rm -r "${R:?}/etc"
	try define -u "$UX" -p mtty -t mtty-1
	succeeds
	definition "$UX" mtty mtty-1 manual
}

@test "define twice: the second is told so and the file stays" {
	try define -u "$UX" -p mtty -t mtty-1
	try define -u "$UX" -p mtty -t mtty-2
	fails 1 "Device $UX on mtty already defined"
	definition "$UX" mtty mtty-1 manual
}

@test "define of a running vfio-ap device takes the matrix from sysfs" {
	printf '05.0047\n05.00ab\n06.0047\n06.00ab\n' >"$R/sys/devices/vfio_ap/matrix/$U4/matrix"
	printf '0047\n' >"$R/sys/devices/vfio_ap/matrix/$U4/control_domains"
	rm "$R/etc/mdevctl.d/matrix/$U4"
	try define -u "$U4"
	succeeds
	file=$(<"$R/etc/mdevctl.d/matrix/$U4")
	[[ $file == *'"assign_adapter": "5"'*'"assign_adapter": "6"'*'"assign_domain": "71"'*'"assign_domain": "171"'* ]]
}
