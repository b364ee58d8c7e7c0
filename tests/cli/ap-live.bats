#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2154
# Live changes of crypto matrices: which writes they come to. What a kernel makes of them is tested in the guest.

load lib

T=vfio_ap-passthrough

fixture() {
	mkdir -p "$R/run/lock"
	parent matrix; type_ matrix "$T" 65536 vfio-ap 'VFIO AP Passthrough Device'
	device "$U1" matrix "$T" {,un}assign_{adapter,domain,control_domain}
	device_dir "$U1" matrix
	dir=$REPLY
	printf '05.0004\n05.0047\n' >"$R/$dir/matrix"
	printf '00ab\n' >"$R/$dir/control_domains"
	defined "$U1" matrix "$T" manual assign_adapter 5 assign_domain 4 assign_domain 71
}

# plans LINE...: the writes that the arguments of try come to
plans() {
	local wanted=

	for line; do
		wanted+="set attribute ${line% *} of device $U1 to \"${line##* }\""$'\n'
	done
	[ "$output" = "${wanted%$'\n'}" ] || { show_run; return 1; }
}

@test "an attribute is added to what the device has" {
	try modify -u "$U1" --live --addattr assign_adapter --value 0x6 --dry-run
	plans 'assign_adapter 6'
	try modify -u "$U1" --live --addattr assign_adapter --value 5 --dry-run
	plans
	try modify -u "$U1" --live --addattr unassign_domain --value 71 --dry-run
	plans 'unassign_domain 71'
	try modify -u "$U1" --live --addattr assign_domain --value 0107 --dry-run
	[ "$status" = 0 ]
}

@test "an attribute is deleted by its index in list -v, or the last one" {
	try modify -u "$U1" --live --delattr --index 2 --dry-run
	plans 'unassign_domain 71'
	try modify -u "$U1" --live --delattr --dry-run
	plans 'unassign_control_domain 171'
	try modify -u "$U1" --live --delattr --index 4
	fails 1 "Attribute index 4 is invalid: Device $U1 has the attributes 0 to 3"
}

@test "a definition in a file is what the device shall have, whatever it has" {
	json "$T" manual assign_adapter 6 assign_domain 4
	echo "$REPLY" >json/new
	try modify -u "$U1" --live --jsonfile json/new --dry-run
	plans 'unassign_adapter 5' 'unassign_domain 71' 'unassign_control_domain 171' 'assign_adapter 6'
	definition "$U1" matrix "$T" manual assign_adapter 5 assign_domain 4 assign_domain 71
	try modify -u "$U1" -p matrix --live --defined --jsonfile json/new
	succeeds
	definition "$U1" matrix "$T" manual assign_adapter 6 assign_domain 4
	file_is "$dir/assign_adapter" 6
	file_is "$dir/unassign_domain" 71
}

@test "--ap is what the device shall have" {
	try modify -u "$U1" --live --ap 6:4,71 --dry-run
	plans 'unassign_adapter 5' 'unassign_control_domain 171' 'assign_adapter 6'
	try modify -u "$U1" --live --defined --ap 5:4
	succeeds
	file_is "$dir/unassign_domain" 71
	definition "$U1" matrix "$T" manual assign_adapter 5 assign_domain 4
}

@test "where the kernel has ap_config it is one write" {
	: >"$dir/ap_config"
	try modify -u "$U1" --live --addattr assign_adapter --value 6
	succeeds
	file_is "$dir/ap_config" "$(printf '0x0600%060d,0x0800%012d01%046d,0x%042d1%021d' 0 0 0 0 0)"
	file_is "$dir/assign_adapter" ''
}

@test "what the kernel does not show all of is not changed" {
	for a in {0..31}; do for d in {0..15}; do printf '%02x.%04x\n' "$a" "$d"; done; done | head -c 4095 >"$R/$dir/matrix"
	try modify -u "$U1" --live --addattr assign_adapter --value 32
	fails 1 "Cannot read the attributes of device $U1: it has more of them than this kernel shows"
	try modify -u "$U1" --live --ap 5:4
	[ "$status" = 1 ]
	file_is "$dir/assign_adapter" ''
	# in ap_config there is all of it
	printf '0x8%063d,0x8%063d,0x%064d\n' 0 0 0 >"$dir/ap_config"
	try modify -u "$U1" --live --addattr assign_adapter --value 1
	succeeds
	file_is "$dir/ap_config" "$(printf '0xc%063d,0x8%063d,0x%064d' 0 0 0)"
}

@test "with --defined the definition is changed too" {
	try modify -u "$U1" --live --defined --addattr assign_adapter --value 6
	succeeds
	definition "$U1" matrix "$T" manual assign_adapter 5 assign_domain 4 assign_domain 71 assign_adapter 6
	file_is "$dir/assign_adapter" 6
}

@test "with --defined a definition that would be refused keeps the device as it is" {
	defined "$U1" matrix "$T" auto assign_adapter 5 assign_domain 4
	defined "$U2" matrix "$T" auto assign_adapter 6 assign_domain 4
	try modify -u "$U1" --live --defined --addattr assign_adapter --value 6
	fails 1 "Crypto queues for device $U1 are not free: queue 06.0004 is defined for device $U2"
	file_is "$dir/assign_adapter" ''
	definition "$U1" matrix "$T" auto assign_adapter 5 assign_domain 4
}

@test "a definition that cannot be changed after the device is told" {
	script callouts s.sh "$UNVERSIONED"$'\n[ "$4" != pre ]'
	try modify -u "$U1" --live --defined --addattr assign_adapter --value 6
	[[ $status == 1 && $stderr == *"the running device has been changed, its definition has not"* ]] || { show_run; return 1; }
	file_is "$dir/assign_adapter" 6
	definition "$U1" matrix "$T" manual assign_adapter 5 assign_domain 4 assign_domain 71
}

@test "what cannot be part of a matrix is refused before anything is written" {
	for value in 0089 256 5,6 x ''; do
		try modify -u "$U1" --live --addattr assign_domain --value "$value"
		fails 1 "Failed to change the matrix of device $U1: 'assign_domain' with value '$value' cannot be part of it (nothing was changed)"
	done
	file_is "$dir/assign_domain" ''
	try modify -u "$U1" --live --addattr other --value 1
	fails 1 "Failed to change the matrix of device $U1: 'other'"
	try modify -u "$U1" --live --addattr assign_domain
	fails 1 "Invalid attribute 'assign_domain': it needs a value"
	try modify -u "$U1" --live --addattr ../remove --value 1
	fails 1 "Invalid attribute '../remove'"
}

@test "a device that is not active, or of another type, is refused" {
	try modify -u "$U2" --live --addattr assign_domain --value 1
	fails 1 "Mediated device $U2 is not active"
	json t1 manual
	echo "$REPLY" >json/other
	try modify -u "$U1" --live --jsonfile json/other
	fails 1 "'type' cannot be changed on active mdev"
	try modify -u "$U1" --live --auto
	fails 1 "'auto' cannot be changed on active mdev"
}

@test "notifiers hear of it" {
	script notifiers n.sh "$LOG_ALL"
	try modify -u "$U1" --live --addattr assign_adapter --value 6
	succeeds
	file_is trace "n.sh: -t $T -e notify -a modify -s none -u $U1 -p matrix
  <{\"mdev_type\":\"$T\",\"start\":\"manual\",\"attrs\":[{\"assign_adapter\":\"5\"},{\"assign_domain\":\"4\"},{\"assign_domain\":\"71\"},{\"assign_control_domain\":\"171\"},{\"assign_adapter\":\"6\"}]}>
"
}
