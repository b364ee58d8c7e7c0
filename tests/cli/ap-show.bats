#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154
# What an active crypto device tells of itself.

load lib

T=vfio_ap-passthrough

fixture() {
	parent matrix; type_ matrix "$T" 65536 vfio-ap 'VFIO AP Passthrough Device'
	device "$U1" matrix "$T"
	device_dir "$U1" matrix
	dir=$R/$REPLY
	printf '05.0004\n05.0047\n06.0004\n06.0047\n' >"$dir/matrix"
	printf '0047\n' >"$dir/control_domains"
	mkdir -p "$R/sys/bus/ap/devices"
	for queue in 05.0004 05.0047 06.0004; do
		queue "$queue" vfio_ap
	done
}

# queue NAME [DRIVER]
queue() {
	mkdir -p "$R/sys/bus/ap/devices/$1"
	rm -f "$R/sys/bus/ap/devices/$1/driver"
	[[ -z ${2-} ]] || ln -s "../../../bus/ap/drivers/$2" "$R/sys/bus/ap/devices/$1/driver"
}

# says FILTER TEXT: of the JSON
says() {
	try show -u "$U1" --json
	succeeds
	[[ $(jq -c "$1" <<<"$output") == "$2" ]] || { show_run; return 1; }
}

@test "an old kernel tells no guest matrix" {
	says .matrix '["05.0004","05.0047","06.0004","06.0047"]'
	says .control_domains '["0047"]'
	says '[has("guest_matrix"), has("withheld")]' '[false,false]'
	says '[.attrs[] | to_entries[] | .value]' '["5","6","4","71","71"]'
}

@test "what the guest gets, and what is withheld" {
	printf '05.0004\n05.0047\n' >"$dir/guest_matrix"
	says .guest_matrix '["05.0004","05.0047"]'
	says .withheld '[{"name":"06.","reason":"06.0047 is not there"}]'
	queue 06.0047
	says '.withheld[0].reason' '"06.0047 is bound to no driver"'
	queue 06.0047 cex4queue
	says '.withheld[0].reason' '"06.0047 is bound to cex4queue"'
	queue 06.0047 vfio_ap
	says '.withheld[0].reason' '"the kernel gives no reason"'
	printf '05.0004\n06.0004\n' >"$dir/guest_matrix"
	says .withheld '[{"name":".0047","reason":"the host does not have this domain"}]'
	cp "$dir/matrix" "$dir/guest_matrix"
	says .withheld '[]'
}

@test "nothing for the guest is said, too" {
	: >"$dir/guest_matrix"
	rm -rf "$R/sys/bus/ap/devices/"*
	try show -u "$U1"
	succeeds
	has $'\n  Matrix:       05.0004 05.0047 06.0004 06.0047\n'
	has $'\n  Controls:     0047\n'
	has $'\n  Guest matrix: none\n'
	has $'\n  Withheld:     05.: 05.0004 is not there, 05.0047 is not there\n                06.: '
}

@test "long lists are in rows, and of reasons the first ones are named" {
	for i in 0 1 2 3 4 5 6 7 8 9; do printf '05.000%d\n' "$i"; done >"$dir/matrix"
	: >"$dir/guest_matrix"
	try show -u "$U1"
	has $'05.0006 05.0007\n                05.0008 05.0009\n'
	has 'is not there, and 5 more'
}

@test "what the kernel shows no more of is known from ap_config" {
	for a in {0..31}; do for d in {0..15}; do printf '%02x.%04x\n' "$a" "$d"; done; done | head -c 4095 >"$dir/matrix"
	cp "$dir/matrix" "$dir/guest_matrix"
	# 33 adapters, 16 domains
	printf '0x%s8%055d,0x%s%060d,0x%064d\n' ffffffff 0 ffff 0 0 >"$dir/ap_config"
	says '[.matrix | length, .[-1]]' '[528,"20.000f"]'
	says '[.attrs | length]' '[49]'
	# what is cut cannot tell what is withheld
	says 'has("withheld")' false
}

@test "a device of another kind says nothing of it" {
	parent mtty; type_ mtty t1 5 vfio-pci
	device "$U2" mtty t1
	try show -u "$U2" --json
	succeeds
	[ "$(jq 'has("matrix")' <<<"$output")" = false ]
}
