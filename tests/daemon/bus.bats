#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a subshell of its own; teardown uses some

load bus

ND=77777777-0007-0000-8000-000000000070

# ---- reading ----------------------------------------------------------------------------------

@test "objects: parents and devices with their properties, for everybody" {
	start_all
	device_is "$PA" "$U1" State 's "active"'
	device_is "$PA" "$U1" Auto 'b true'
	device_is mtty "$U3" State 's "inactive"'
	device_is mtty "$U3" Type 's "mtty-1"'
	path parent "$PA"
	[[ $(property Parent "$REPLY" Name) == "s \"$PA\"" ]]
	[[ $(property Parent "$REPLY" Registered) == 'b true' ]]
	run as_nobody busctl --auto-start=no call "$NAME" /org/mdevmgr1 org.freedesktop.DBus.ObjectManager \
		GetManagedObjects
	[[ $status == 0 ]]
	for uuid in "$U1" "$U2" "$U3"; do
		[[ $output == *"\"Uuid\" s \"$uuid\""* ]]
	done
	[[ $output == *'"Counts"'* || $(property Manager /org/mdevmgr1 Counts) == *'"definitions" 3'* ]]
}

@test "objects: what is no parent or UUID is no object" {
	start_all
	for object in device/mtty/x device/mtty/_31 "device/_2e_2e/$U1" device/_2e_2e_2fetc/x parent/_2e_2e \
		parent/nosuch parent/_00 device/mtty parent/a_2fb; do
		run busctl --auto-start=no introspect "$NAME" "/org/mdevmgr1/$object" "$NAME.Device"
		[[ $output != *Uuid* ]]
		run busctl --auto-start=no get-property "$NAME" "/org/mdevmgr1/$object" "$NAME.Parent" Name
		[[ $status != 0 ]]
	done
	is_on_bus
}

# The lines of an interface in the manual, and on the bus.
documented() {
	awk -v heading="$NAME.$1" '
		$0 == heading { here = 1; next }
		here && /^    [A-Z]/ { print $1, $2, $3, $4; found = 1; next }
		here && found && /^[^ ]/ { exit }' "${top_srcdir:?}/man/$NAME.5.rst" | sort
}

offered() {
	busctl --auto-start=no introspect "$NAME" "$2" "$NAME.$1" | awk '
		$2 == "method" { print substr($1, 2), $2, $3, $4 }
		$2 == "property" { print substr($1, 2), $2, $3, $NF }
		$2 == "signal" { print substr($1, 2), $2, $3, $4 }' | sort
}

@test "introspection: the manual has every member as it is on the bus" {
	start_all
	path device "$PA" "$U1"
	device=$REPLY
	path parent "$PA"
	for pair in Manager:/org/mdevmgr1 "Device:$device" "Parent:$REPLY"; do
		[[ -n $(documented "${pair%%:*}") ]]
		diff <(documented "${pair%%:*}") <(offered "${pair%%:*}" "${pair#*:}") >&2
	done
}

@test "signals: what comes, changes and goes is told" {
	start_all
	busctl --auto-start=no monitor "$NAME" >"$BUS_DIR/signals" 2>&1 3>&- &
	MONITOR_PID=$!
	wait_for grep -q Monitoring "$BUS_DIR/signals"
	manager Define 'a{sv}' 3 uuid s "$ND" parent s mtty type s mtty-1
	ok "$ND"
	kill -HUP "$PID"
	path device mtty "$ND"
	wait_for grep -q InterfacesAdded "$BUS_DIR/signals"
	wait_for grep -q "$REPLY" "$BUS_DIR/signals"
	manager Undefine 'a{sv}' 1 uuid s "$ND"
	ok
	kill -HUP "$PID"
	wait_for grep -q InterfacesRemoved "$BUS_DIR/signals"
	wait_for grep -q PropertiesChanged "$BUS_DIR/signals"
}

@test "signals: each try of what is tried again is told" {
	rm "$R/sys/devices/${DEVPATH[mtty]}/mdev_supported_types/mtty-1/create"
	mkdir "$R/sys/devices/${DEVPATH[mtty]}/mdev_supported_types/mtty-1/create"
	prepare_bus
	run_bus
	busctl --auto-start=no --match="path_namespace='/org/mdevmgr1'" monitor >"$BUS_DIR/signals" 2>&1 3>&- &
	MONITOR_PID=$!
	wait_for grep -q Monitoring "$BUS_DIR/signals"
	start_daemon
	wait_for is_on_bus
	path device mtty "$U2"
	# shellcheck disable=SC2016 # for the shell that counts
	wait_for bash -c '(($(grep -A1 "Path=$1 " "$2" | grep -c Member=PropertiesChanged) >= 4))' _ "$REPLY" \
		"$BUS_DIR/signals"
}

@test "a definition that others may not read: its reason and its text are not told" {
	rawdef "$ND" mtty '{"mdev_type": "secret-value"'
	chmod 600 "$R/etc/mdevctl.d/mtty/$ND"
	chmod 644 "$R/etc/mdevctl.d/mtty/$U3"
	start_all deny
	path device mtty "$ND"
	wait_for property Device "$REPLY" Reason
	device_is mtty "$ND" Reason 's ""'
	run as_nobody busctl --auto-start=no call "$NAME" /org/mdevmgr1 org.freedesktop.DBus.ObjectManager \
		GetManagedObjects
	[[ $output == *"$ND"* && $output != *secret* ]]
	nobody_manager GetDefinition ss mtty "$ND"
	fails 'Access denied'
	nobody_manager GetDefinition ss mtty "$U3"
	ok mtty-1
	chmod 750 "$R/etc/mdevctl.d"
	nobody_manager GetDefinition ss mtty "$U3"
	fails 'Access denied'
	chmod 755 "$R/etc/mdevctl.d"
	manager GetDefinition ss mtty "$ND"
	ok secret-value
	nobody_manager GetDefinition ss ../mtty "$U3"
	fails 'No parent'
	nobody_manager GetDefinition ss mtty "$UX"
	fails 'No such file'
}

# ---- who may ------------------------------------------------------------------------------------

@test "root changes without polkit" {
	start_all
	manager Define 'a{sv}' 3 uuid s "$ND" parent s mtty type s mtty-1
	ok "ssa(ss) \"$ND\" \"\" 0"
	is_defined mtty "$ND"
	manager Modify 'a{sv}' 2 uuid s "$ND" auto b true
	ok
	grep -q '"start": "auto"' "$R/etc/mdevctl.d/mtty/$ND"
	manager Undefine 'a{sv}' 1 uuid s "$ND"
	ok
	run ! is_defined mtty "$ND"
	manager Rescan
	ok
	manager Retry 'a{sv}' 1 uuid s "$U2"
	ok
}

@test "somebody else changes if polkit says yes" {
	start_all allow
	nobody_manager Define 'a{sv}' 3 uuid s "$ND" parent s mtty type s mtty-1
	ok "$ND"
	is_defined mtty "$ND"
	grep -Eq '^system-bus-name :1\.[0-9]+ org\.mdevmgr1\.manage 1$' "$BUS_DIR/polkit"
}

@test "somebody else changes nothing if polkit says anything else, or is not there" {
	start_all
	for mode in '' deny challenge error nonsense; do
		[[ -z $mode ]] || start_polkit "$mode"
		nobody_manager Define 'a{sv}' 3 uuid s "$ND" parent s mtty type s mtty-1
		fails 'Access denied'
		nobody_manager Rescan
		fails 'Access denied'
		run ! is_defined mtty "$ND"
	done
}

@test "a polkit that does not answer delays nobody else" {
	start_all silent
	nobody_manager --timeout=1 Undefine 'a{sv}' 1 uuid s "$U3"
	fails ''
	manager Define 'a{sv}' 3 uuid s "$ND" parent s mtty type s mtty-1
	ok "$ND"
	is_defined mtty "$U3"
}

@test "nobody but root can take the name" {
	prepare_bus
	run_bus
	run as_nobody busctl --auto-start=no call org.freedesktop.DBus /org/freedesktop/DBus \
		org.freedesktop.DBus RequestName su "$NAME" 0
	[[ $status != 0 && $output == *denied* ]]
}

# ---- hostile arguments ------------------------------------------------------------------------------

@test "bad arguments are refused, and the daemon goes on" {
	start_all
	local huge bomb

	printf -v huge '%*s' 70000 ''
	printf -v bomb '%*s' 20000 ''
	bomb=${bomb// /[}
	while IFS='|' read -r method text arguments; do
		# shellcheck disable=SC2086 # words
		manager $method 'a{sv}' ${arguments//HUGE/${huge// /x}}
		fails "$text"
	done <<-END
		Undefine|a uuid is needed|0
		Undefine|no UUID|1 uuid s x
		Undefine|no UUID|1 uuid s ../../etc/passwd
		Undefine|unknown here|1 nosuch b true
		Undefine|wrong type|1 uuid u 7
		Undefine|wrong type|1 force s yes
		Undefine|given twice|2 force b true force b true
		Undefine|Invalid parent|2 uuid s $U3 parent s ../mtty
		Undefine|Invalid parent|2 uuid s $U3 parent s scripts.d
		Undefine|too large|2 uuid s $U3 parent s HUGE
		Define|a uuid or a parent|1 type s mtty-1
		Define|Invalid parent|2 parent s a/b type s mtty-1
		Define|wrong type|2 parent s mtty attrs as 0
		Define|Invalid attribute|3 parent s mtty type s mtty-1 attrs a(ss) 1 ../../../etc/passwd 1
		Modify|name and its value|2 uuid s $U3 attr s add
		Modify|none, add or delete|2 uuid s $U3 attr s set
		Modify|exclude|3 uuid s $U3 auto b true manual b true
		Modify|index|3 uuid s $U3 attr s delete index u 4294967295
		Modify|wrong type|2 uuid s $U3 index x 1
		Start|a uuid or a parent|0
		Start|Invalid parent|2 parent s . type s x
		Start|insufficiently|1 uuid s $UX
		Stop|a uuid is needed|0
		Stop|not an active|1 uuid s $UX
		StartParent|a parent is needed|0
		StartParent|unknown here|1 uuid s $U3
		Retry|No auto definition|1 uuid s $UX
		Retry|unknown here|1 type s mtty-1
		Retry|unknown here|1 force b true
	END
	manager Start 'a{sv}' 2 parent s mtty json s "$bomb"
	fails ''
	manager Define 'a{sv}' 2 parent s mtty json s $'{"mdev_type": "\001"}'
	fails ''
	manager Undefine s x
	fails ''
	manager NoSuch
	fails ''
	device_is mtty "$U3" State 's "inactive"'
	is_on_bus
}

@test "file descriptors do not reach the daemon" {
	start_all silent
	run "${top_builddir:?}/tests/daemon/flood" 1 3 "$PID" "$NOBODY" fd
	echo "$output" >&2
	[[ $status == 0 && $output == *'org.freedesktop.DBus.Error.NotSupported 3'* ]]
	is_on_bus
}

@test "what comes from outside is told without control characters" {
	rawdef "$ND" mtty '{"mdev_type": "\\u001b[2J\\u0007x", "start": "manual", "attrs": []}'
	start_all
	path device mtty "$ND"
	wait_for property Device "$REPLY" Type
	run property Device "$REPLY" Type
	[[ $output != *$'\033'* ]]
	[[ $output == *x1b* ]]
}

# ---- many ----------------------------------------------------------------------------------------------

@test "SIGHUP takes over CallsMax=: what waited for its turn has it" {
	local first

	mkdir -p "$R/etc/mdevmgr" "$R/etc/mdevctl.d/scripts.d/callouts"
	printf '[Daemon]\nCallsMax=1\n' >"$R/etc/mdevmgr/mdevmgr.conf"
	start_all
	cat >"$R/etc/mdevctl.d/scripts.d/callouts/slow" <<-END
		#!/bin/bash
		touch "$BUS_DIR/asked"
		while [[ -d "$BUS_DIR" && ! -e "$BUS_DIR/go" ]]; do sleep 0.1; done
		exit 2
	END
	chmod 755 "$R/etc/mdevctl.d/scripts.d/callouts/slow"
	busctl --auto-start=no --timeout=600 call "$NAME" /org/mdevmgr1 "$NAME.Manager" Define 'a{sv}' 3 \
		uuid s "$ND" parent s mtty type s mtty-1 >"$BUS_DIR/first" 2>&1 3>&- &
	first=$!
	wait_for test -e "$BUS_DIR/asked"
	printf '[Daemon]\nCallsMax=2\n' >"$R/etc/mdevmgr/mdevmgr.conf"
	kill -HUP "$PID"
	manager Retry 'a{sv}' 1 uuid s "$UX"
	fails 'No auto definition'
	kill -0 "$first"
	touch "$BUS_DIR/go"
	wait "$first"
	is_defined mtty "$ND"
}

@test "1,000 calls in flight from 10 connections: each is answered, in little memory" {
	start_all allow
	run "${top_builddir:?}/tests/daemon/flood" 10 100 "$PID" "$NOBODY"
	echo "$output" >&2
	[[ $status == 0 && $output == *'answers 1000'*'results 0'*'Error.Failed 1000'* ]]
	# The sanitizers keep what was freed.
	grep -q __asan_init "$MDEVMGRD" || ((${output##*private } < 8192))
	is_on_bus
}

@test "a flood that polkit does not answer is bounded, and root is served meanwhile" {
	start_all silent
	"${top_builddir:?}/tests/daemon/flood" 10 100 "$PID" "$NOBODY" >"$BUS_DIR/flood" 2>&1 3>&- &
	FLOOD_PID=$!
	wait_for grep -q system-bus-name "$BUS_DIR/polkit"
	manager Define 'a{sv}' 3 uuid s "$ND" parent s mtty type s mtty-1
	ok "$ND"
	(($(grep -c system-bus-name "$BUS_DIR/polkit") <= 48))
}

# asked_of CONNECTIONS N: polkit was asked about so many, N times about each
asked_of() {
	(($(awk -v n="$2" '/^system-bus-name/ && ++asked[$2] == n { of++ } END { print of + 0 }' \
		"$BUS_DIR/polkit") >= $1))
}

@test "two users whose questions stay open do not keep a third from being asked" {
	local uid

	start_all silent
	FLOOD_PID=
	for uid in "$NOBODY" 1; do
		"${top_builddir:?}/tests/daemon/flood" 1 60 "$PID" "$uid" >"$BUS_DIR/flood.$uid" 2>&1 3>&- &
		FLOOD_PID+=" $!"
	done
	wait_for asked_of 2 20
	NOBODY=2
	AS_NOBODY=(setpriv --reuid=2 --regid=2 --clear-groups --inh-caps=-all)
	as_nobody busctl --auto-start=no --timeout=300 call "$NAME" /org/mdevmgr1 "$NAME.Manager" Undefine \
		'a{sv}' 1 uuid s "$U3" >"$BUS_DIR/third" 2>&1 3>&- &
	FLOOD_PID+=" $!"
	wait_for asked_of 3 1
}

@test "large calls of one user that wait leave room for those of others" {
	start_all silent
	local json i

	printf -v json '{"mdev_type": "%*s"}' 100000 ''
	FLOOD_PID=
	for ((i = 0; i < 50; i++)); do
		as_nobody busctl --auto-start=no --timeout=300 call "$NAME" /org/mdevmgr1 "$NAME.Manager" Define \
			'a{sv}' 2 parent s mtty json s "$json" >"$BUS_DIR/large.$i" 2>&1 3>&- &
		FLOOD_PID+=" $!"
	done
	# shellcheck disable=SC2016 # for the shell that counts
	wait_for bash -c '(($(cat "$1"/large.* | grep -c Too.many) + $(grep -c bus-name "$1/polkit") >= 50))' _ "$BUS_DIR"
	manager Define 'a{sv}' 3 uuid s "$ND" parent s mtty type s mtty-1
	ok "$ND"
}

# ---- the bus comes and goes -------------------------------------------------------------------------------

@test "the daemon runs without a bus, and takes its name when one comes, and comes back" {
	prepare_bus
	start_daemon
	run_bus
	wait_for is_on_bus
	kill "$BUS_PID"
	wait "$BUS_PID" || :
	run_bus
	wait_for is_on_bus
	manager Rescan
	ok
}

@test "on a fake root no bus is used that was not named" {
	need_root
	start_daemon
	run ! grep -qi bus "$LOG"
}
