#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154
# Crypto matrices written at once: define --ap, with --reserve, and modify --ap.

load lib

T=vfio_ap-passthrough
RECIPE=etc/mdevmgr/parents.d/matrix.json
ALL=0x$(printf 'f%.0s' {1..64})

# A host that has all queues of two adapters.
fixture() {
	local queue

	mkdir -p "$R/run/lock"
	for queue in 05.0004 05.0047 06.0004 06.0047; do
		mkdir -p "$R/sys/bus/ap/devices/$queue"
	done
	echo "$ALL" >"$R/sys/bus/ap/apmask"
	echo "$ALL" >"$R/sys/bus/ap/aqmask"
}

# reserves ADAPTERS: by the recipe
reserves() {
	mkdir -p etc/mdevmgr/parents.d
	echo "{\"kind\": \"vfio-ap\", \"adapters\": [$1]}" >"$RECIPE"
}

@test "a matrix becomes canonical attributes: sets, ascending, decimal" {
	try define -u "$U1" --ap 6,5,0x5:0xab,4-5:9
	succeeds
	definition "$U1" matrix "$T" manual assign_adapter 5 assign_adapter 6 assign_domain 4 assign_domain 5 \
		assign_domain 171 assign_control_domain 9
	no_file "$RECIPE"
}

@test "a new UUID is printed" {
	try define --ap 5:4
	succeeds
	definition "$output" matrix "$T" manual assign_adapter 5 assign_domain 4
}

@test "what is no matrix is a usage error of status 2, and nothing is written" {
	for matrix in '' 5 : 5:4:3:2 5,:4 5:0047 256:4 6-5:4 a:4 '5 :4'; do
		try define -u "$U1" --ap "$matrix" --reserve
		fails 2 ''
		no_file etc/mdevctl.d/matrix
		no_file etc/mdevmgr
	done
	try define -u "$U1" --ap 5:0047
	fails 2 "AP number with a leading zero in '0047': the kernel would read it as octal (lszcrypt prints hexadecimal"
}

@test "an automatic matrix needs its queues: reserved with it, in one command" {
	try define -u "$U1" --ap 5:4,0x47 --auto
	[ "$status" = 1 ]
	no_file "etc/mdevctl.d/matrix/$U1"
	try define -u "$U1" --ap 5:4,0x47 --auto --reserve
	succeeds
	definition "$U1" matrix "$T" auto assign_adapter 5 assign_domain 4 assign_domain 71
	try parent list
	has matrix
	grep -q '"adapters": \[5\]' "$RECIPE"
	try define -u "$U2" --ap 6:4 --auto --reserve
	warns "the host loses 06.0047 too"
	grep -q '"adapters": \[5, 6\]' "$RECIPE"
}

@test "what the recipe has stays in it" {
	mkdir -p etc/mdevmgr/parents.d
	echo '{"kind": "vfio-ap", "adapters": [9], "domains": [3], "note": "mine"}' >"$RECIPE"
	try define -u "$U1" --ap 5:4,71 --reserve
	[ "$status" = 0 ]
	grep -q '"adapters": \[5, 9\]' "$RECIPE"
	grep -q '"domains": \[3\]' "$RECIPE"
	grep -q '"note": "mine"' "$RECIPE"
}

@test "if the definition is refused the recipe is as it was" {
	defined "$U2" matrix "$T" auto assign_adapter 5 assign_domain 4
	try define -u "$U1" --ap 5:4 --auto --reserve
	[ "$status" = 1 ]
	no_file "etc/mdevctl.d/matrix/$U1"
	no_file "$RECIPE"
	reserves 9
	try define -u "$U1" --ap 5:4 --auto --reserve
	[ "$status" = 1 ]
	grep -q '"adapters": \[9\]' "$RECIPE"
}

@test "--dry-run shows both files, judges as if both were written, and writes none" {
	unchanged try define -u "$U1" --ap 5:4,71 --auto --reserve --dry-run
	succeeds
	has "write $R/$RECIPE"
	has '"adapters": [[]5]'
	has "write $R/etc/mdevctl.d/matrix/$U1"
	has '"assign_domain": "71"'
}

@test "modify --ap replaces the matrix and nothing else" {
	defined "$U1" matrix "$T" manual assign_domain 4 colour blue assign_adapter 5 assign_control_domain 4
	try modify -u "$U1" --ap 6,7:71
	[ "$status" = 0 ]
	definition "$U1" matrix "$T" manual assign_adapter 6 assign_adapter 7 assign_domain 71 colour blue
	try modify -u "$U1" --delattr
	try modify -u "$U1" --ap 5:4
	succeeds
	definition "$U1" matrix "$T" manual assign_adapter 5 assign_domain 4
	try modify -u "$U1" --ap 5:04
	fails 1 "AP number with a leading zero in '04'"
	definition "$U1" matrix "$T" manual assign_adapter 5 assign_domain 4
}

@test "modify --ap of a device without a matrix is refused" {
	parent mtty; type_ mtty t1 5 vfio-pci
	defined "$U1" mtty t1 manual a b
	try modify -u "$U1" --ap 5:4
	fails 1 "Device $U1 is of type t1, which has no matrix"
	definition "$U1" mtty t1 manual a b
}

@test "modify --ap is refused queues of others" {
	defined "$U1" matrix "$T" auto assign_adapter 5 assign_domain 4
	defined "$U2" matrix "$T" auto assign_adapter 6 assign_domain 4
	reserves 5,6
	try modify -u "$U1" --ap 5,6:4
	[[ $status == 1 && $stderr == *"06.0004  refused  defined for device $U2"* &&
		$stderr == *": queue 06.0004 is defined for device $U2, which starts automatically ("* ]] || { show_run; return 1; }
	definition "$U1" matrix "$T" auto assign_adapter 5 assign_domain 4
}
