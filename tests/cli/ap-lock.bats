#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2154
# The lock of chzdev and ap-check on the AP configuration, where no ap-check is installed. tests/cli/ap-check.bats
# has it with one.

load lib

T=vfio_ap-passthrough
LOCK=run/lock/s390apconfig.lock

fixture() {
	mkdir -p "$R/run/lock"
	parent matrix; type_ matrix "$T" 65536 vfio-ap 'VFIO AP Passthrough Device'
	parent mtty; type_ mtty t1 5 vfio-pci
	device "$U1" matrix "$T"
	device_dir "$U1" matrix
	printf '05.0005\n' >"$R/$REPLY/matrix"
	: >"$R/$REPLY/control_domains"
	halfmade "$U2" matrix assign_adapter assign_domain
	defined "$U2" matrix "$T" manual assign_adapter 5 assign_domain 4
	halfmade "$U3" mtty a
	defined "$U3" mtty t1 manual
}

# A process that lives, and has the lock: as chzdev has it.
hold() {
	sleep 100 3>&- &
	holder=$!
	echo "$holder" >"$LOCK"
}

teardown() {
	[[ -z ${holder-} ]] || kill "$holder"
}

# waits COMMAND...: it waits for the lock, says so when it is told to stop, and did nothing
waits() {
	local pid

	tree_state | grep -v ' ./run/lock $' >"$BATS_TEST_TMPDIR/before"
	mdevmgr "$@" >"$BATS_TEST_TMPDIR/words" 2>&1 3>&- &
	pid=$!
	until compgen -G "$LOCK.mdevmgr-*" >/dev/null; do
		kill -0 "$pid" || { cat "$BATS_TEST_TMPDIR/words" >&2; return 1; }
		sleep 0.1
	done
	kill "$pid"
	wait "$pid" && return 1
	tree_state | grep -v ' ./run/lock $' | diff "$BATS_TEST_TMPDIR/before" - >&2
	grep -q 'Interrupted while waiting for the lock on the AP configuration' "$BATS_TEST_TMPDIR/words"
	file_is "$LOCK" "$holder"$'\n'
}

@test "each change waits for who has the lock, and does nothing meanwhile" {
	# makes the lock of definitions
	mdevmgr modify -u "$U2" -a
	hold
	waits modify -u "$U2" -m
	waits start -u "$U2"
	waits stop -u "$U1"
	waits define -u "$UX" -p matrix -t "$T"
	waits undefine -u "$U2"
}

@test "what is not of this type does not wait" {
	hold
	try start -u "$U3"
	succeeds
	try modify -u "$U3" -a
	succeeds
	try list
	succeeds
}

@test "nothing is left of it" {
	for args in "modify -u $U2 -a" "start -u $U2" "stop -u $U1" "define -u $UX -p matrix -t $T" "undefine -u $U2"; do
		# shellcheck disable=SC2086
		try $args
		[ "$status" = 0 ]
		[ -z "$(ls run/lock)" ]
	done
	try modify -u "$UX" --addattr ''
	[ "$status" != 0 ]
	try define -u "$UX" -p matrix -t "$T"
	[ "$status" = 1 ]
	[ -z "$(ls run/lock)" ]
}

@test "the lock of a dead process is taken over" {
	sleep 0 &
	wait $!
	echo $! >"$LOCK"
	try modify -u "$U2" -a
	succeeds
	definition "$U2" matrix "$T" auto assign_adapter 5 assign_domain 4
	no_file "$LOCK"
}

@test "it is held while the work is done, and not while scripts run" {
	script callouts s.sh "$UNVERSIONED"'
		case $* in *"-e get"*) exit 2 ;; esac
		[ -e "$MDEVCTL_ENV_ROOT/run/lock/s390apconfig.lock" ] && echo held >>"$MDEVCTL_ENV_ROOT/trace"
		exit 0'
	need_strace
	traced -y -e trace=linkat,renameat,renameat2,unlinkat -- mdevmgr modify -u "$U2" -a
	no_file trace
	grep -v ENOENT "$BATS_TEST_TMPDIR/trace" | grep -Eo '(linkat|rename|unlinkat)[^(]*\(.*\) += 0' |
		sed -E 's/^(linkat|renameat2?|unlinkat).*(s390apconfig\.lock|mdevmgr-).*$/\1/' >calls
	[ "$(tr '\n' ' ' <calls)" = "linkat unlinkat renameat unlinkat " ] || { cat "$BATS_TEST_TMPDIR/trace" >&2; return 1; }
}

@test "where there is no /run/lock nobody can lock" {
	rmdir run/lock
	try modify -u "$U2" -a
	succeeds
	no_file run/lock
}

@test "a link that a user has put there is not followed" {
	[ "$(id -u)" = 0 ] || skip "only root can make a user's file"
	echo kept >outside
	ln -s ../../outside "$LOCK"
	chown -h 65534:65534 "$LOCK"
	try modify -u "$U2" -a
	succeeds
	file_is outside $'kept\n'
	ln -s ../../outside "$LOCK"
	try modify -u "$U2" -m
	fails 1 "Cannot take the lock on the AP configuration, /run/lock/s390apconfig.lock: Too many levels of symbolic links"
}
