#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The lock file, and commands that meet.

load lib

@test "the first writer makes the lock file, 0600; readers make none" {
	try list
	try list -d
	try types
	no_file etc/mdevctl.d/.lock
	try modify -u "$U1" -m
	succeeds
	[ "$(stat -c '%a %F' "$R/etc/mdevctl.d/.lock")" = '600 regular empty file' ]
}

@test "readers do not need the lock" {
	need_strace
	try modify -u "$U1" -m
	for args in list 'list -d' 'list --dumpjson' types "show -u $U1" verify; do
		# shellcheck disable=SC2086
		traced -- mdevmgr $args >/dev/null || :
		run grep -E '\.lock|F_OFD_SETLK|flock' "$BATS_TEST_TMPDIR/trace"
		[ -z "$output" ]
	done
}

@test "writers lock byte ranges of the file, of the open file description" {
	need_strace
	traced -- mdevmgr modify -u "$U1" -m
	grep -q 'F_OFD_SETLK.*F_WRLCK.*l_start=0, l_len=1' "$BATS_TEST_TMPDIR/trace"
	traced -- mdevmgr stop -u "$U1"
	grep -q 'F_OFD_SETLK.*F_WRLCK' "$BATS_TEST_TMPDIR/trace"
	run grep -E 'F_OFD_SETLK.*l_start=0,' "$BATS_TEST_TMPDIR/trace"
	[ -z "$output" ]
}

@test "the lock file is opened close-on-exec and not through a symlink" {
	ln -s "$R/victim" "$R/etc/mdevctl.d/.lock"
	try modify -u "$U1" -m
	no_file victim
}

@test "temporary files of a dead writer are removed by the next" {
	: >"$R/etc/mdevctl.d/.mdevmgr-abc123"
	try list -d
	[ -e "$R/etc/mdevctl.d/.mdevmgr-abc123" ]
	try modify -u "$U1" -m
	succeeds
	no_file etc/mdevctl.d/.mdevmgr-abc123
}

@test "20 attributes added at the same time all land" {
	for ((i = 0; i < 20; i++)); do
		mdevmgr modify -u "$U1" --addattr "a$i" --value 1 &
	done
	wait
	[ "$(jq -r '.attrs[] | keys[0]' "$R/etc/mdevctl.d/$PA/$U1" | sort -u | wc -l)" = 20 ]
}

@test "of 10 definitions of one UUID at the same time one wins" {
	for ((i = 0; i < 10; i++)); do
		(mdevmgr define -u "$UX" -p mtty -t "t$i" 2>/dev/null && echo "t$i" >>"$BATS_TEST_TMPDIR/winners") &
	done
	wait
	[ "$(wc -l <"$BATS_TEST_TMPDIR/winners")" = 1 ]
	definition "$UX" mtty "$(<"$BATS_TEST_TMPDIR/winners")" manual
}

@test "a reader during writes sees the old or the new file" {
	(for ((i = 0; i < 50; i++)); do
		mdevmgr modify -u "$U1" -m && mdevmgr modify -u "$U1" -a
	done; : >"$BATS_TEST_TMPDIR/done") &
	while [ ! -e "$BATS_TEST_TMPDIR/done" ]; do
		try list -d -u "$U1"
		succeeds
		[[ $output == "$U1 $PA i915-GVTg_V5_4 "*" (active)" ]]
	done
	wait
}

@test "the lock is not left to a callout's child" {
	script callouts c.sh "$UNVERSIONED; sleep 20 >/dev/null 2>&1 </dev/null & exit 0"
	try start -u "$U5" -p mtty
	[ "$status" = 0 ]
	SECONDS=0
	try start -u "${U1%a}f" -p mtty -t mtty-1
	[[ $status == 0 && $SECONDS -lt 8 ]]
}

@test "a callout may call us for the same parent" {
	script callouts c.sh "$UNVERSIONED"$'\ncase $* in *"-e pre -a start"*'"$U5"$'*) mdevmgr start -u '"${U1%a}f"$' -p mtty -t mtty-1 ;; esac'
	run --separate-stderr timeout 30 mdevmgr start -u "$U5" -p mtty
	[ "$status" = 0 ]
	file_is sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-1/create "${U1%a}f"
	file_is sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/create "$U5"
}

@test "where /etc is read-only a device is started all the same" {
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --bind "$1/etc" "$1/etc" && mount -o remount,ro,bind "$1/etc"' sh "$R" 2>/dev/null ||
		skip "no private mounts here"
	# shellcheck disable=SC2016
	run --separate-stderr unshare -m sh -c 'mount --bind "$1/etc" "$1/etc" && mount -o remount,ro,bind "$1/etc" &&
		shift && mdevmgr start "$@"' sh "$R" -u "$U5" -p mtty
	[ "$status" = 0 ]
	file_is sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/create "$U5"
}
