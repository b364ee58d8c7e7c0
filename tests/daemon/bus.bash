# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # bats sets some of them, tests use the others
# For the tests of org.mdevmgr1: a bus of our own, a polkit that says what it is told to, and callers that
# are not root.

load lib

NAME=org.mdevmgr1
NOBODY=65534

teardown() {
	local pid

	for pid in ${PID-} ${POLKIT_PID-} ${FLOOD_PID-} ${MONITOR_PID-} ${BUS_PID-}; do
		kill -KILL "$pid" 2>/dev/null || :
	done
	[[ -z ${BUS_DIR-} ]] || rm -rf "$BUS_DIR"
}

need_root() {
	((EUID == 0)) || skip "only root can own the name and become somebody else"
}

# prepare_bus: its address, and our program where everybody may run it
prepare_bus() {
	need_root
	BUS_DIR=$(mktemp -d /tmp/mdevmgr-bus.XXXXXX)
	chmod 755 "$BUS_DIR"
	cp "${MDEVMGR:?}" "$BUS_DIR/mdevmgr"
	sed "s|@SOCKET@|$BUS_DIR/socket|; s|@POLICY@|${top_srcdir:?}/dbus/$NAME.conf|" \
		"$BATS_TEST_DIRNAME/bus.conf" >"$BUS_DIR/bus.conf"
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$BUS_DIR/socket
}

run_bus() {
	dbus-daemon --config-file="$BUS_DIR/bus.conf" --nofork --nopidfile --print-address \
		>"$BUS_DIR/log" 2>&1 3>&- &
	BUS_PID=$!
	# The socket alone is there before somebody listens to it, and a call then is refused.
	wait_for grep -q "^unix:path=$BUS_DIR/socket" "$BUS_DIR/log"
}

# start_polkit MODE: tests/daemon/polkit-mock.c has them
start_polkit() {
	if [[ -n ${POLKIT_PID-} ]]; then
		kill "$POLKIT_PID"
		wait "$POLKIT_PID" || :
	fi
	: >"$BUS_DIR/polkit"
	"${top_builddir:?}/tests/daemon/polkit-mock" "$1" >"$BUS_DIR/polkit" 2>&1 3>&- &
	POLKIT_PID=$!
	wait_for grep -q ready "$BUS_DIR/polkit"
}

is_on_bus() {
	busctl --auto-start=no call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus \
		GetNameOwner s "$NAME" >/dev/null 2>&1
}

# start_all [MODE]: bus, polkit in this mode, daemon with the devices looked at
start_all() {
	prepare_bus
	run_bus
	[[ -z ${1-} ]] || start_polkit "$1"
	start_daemon
	wait_for is_on_bus
}

# What a command begins with that an ordinary user runs.
AS_NOBODY=(setpriv --reuid="$NOBODY" --regid="$NOBODY" --clear-groups --inh-caps=-all)

as_nobody() {
	"${AS_NOBODY[@]}" "$@"
}

# manager METHOD ARGUMENT...: as root; in $status, $output, $stderr
manager() {
	run --separate-stderr busctl --auto-start=no --timeout=60 call "$NAME" /org/mdevmgr1 "$NAME.Manager" "$@"
}

# nobody_manager METHOD ARGUMENT...: as an ordinary user
nobody_manager() {
	run --separate-stderr as_nobody busctl --auto-start=no --timeout=60 call "$NAME" /org/mdevmgr1 \
		"$NAME.Manager" "$@"
}

# nobody ARGUMENT...: mdevmgr as an ordinary user, on the host's own files, which it only reads
nobody() {
	run --separate-stderr as_nobody env -u MDEVCTL_ENV_ROOT "$BUS_DIR/mdevmgr" "$@" </dev/null
}

# path KIND NAME...: the path of an object in REPLY
path() {
	local part i c

	REPLY=/org/mdevmgr1/$1
	for part in "${@:2}"; do
		REPLY+=/
		for ((i = 0; i < ${#part}; i++)); do
			c=${part:i:1}
			[[ $c == [a-zA-Z] || ($c == [0-9] && i -gt 0) ]] || printf -v c '_%02x' "'$c"
			REPLY+=$c
		done
	done
}

# property INTERFACE PATH NAME: its value
property() {
	busctl --auto-start=no get-property "$NAME" "$2" "$NAME.$1" "$3"
}

# device_is PARENT UUID PROPERTY VALUE: as busctl prints it
device_is() {
	path device "$1" "$2"
	[[ $(property Device "$REPLY" "$3" 2>&1) == "$4" ]]
}

show_run() {
	printf 'status %s\nstdout: %s\nstderr: %s\n' "$status" "$output" "$stderr" >&2
	cat "$LOG" "$BUS_DIR/log" >&2
}

# ok [PATTERN]: status 0, and the pattern is in stdout
ok() {
	# shellcheck disable=SC2053
	[[ $status == 0 && $output == *${1-}* ]] || { show_run; return 1; }
}

# fails [-STATUS] PATTERN: another status than 0 (or this one), and the pattern is in stderr
fails() {
	local wanted=

	[[ $1 != -* ]] || { wanted=${1#-}; shift; }
	# shellcheck disable=SC2053
	[[ $status != 0 && $stderr == *$1* ]] || { show_run; return 1; }
	[[ -z $wanted || $status == "$wanted" ]] || { show_run; return 1; }
}

# is_defined PARENT UUID
is_defined() {
	[[ -e $R/etc/mdevctl.d/$1/$2 ]]
}
