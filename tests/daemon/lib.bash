# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # bats sets some of them, tests use the others
# For the tests of the daemon: a fake root in $R (fixtures of tests/golden), where the kernel takes every
# write and does nothing. It sends no events: SIGHUP makes the daemon look.

bats_require_minimum_version 1.5.0
# shellcheck source=tests/golden/fixtures.bash
source "$BATS_TEST_DIRNAME/../golden/fixtures.bash"

export LC_ALL=C
unset MDEVCTL_LOG NOTIFY_SOCKET JOURNAL_STREAM WATCHDOG_USEC DBUS_SYSTEM_BUS_ADDRESS
umask 022

# What a condition may take; nothing takes that long.
LIMIT=60

setup() {
	MDEVMGRD=${top_builddir:?}/src/mdevmgrd
	[[ -x $MDEVMGRD ]]
	R=$BATS_TEST_TMPDIR/root
	LOG=$BATS_TEST_TMPDIR/log
	export MDEVCTL_ENV_ROOT=$R
	skeleton
	mkdir -p "$R"/run "$R"/proc "$R"/dev
	fixture
}

teardown() {
	[[ -n ${PID-} ]] || return 0
	kill -KILL "$PID" || :
	wait "$PID" 2>/dev/null || :
}

# A parent with an auto definition, and one with a device that is active already.
fixture() {
	parent mtty
	type_ mtty mtty-1 24 vfio-pci
	parent "$PA"
	type_ "$PA" i915 1 vfio-pci
	device "$U1" "$PA" i915
	defined "$U1" "$PA" i915 auto
	defined "$U2" mtty mtty-1 auto
	defined "$U3" mtty mtty-1 manual
}

# start_daemon [ARGUMENT...]: in the background, its words in $LOG; PID is its pid
start_daemon() {
	"$MDEVMGRD" "$@" >"$LOG" 2>&1 3>&- &
	PID=$!
	wait_for test -s "$R/run/mdevmgr/daemon"
}

# end_daemon SIGNAL: its exit status in status
end_daemon() {
	kill "-$1" "$PID"
	status=0
	wait "$PID" || status=$?
	PID=
}

# wait_for COMMAND...: until it succeeds
wait_for() {
	local end=$((SECONDS + LIMIT))

	until "$@"; do
		if ((SECONDS > end)); then
			echo "in vain: $*" >&2
			cat "$LOG" >&2
			grep -r . "$R/run/mdevmgr" >&2
			return 1
		fi
		sleep 0.05
	done
}

# said PATTERN: in a line of the log
said() {
	grep -qe "$1" "$LOG"
}

# phase PARENT UUID WORD: of the device's campaign
phase() {
	grep -qx "phase=$3" "$R/run/mdevmgr/parents/$1/$2" 2>/dev/null
}

# is_over PARENT UUID: the campaign has ended well
is_over() {
	phase "$1" "$2" 'done'
}

# created PARENT TYPE TEXT: what was written to create last
created() {
	[[ $(cat "$R/sys/devices/${DEVPATH[$1]}/mdev_supported_types/$2/create") == "$3" ]]
}

# late_parent: appears with its type and the auto definition of $U4 all at once, as far as one can see
late_parent() {
	DEVPATH[late]=virtual/late/late
	type_ late t1 1 vfio-pci
	[[ -e $R/etc/mdevctl.d/late/$U4 ]] || defined "$U4" late t1 auto
	parent late
}

# register PARENT NUMBER: the parent has registered anew
register() {
	echo "$2" >"$R/sys/devices/${DEVPATH[$1]}/mdev_registration"
}

# running_system: systemd says that the boot is over
running_system() {
	mkdir -p "$R/run/systemd/system" "$R/usr/bin"
	printf '#!/bin/sh\necho running\n' >"$R/usr/bin/systemctl"
	chmod +x "$R/usr/bin/systemctl"
}
