#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154
# retry

load lib

fixture() {
	fixture_base
	mkdir -p "$R/run/mdevmgr"
}

# record UUID PARENT LINE...: what is remembered of its campaign in the registration that is there
record() {
	local dir=$R/run/mdevmgr/parents/$2
	mkdir -p "$dir"
	printf '%s\n' boot_id= registration=1 "${@:3}" >"$dir/$1"
}

# phase_is UUID PARENT PHASE
phase_is() {
	grep -qx "phase=$3" "$R/run/mdevmgr/parents/$2/$1" || { cat "$R/run/mdevmgr/parents/$2/$1" >&2; return 1; }
}

# created PARENT TYPE TEXT: this was written to its create
created() {
	type_dir "$1" "$2"
	file_is "$REPLY/create" "$3"
}

daemon_runs() {
	echo "$$" >"$R/run/mdevmgr/daemon"
}

@test "what has failed is tried again, by us if there is no daemon" {
	record "$U5" mtty phase=failed attempts=1 errno=22 reason=r
	try retry -u "$U5"
	succeeds
	prints ''
	created mtty mtty-2 "$U5"
	phase_is "$U5" mtty 'done'
}

@test "what was stopped by hand, and what was never tried" {
	record "$U5" mtty phase=done
	defined "$UX" "$PA" i915-GVTg_V5_8 auto
	try retry
	succeeds
	created mtty mtty-2 "$U5"
	created "$PA" i915-GVTg_V5_8 "$UX"
}

@test "retry -p tries that parent's only" {
	defined "$UX" "$PA" i915-GVTg_V5_8 auto
	try retry -p "$PA"
	succeeds
	created mtty mtty-2 ''
	created "$PA" i915-GVTg_V5_8 "$UX"
}

@test "the daemon's work is left to it" {
	daemon_runs
	record "$U5" mtty phase=failed attempts=1 errno=22 reason=r
	try retry -u "$U5"
	succeeds
	created mtty mtty-2 ''
	phase_is "$U5" mtty armed
}

@test "what is active is left alone" {
	try retry -u "$U1"
	succeeds
	created "$PA" i915-GVTg_V5_4 ''
}

@test "a failure is told, the others are tried" {
	defined "$UX" mtty no-such-type auto
	try retry
	[[ $status == 1 && -z $output && $stderr == "Error: Device $UX cannot be started now: "* ]]
	created mtty mtty-2 "$U5"
	phase_is "$UX" mtty no-type
	phase_is "$U5" mtty 'done'
}

@test "--dry-run says what would be tried" {
	record "$U5" mtty phase=failed attempts=1 errno=22 reason=r
	unchanged try retry --dry-run
	succeeds
	prints "try to start $U5 on parent mtty, now failed"
	try retry --dry-run -p "$PA"
	succeeds
	prints ''
}

@test "what one parent remembers cannot be written: told, the others are tried" {
	defined "$UX" "$PA" i915-GVTg_V5_8 auto
	mkdir -p "$R/run/mdevmgr/parents"
	touch "$R/run/mdevmgr/parents/$PA"
	try retry
	[[ $status == 1 && $stderr == *"Cannot retry the devices of parent $PA: "* ]]
	created mtty mtty-2 "$U5"
	created "$PA" i915-GVTg_V5_8 ''
}

@test "there is nothing to force" {
	try retry --force
	[[ $status == 2 && -z $output ]]
	created mtty mtty-2 ''
}

@test "what is not defined as auto cannot be retried" {
	try retry -u "$UX"
	fails 1 "No auto definition of device $UX"
	try retry -u "$U3"
	fails 1 "No auto definition of device $U3"
	try retry -p nowhere
	fails 1 "No auto definition on parent nowhere"
	try retry -p ../../etc
	[[ $status == 1 && -z $output ]]
}

@test "where nothing is remembered there is nothing to retry" {
	rmdir "$R/run/mdevmgr"
	try retry
	fails 1 "There are no campaigns to retry"
}
