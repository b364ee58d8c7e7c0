#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2154
# Crypto queues that somebody else has, or will have: what is refused, what is told, what --force does.

load lib

T=vfio_ap-passthrough
ALL=0x$(printf 'f%.0s' {1..64})

fixture() {
	mkdir -p "$R/run/lock"
	parent matrix; type_ matrix "$T" 65536 vfio-ap 'VFIO AP Passthrough Device'
	mkdir -p "$R/sys/bus/ap/devices"
	masks 0 0
	halfmade "$U1" matrix assign_adapter assign_domain
	halfmade "$U2" matrix assign_adapter assign_domain
}

# masks ADAPTERS DOMAINS: what the host has
masks() {
	printf '0x%-64s\n' "$1" | tr ' ' 0 >"$R/sys/bus/ap/apmask"
	printf '0x%-64s\n' "$2" | tr ' ' 0 >"$R/sys/bus/ap/aqmask"
}

# runs UUID LINE...: an active device with this matrix
runs() {
	device "$1" matrix "$T"
	device_dir "$1" matrix
	printf '%s\n' "${@:2}" >"$R/$REPLY/matrix"
	: >"$R/$REPLY/control_domains"
}

# chzdev [apmask=MASK] [aqmask=MASK]: as it writes its rule
chzdev() {
	local setting

	mkdir -p "$R/etc/udev/rules.d"
	for setting; do
		printf 'ATTR{../../bus/ap/%s}="%s"\n' "${setting%=*}" "${setting#*=}"
	done >"$R/etc/udev/rules.d/41-ap.rules"
}

define() {
	try define -u "$1" -p matrix -t "$T" --attr assign_adapter="$2" --attr assign_domain="$3" "${@:4}"
}

# refused WORD...: status 1, the error has the words, the table is on stderr before it, no definition of U1
refused() {
	local word

	[[ $status == 1 && -z $output && ${stderr_lines[0]} == "APQN     VERDICT  CONFLICT" ]] || { show_run; return 1; }
	[[ ${stderr_lines[-1]} == "Error: Crypto queues for device $U1 are not free: "* ]] || { show_run; return 1; }
	for word; do
		[[ ${stderr_lines[-1]} == *"$word"* ]] || { show_run; return 1; }
	done
}

# row TEXT: a line of the table, with UUIDs for U1, U2, U3
row() {
	[[ $'\n'$stderr$'\n' == *$'\n'"$1"$'\n'* ]] || { show_run; return 1; }
}

@test "two automatic definitions of one queue are refused, with all queues in a table" {
	defined "$U2" matrix "$T" auto assign_adapter 5 assign_adapter 0x6 assign_domain 4 assign_domain 0xab
	define "$U1" 5 171 -a
	refused "queue 05.00ab is defined for device $U2, which starts automatically"
	row "05.00ab  refused  defined for device $U2, which starts automatically"
	no_file "etc/mdevctl.d/matrix/$U1"
	try define -u "$U1" -p matrix -t "$T" -a --attr assign_adapter=5 --attr assign_adapter=6 \
		--attr assign_domain=4 --attr assign_domain=5
	refused "queue 05.0004 is" ", and 1 more"
	no_file "etc/mdevctl.d/matrix/$U1"
	row "06.0004  refused  defined for device $U2, which starts automatically"
}

@test "other pairs of definitions are a warning: they are used by turns" {
	defined "$U2" matrix "$T" manual assign_adapter 5 assign_domain 4
	define "$U1" 5 4 -a
	[ "$status" = 0 ]
	row "Warning: Device $U1 shares crypto queues with others"
	row "05.0004  warning  defined for device $U2, which is started by hand"
	definition "$U1" matrix "$T" auto assign_adapter 5 assign_domain 4
	try modify -u "$U1" -m
	[ "$status" = 0 ]
	unchanged try modify -u "$U2" -a --force --dry-run
	[ "$status" = 0 ]
}

@test "modify is refused like define" {
	defined "$U2" matrix "$T" auto assign_adapter 5 assign_domain 4
	defined "$U1" matrix "$T" manual assign_adapter 5 assign_domain 4
	try modify -u "$U1" -a
	refused "$U2"
	definition "$U1" matrix "$T" manual assign_adapter 5 assign_domain 4
	try modify -u "$U1" -a --dry-run
	refused "$U2"
	try modify -u "$U1" -a --force
	[ "$status" = 0 ]
	row "Warning: Device $U1 shares crypto queues with others, which is forced"
	definition "$U1" matrix "$T" auto assign_adapter 5 assign_domain 4
	# what is not about queues can be changed again only by force, or by ending the conflict
	try modify -u "$U1" -m
	[ "$status" = 0 ]
}

@test "what the host keeps for good is refused to automatic definitions only" {
	masks 04 ff
	chzdev "apmask=$ALL" "aqmask=$ALL"
	define "$U1" 6 4 -a
	refused "queue 06.0004 is reserved for the host by the masks of the next boot" "parent define matrix"
	no_file "etc/mdevctl.d/matrix/$U1"
	define "$U1" 6 4
	succeeds
	try undefine -u "$U1"
	chzdev "apmask=0xfdff" "aqmask=$ALL"
	define "$U1" 6 4 -a
	succeeds
}

@test "a rule for one mask leaves the other as it is" {
	masks 0 08
	chzdev "apmask=$ALL"
	define "$U1" 6 5 -a
	succeeds
	define "$U2" 6 4 -a
	[ "$status" = 1 ]
}

@test "without rule and recipe the masks of now stand for those of the next boot" {
	masks 04 08
	define "$U1" 5 4 -a
	refused "queue 05.0004 is reserved for the host"
	define "$U1" 5 5 -a
	succeeds
}

@test "a recipe of the matrix takes queues from the host" {
	masks "${ALL#0x}" "${ALL#0x}"
	mkdir -p "$R/etc/mdevmgr/parents.d"
	echo '{"kind": "vfio-ap", "adapters": [5]}' >"$R/etc/mdevmgr/parents.d/matrix.json"
	define "$U1" 5 4 -a
	succeeds
	define "$U2" 6 4 -a
	[ "$status" = 1 ]
}

@test "a rule that cannot be read is told" {
	chzdev apmask=blue
	define "$U1" 5 4 -a
	warns "41-ap.rules: line 1 sets a mask that is none"
}

@test "a start is refused what runs elsewhere and what the host has now" {
	masks 04 08
	runs "$U2" 06.0004
	defined "$U1" matrix "$T" manual assign_adapter 5 assign_adapter 6 assign_domain 4
	unchanged try start -u "$U1" --dry-run
	refused
	try start -u "$U1"
	refused "queue 05.0004 is reserved for the host by apmask and aqmask, and 1 more" "'mdevmgr parent apply matrix'" "chzdev"
	row "05.0004  refused  reserved for the host by apmask and aqmask"
	row "06.0004  refused  in use by device $U2"
	type_dir matrix "$T"
	file_is "$REPLY/create" ""
	try start -u "$U1" --force
	[ "$status" = 0 ]
	row "Warning: Device $U1 shares crypto queues with others, which is forced"
	type_dir matrix "$T"
	file_is "$REPLY/create" "$U1"
}

@test "definitions do not keep a start" {
	defined "$U2" matrix "$T" auto assign_adapter 5 assign_domain 4
	defined "$U1" matrix "$T" manual assign_adapter 5 assign_domain 4
	try start -u "$U1"
	succeeds
}

@test "overrides of queues stand above the masks" {
	masks "${ALL#0x}" "${ALL#0x}"
	mkdir -p "$R/sys/bus/ap/devices/05.0004" "$R/sys/bus/ap/devices/05.0005" "$R/sys/bus/ap/devices/card05"
	echo vfio_ap >"$R/sys/bus/ap/devices/05.0004/driver_override"
	echo cex4queue >"$R/sys/bus/ap/devices/05.0005/driver_override"
	defined "$U1" matrix "$T" manual assign_adapter 5 assign_domain 4
	try start -u "$U1"
	succeeds
	masks 0 0
	defined "$U1" matrix "$T" manual assign_adapter 5 assign_domain 5
	try start -u "$U1"
	refused "queue 05.0005 is bound to driver cex4queue by its driver_override"
	echo >"$R/sys/bus/ap/devices/05.0005/driver_override"
	try start -u "$U1"
	succeeds
}

@test "a definition that cannot be read is told, not taken for none" {
	rawdef "$U2" matrix '{ "mdev_type": '
	define "$U1" 5 4 -a
	warns "A definition cannot be looked at for conflicts"
}

@test "numbers that are not what they seem are told when they are written down" {
	define "$U1" 5 0047
	warns "assign_domain '0047' has a leading zero: the kernel reads it as octal, which is 39 (0x27)"
	define "$U2" 5,6 4
	warns "Attribute assign_adapter with value '5,6' will be refused when the device is started"
}

@test "other types share whatever they like" {
	parent mtty; type_ mtty t1 5 vfio-pci
	defined "$U2" mtty t1 auto assign_adapter 5 assign_domain 4
	try define -u "$U1" -p mtty -t t1 -a --attr assign_adapter=5 --attr assign_domain=4
	succeeds
}

@test "a campaign waits for its queues: no table, no script asked, tried again" {
	mkdir -p "$R/run/mdevmgr"
	script callouts s.sh "$UNVERSIONED"'echo "$*" >>"$MDEVCTL_ENV_ROOT/trace"; exit 1'
	masks 04 08
	rm -rf "$R/sys/bus/mdev/devices/$U1"
	device_dir "$U1" matrix
	rm -rf "${R:?}/$REPLY"
	defined "$U1" matrix "$T" auto assign_adapter 5 assign_domain 4
	try start-parent-mdevs matrix
	warns "queue 05.0004 is reserved for the host by apmask and aqmask"
	no_file trace
	try status -u "$U1" --json
	[[ $(jq -r '.. | .reason? // empty' <<<"$output") == *"queue 05.0004 is reserved for the host"* ]] || { show_run; return 1; }
	[ "$(jq -r '.. | .state? // empty' <<<"$output")" = starting ]
}

@test "a recipe is not taken from an automatic definition" {
	mkdir -p "$R/etc/mdevmgr/parents.d"
	masks "${ALL#0x}" "${ALL#0x}"
	echo '{"kind": "vfio-ap", "adapters": [5, 6]}' >"$R/etc/mdevmgr/parents.d/matrix.json"
	define "$U1" 5 4 -a
	succeeds
	try parent define matrix --reserve-adapters 6,7
	[[ $status == 1 && ${stderr_lines[-1]} == "Error: The host cannot have these crypto queues back: queue 05.0004 is defined for device $U1, which starts automatically"* ]] || { show_run; return 1; }
	row "05.0004  refused  defined for device $U1, which starts automatically"
	grep -q '5, 6' "$R/etc/mdevmgr/parents.d/matrix.json"
	try parent define matrix --reserve-adapters 5,7
	succeeds
	try parent define matrix --reserve-adapters 7 --force
	[ "$status" = 0 ]
	row "Warning: The host gets crypto queues of devices back at the next boot, which is forced"
}

@test "undefining the recipe tells which automatic device loses its queues" {
	mkdir -p "$R/etc/mdevmgr/parents.d"
	masks "${ALL#0x}" "${ALL#0x}"
	echo '{"kind": "vfio-ap", "adapters": [5]}' >"$R/etc/mdevmgr/parents.d/matrix.json"
	define "$U1" 5 4 -a
	succeeds
	try parent undefine matrix
	[ "$status" = 0 ]
	row "Warning: The host gets crypto queues of devices back at the next boot: queue 05.0004 is defined for device $U1, which starts automatically"
	no_file etc/mdevmgr/parents.d/matrix.json
}

@test "a recipe that chzdev's rule keeps from being applied reserves nothing" {
	mkdir -p "$R/etc/mdevmgr/parents.d"
	masks "${ALL#0x}" "${ALL#0x}"
	chzdev "apmask=$ALL"
	echo '{"kind": "vfio-ap", "adapters": [5], "domains": [4]}' >"$R/etc/mdevmgr/parents.d/matrix.json"
	define "$U1" 5 4 -a
	refused "queue 05.0004 is reserved for the host by the masks of the next boot"
}

@test "a recipe is not taken from an automatic definition beside a rule for the other mask" {
	mkdir -p "$R/etc/mdevmgr/parents.d"
	masks "${ALL#0x}" f7
	chzdev "apmask=$ALL"
	echo '{"kind": "vfio-ap", "domains": [4]}' >"$R/etc/mdevmgr/parents.d/matrix.json"
	define "$U1" 5 4 -a
	succeeds
	try parent define matrix --reserve-domains 6
	[[ $status == 1 && ${stderr_lines[-1]} == "Error: The host cannot have these crypto queues back: queue 05.0004 is defined for device $U1"* ]] || { show_run; return 1; }
}
