#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # bats sets them

load lib

once() {
	run timeout "$LIMIT" "$MDEVMGRD" --once "$@"
}

@test "--once starts what is due and ends" {
	once
	[[ $status == 0 ]]
	created mtty mtty-1 "$U2"
	is_over mtty "$U2"
	[[ ! -e $R/run/mdevmgr/daemon ]]
}

@test "--once a second time finds nothing to do" {
	once
	: >"$R/sys/devices/${DEVPATH[mtty]}/mdev_supported_types/mtty-1/create"
	once
	[[ $status == 0 ]]
	created mtty mtty-1 ''
}

@test "--once --parent works on this parent only" {
	mkdir -p "$R/run/mdevmgr"
	late_parent
	once --parent=late
	[[ $status == 0 ]]
	created late t1 "$U4"
	created mtty mtty-1 ''
}

@test "--once --parent starts a parent's devices on a system that runs already" {
	running_system
	once --parent=mtty
	[[ $status == 0 ]]
	created mtty mtty-1 "$U2"
}

@test "--once on a system that runs already starts nothing at its first look" {
	running_system
	once
	[[ $status == 0 ]]
	created mtty mtty-1 ''
}

@test "--once ends with status 0 when devices failed" {
	defined "$U4" mtty mtty-9 auto
	once
	[[ $status == 0 ]]
	phase mtty "$U4" no-type
	created mtty mtty-1 "$U2"
}

@test "--once goes on after SIGHUP" {
	mkdir -p "$R/etc/mdevctl.d/scripts.d/callouts"
	cat >"$R/etc/mdevctl.d/scripts.d/callouts/slow" <<-END
		#!/bin/bash
		touch "$BATS_TEST_TMPDIR/asked"
		while [[ -d "$BATS_TEST_TMPDIR" && ! -e "$BATS_TEST_TMPDIR/go" ]]; do sleep 0.1; done
		exit 2
	END
	chmod 755 "$R/etc/mdevctl.d/scripts.d/callouts/slow"
	"$MDEVMGRD" --once >"$LOG" 2>&1 3>&- &
	PID=$!
	wait_for test -e "$BATS_TEST_TMPDIR/asked"
	kill -HUP "$PID"
	touch "$BATS_TEST_TMPDIR/go"
	wait "$PID"
	PID=
	is_over mtty "$U2"
}

@test "an odd name is told once, however often its parent is looked at" {
	: >"$R/etc/mdevctl.d/mtty/odd"
	once
	[[ $status == 0 ]]
	created mtty mtty-1 "$U2"
	[[ $(grep -c "Can't determine uuid for file 'odd'" <<<"$output") == 1 ]]
}

@test "usage" {
	run "$MDEVMGRD" --version
	[[ $status == 0 && $output == "mdevmgrd "[0-9]* ]]
	run --separate-stderr "$MDEVMGRD" --help
	[[ $status == 0 && $output == "Usage: mdevmgrd "* && -z $stderr ]]
	run --separate-stderr "$MDEVMGRD" --parent=p
	[[ $status == 2 && -z $output && $stderr == *"--parent needs --once"* ]]
	run --separate-stderr "$MDEVMGRD" --once --parent=../p
	[[ $status == 2 && -z $output && $stderr == *"no name of a parent"* ]]
	run --separate-stderr "$MDEVMGRD" extra
	[[ $status == 2 && -z $output ]]
	run --separate-stderr "$MDEVMGRD" --nonsense
	[[ $status == 2 && -z $output ]]
}

@test "only root may run it" {
	((EUID == 0)) || skip "needs root"
	unset MDEVCTL_ENV_ROOT
	cp "$MDEVMGRD" "$BATS_TEST_TMPDIR/mdevmgrd"
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/mdevmgrd"
	run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$BATS_TEST_TMPDIR/mdevmgrd"
	[[ $status == 1 && -z $output && $stderr == "mdevmgrd must be run by root" ]]
}
