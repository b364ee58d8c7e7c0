#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# monitor. Lines come when they come: each test waits for what it expects, and for the line of a
# last change, before which all others were printed.

load lib

# a UUID of our own
N=77777777-0007-0000-8000-000000000077

teardown() {
	[[ -z ${MON-} ]] || kill -9 "$MON" 2>/dev/null || :
}

# probe PARENT TEXT: changes a definition that is there for this only; whole, so that a monitor that
# looks meanwhile has nothing to say of it
probe() {
	local root=$R R=$BATS_TEST_TMPDIR/probe

	defined "$UX" "$1" "$2" manual
	mkdir -p "$root/etc/mdevctl.d/$1"
	mv "$R/etc/mdevctl.d/$1/$UX" "$root/etc/mdevctl.d/$1/"
}

# await PATTERN: within half a minute there is a line like this
await() {
	local i

	for ((i = 0; i < 300; i++)); do
		! grep -qE -e "$1" "$BATS_TEST_TMPDIR/out" || return 0
		sleep 0.1
	done
	echo "no line: $1" >&2
	cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err" >&2
	return 1
}

# exchange_record PARENT: as whoever writes one does
exchange_record() {
	: >"$R/run/mdevmgr/parents/$1/.new"
	mv "$R/run/mdevmgr/parents/$1/.new" "$R/run/mdevmgr/parents/$1/record"
}

# monitor PARENT ARGUMENT...: starts one and waits until it hears; changes of the UUID $UX below
# this parent are the test's own and not in what it prints afterwards
monitor() {
	local i

	PROBED=$1
	shift
	: >"$BATS_TEST_TMPDIR/out"
	env --default-signal=INT mdevmgr monitor "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	MON=$!
	for ((i = 0; i < 300; i++)); do
		probe "$PROBED" "type$i"
		[[ ! -s $BATS_TEST_TMPDIR/out ]] || break
		sleep 0.1
	done
	await "$UX"
	HERE=$(wc -l <"$BATS_TEST_TMPDIR/out")
}

# heard: what was printed since, without the times; of what happened before this call. Once a monitor.
heard() {
	rm "$R/etc/mdevctl.d/$PROBED/$UX"
	await "definition $UX $PROBED: removed"
	tail -n "+$((HERE + 1))" "$BATS_TEST_TMPDIR/out" | grep -v "$UX" | sed "s|$R||g" |
		sed -E 's/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z //' || :
}

# is_heard TEXT
is_heard() {
	local got

	got=$(heard)
	[[ $got == "$1" ]] || { printf 'heard:\n%s\nexpected:\n%s\n' "$got" "$1" >&2; return 1; }
}

# ends STATUS: the monitor, within half a minute
ends() {
	local i rc=0

	for ((i = 0; i < 300; i++)); do
		[[ -e /proc/$MON/exe ]] || break
		sleep 0.1
	done
	kill -9 "$MON" 2>/dev/null && { echo "it does not end" >&2; return 1; }
	wait "$MON" || rc=$?
	MON=
	[[ $rc == "$1" ]] || { echo "status $rc" >&2; cat "$BATS_TEST_TMPDIR/err" >&2; return 1; }
}

@test "definitions that come, change and go" {
	monitor spare
	mdevmgr define -u "$N" -p spare -t t1
	await "state $N"
	mdevmgr modify -u "$N" --addattr a --value b
	await "definition $N spare: changed"
	mdevmgr undefine -u "$N"
	is_heard "definition $N spare: added, /etc/mdevctl.d/spare/$N
state $N spare: inactive
definition $N spare: changed, /etc/mdevctl.d/spare/$N
definition $N spare: removed, /etc/mdevctl.d/spare/$N"
	[ ! -s "$BATS_TEST_TMPDIR/err" ]
}

@test "devices and parents that come and go" {
	mkdir -p "$R/run/mdevmgr/parents"
	monitor mtty
	defined "$N" mtty mtty-1 auto
	await "state $N"
	device "$N" mtty mtty-1
	mkdir "$R/run/mdevmgr/parents/mtty"
	await "device $N mtty: active"
	rm -r "$R/sys/devices/${DEVPATH[mtty]}/$N" "$R/sys/bus/mdev/devices/$N" "$R/sys/class/mdev_bus/mtty"
	exchange_record mtty
	await "parent mtty: unregistered"
	ln -s "../../devices/${DEVPATH[mtty]}" "$R/sys/class/mdev_bus/mtty"
	exchange_record mtty
	await "parent mtty: registered, [0-9]+ type"
	heard >"$BATS_TEST_TMPDIR/heard"
	grep -qx "device $N mtty: active, mtty-1" "$BATS_TEST_TMPDIR/heard"
	grep -q "^state $N mtty: .* -> active" "$BATS_TEST_TMPDIR/heard"
	grep -A 3 "^device $N mtty: gone, mtty-1" "$BATS_TEST_TMPDIR/heard" >"$BATS_TEST_TMPDIR/order"
	grep -qx "parent mtty: unregistered" "$BATS_TEST_TMPDIR/order"
	grep -q "^state $N mtty: active -> waiting-parent" "$BATS_TEST_TMPDIR/order"
}

@test "a registration that was too short to be seen is told, with the devices in it" {
	mkdir -p "$R/run/mdevmgr/parents/mtty"
	device "$N" mtty mtty-1
	monitor mtty
	echo 2 >"$R/sys/devices/${DEVPATH[mtty]}/mdev_registration"
	exchange_record mtty
	await "device $N mtty: active"
	heard >"$BATS_TEST_TMPDIR/heard"
	head -n 3 "$BATS_TEST_TMPDIR/heard" | sed 's/,.*//' >"$BATS_TEST_TMPDIR/order"
	[ "$(<"$BATS_TEST_TMPDIR/order")" = "device $N mtty: gone
parent mtty: unregistered
parent mtty: registered" ]
}

@test "JSON Lines: every object has all keys" {
	monitor spare --json
	mdevmgr define -u "$N" -p spare -t 't"1' --auto
	await "\"state\",\"uuid\":\"$N\""
	device "$UA" mtty mtty-1
	rm "$R/sys/class/mdev_bus/matrix"
	mkdir -p "$R/run/mdevmgr/parents/"
	await '"unregistered"'
	kill "$MON"
	ends 0
	grep -v "$UX" "$BATS_TEST_TMPDIR/out" >"$BATS_TEST_TMPDIR/lines"
	jq -s . "$BATS_TEST_TMPDIR/lines" >"$BATS_TEST_TMPDIR/all"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/lines")" = "$(jq length "$BATS_TEST_TMPDIR/all")" ]
	[ "$(jq -c 'map(keys_unsorted) | unique' "$BATS_TEST_TMPDIR/all")" = \
		'[["time","kind","uuid","parent","type","old","new","reason","file","types"]]' ]
	[ "$(jq -r 'map(.kind) | unique | join(" ")' "$BATS_TEST_TMPDIR/all")" = 'definition device parent state' ]
	[ "$(jq -r '.[] | select(.kind == "definition") | [.uuid, .parent, .type, .new, .file] | join(" ")' \
		"$BATS_TEST_TMPDIR/all")" = "$N spare t\"1 added $R/etc/mdevctl.d/spare/$N" ]
	[ "$(jq -r '.[] | select(.uuid == "'"$N"'" and .kind == "state") | "\(.old) \(.new)"' \
		"$BATS_TEST_TMPDIR/all")" = "null waiting-parent" ]
	jq -e 'all(.time | test("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z$"))' "$BATS_TEST_TMPDIR/all"
}

@test "--uuid and --parent: only their lines" {
	monitor spare -p spare
	mdevmgr define -u "$N" -p other -t t
	mdevmgr define -u "$N" -p spare -t t
	is_heard "definition $N spare: added, /etc/mdevctl.d/spare/$N
state $N spare: inactive"
	kill "$MON"
	ends 0
	monitor spare -u "$UX"
	mdevmgr undefine -u "$N"
	defined "$UX" other t manual
	await "definition $UX other: added"
	run ! grep -q "$N" "$BATS_TEST_TMPDIR/out"
}

@test "the directory of definitions may come later" {
	rm -r "${R:?}/etc"
	mkdir "$R/etc"
	monitor spare
	mdevmgr define -u "$N" -p spare -t t1
	await "definition $N spare: added"
}

@test "what cannot be used is told once" {
	rawdef "$N" spare '{'
	monitor spare
	mdevmgr define -u "$UA" -p spare -t t1
	await "definition $UA"
	heard >/dev/null
	[ "$(grep -c "$N" "$BATS_TEST_TMPDIR/err")" = 1 ]
	grep -q "^Warning: .*spare/$N" "$BATS_TEST_TMPDIR/err"
}

@test "it ends well when it is interrupted, and makes nothing" {
	for signal in INT TERM; do
		monitor spare
		heard >/dev/null
		tree_state >"$BATS_TEST_TMPDIR/before"
		kill -s "$signal" "$MON"
		ends 0
		[ ! -s "$BATS_TEST_TMPDIR/err" ]
		tree_state >"$BATS_TEST_TMPDIR/after"
		diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	done
}

@test "it ends when nobody reads any more, without a change too" {
	# shellcheck disable=SC2016 # for that shell
	run --separate-stderr timeout 60 bash -c 'set -o pipefail; mdevmgr monitor | true'
	fails 1 "Failed to write data: Broken pipe"
}

@test "it takes no more words" {
	try monitor mtty
	refuses
	try monitor -u nonsense
	refuses
}
