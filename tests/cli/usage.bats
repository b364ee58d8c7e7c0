#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The command line as such: errors, shapes of messages, streams, environment. Spellings of options are in the golden data.

load lib

@test "a usage error: status 2, nothing on stdout, a few lines on stderr, nothing changed" {
	for args in --nosuch nosuch 'list --nosuch' 'list x' 'define' 'modify' 'undefine' 'stop' 'start -t x' \
		'list -u zz' "define -u $UX -u $UX -p a" 'list -d -d' 'verify a b' 'list --uui x'; do
		# shellcheck disable=SC2086
		unchanged try $args
		refuses
		[ "${#stderr_lines[@]}" -le 5 ]
	done
}

@test "options once more: only those that may be repeated" {
	try start -u "$U1" -u "$U1" -p a -p a
	refuses
	try modify -u "$U1" -u "$U2" -a
	refuses
	try list -u "$U1" -u "$U2"
	refuses
}

@test "several -u with --jsonfile or without a verb that takes them are refused" {
	try start -u "$U1" -u "$U2" -p mtty --jsonfile /dev/null
	[[ $status != 0 && -z $output ]]
}

@test "a run-time error is one line" {
	try modify -u "$UX" -a
	fails 1 "Mediated device $UX is not defined"
	[ "${#stderr_lines[@]}" = 1 ]
	try define -u "$UX" -p mtty --jsonfile none
	fails 1 'Unable to read file "none": No such file or directory'
	[ "${#stderr_lines[@]}" = 1 ]
}

@test "an error stays one line whatever the names hold" {
	try modify -u "$UX" -p $'a\nb\e[31mc' -a
	[[ $status == 1 && ${#stderr_lines[@]} == 1 && $stderr != *$'\e'* ]]
	try start -u "$UX" -p $'a\nError: b' -t $'c\nd'
	[[ $status == 1 && ${#stderr_lines[@]} == 1 ]]
}

@test "a full stdout: status 1 and told, for everything that prints" {
	[ -c /dev/full ] || skip "no /dev/full"
	for args in list 'list -d' 'list --dumpjson' types 'types --dumpjson' "show -u $U1" "show -u $U1 --json" verify help \
		--version 'list --help' "define -p mtty -t mtty-1" "start -p mtty -t mtty-1" "undefine -u $U1 --dry-run"; do
		status=0
		# shellcheck disable=SC2086
		mdevmgr $args >/dev/full 2>err || status=$?
		[[ $status == 1 && $(<err) == *"Error: "* ]] || { echo "$args: $status $(<err)"; false; }
	done
}

@test "a closed stdout: status 1" {
	status=0
	mdevmgr list >&- 2>err || status=$?
	[ "$status" = 1 ]
}

@test "a reader that goes away is told by status 1 or by SIGPIPE, never by 0 with half of it" {
	for ((i = 0; i < 3000; i++)); do
		printf -v file '%s/etc/mdevctl.d/mtty/%08x-0000-0000-8000-000000000000' "$R" "$i"
		echo '{"mdev_type":"t","start":"auto"}' >"$file"
	done
	set +o pipefail
	status=0
	{ mdevmgr list -d 2>err || echo $? >rc; } | head -n 1 >/dev/null
	[ "$(<rc)" != 0 ]
}

@test "MDEVCTL_LOG: off hides warnings, warn is the default, debug tells more" {
	rawdef "$UX" mtty '{'
	try list -d
	warns "$UX"
	MDEVCTL_LOG=off try list -d
	succeeds
	MDEVCTL_LOG=error try list -d
	succeeds
	for level in warn info; do
		MDEVCTL_LOG=$level try list -d
		[[ $status == 0 && $stderr == *"Warning: "*"$UX"* ]]
	done
	n=${#stderr_lines[@]}
	for level in debug trace; do
		MDEVCTL_LOG=$level try list -d
		[[ $status == 0 && ${#stderr_lines[@]} -ge n ]]
	done
	MDEVCTL_LOG= try list -d
	[ "$status" = 0 ]
}

@test "MDEVCTL_LOG never hides errors" {
	MDEVCTL_LOG=off try modify -u "$UX" -a
	fails 1 "Mediated device $UX is not defined"
}

@test "no colours where there is no terminal" {
	for args in list 'modify -u zz' "modify -u $UX -a" --help; do
		# shellcheck disable=SC2086
		try $args
		[[ $output$stderr != *$'\e'* ]]
	done
}

@test "on a terminal: colours, but none with NO_COLOR" {
	type -P script >/dev/null || skip "no script(1)"
	command script -qec "mdevmgr modify -u $UX -a" /dev/null >out </dev/null || :
	[[ $(<out) == *$'\e['* ]]
	NO_COLOR=1 command script -qec "mdevmgr modify -u $UX -a" /dev/null >out </dev/null || :
	[[ $(<out) == *"is not defined"* && $(<out) != *$'\e['* ]]
}

@test "MDEVCTL_ENV_ROOT may be relative" {
	cd "$BATS_TEST_TMPDIR"
	MDEVCTL_ENV_ROOT=root try list -d -u "$U1"
	succeeds
	prints "$U1 $PA i915-GVTg_V5_4 auto (active)"
}

@test "MDEVCTL_ENV_ROOT: everything is read below it, links as they stand" {
	MDEVCTL_ENV_ROOT=$BATS_TEST_TMPDIR/nothing try list
	succeeds
	prints ''
	MDEVCTL_ENV_ROOT=$BATS_TEST_TMPDIR/nothing try types
	succeeds
	prints ''
}

@test "JSON on a pipe at /dev/stdin, opened once, never seeked" {
	run --separate-stderr bash -c "{ printf '{\"mdev_type\":'; sleep 0.1; printf '\"t\",\"start\":\"auto\"}'; } | mdevmgr define -u $UX -p mtty --jsonfile /dev/stdin"
	succeeds
	definition "$UX" mtty t auto
}

@test "JSON from a FIFO and from a process substitution" {
	mkfifo json/fifo
	printf '{"mdev_type":"t","start":"auto"}' >json/fifo &
	run --separate-stderr timeout 10 mdevmgr define -u "$UX" -p mtty --jsonfile json/fifo
	succeeds
	definition "$UX" mtty t auto
}

@test "a huge JSON file is refused, not read for ever" {
	run --separate-stderr timeout 20 mdevmgr define -u "$UX" -p mtty --jsonfile /dev/zero
	[[ $status == 1 && -z $output && ${#stderr_lines[@]} == 1 ]]
}

@test "it works with no environment but the root" {
	run --separate-stderr env -i MDEVCTL_ENV_ROOT="$R" "$BATS_TEST_TMPDIR/bin/mdevmgr" list -u "$U1"
	succeeds
	has "$U1"
}

@test "it works with stdin closed" {
	mdevmgr list -u "$U1" <&- >out 2>err
	[[ $(<out) == *"$U1"* && ! -s err ]]
}
