# SPDX-License-Identifier: LGPL-2.1-or-later
# For cases about the daemon: starting and killing it, auto definitions on parents of our
# kernel module, and waiting for what becomes of them. After lib.sh, in either mode: with
# systemd the daemon is its service, else a loop here brings it back.
# shellcheck shell=bash disable=SC2034 source=tests/vm/lib.sh

CONF=/etc/mdevmgr/mdevmgr.conf
RECORDS=/run/mdevmgr/parents
TEST_TYPE=mdevmgr_test-a
TEST_DEVICES=/sys/devices/virtual/mdevmgr_test
BARRIERS=0
# What was to be created a second time, as kmod_twice tells it: since the case asked for it.
TWICE=''
WORKER=none

# ---- the daemon ---------------------------------------------------------------------------

is_systemd() {
	[ -d /run/systemd/system ]
}

daemon_pid() {
	local pid

	if is_systemd; then
		pid=$(systemctl show -p MainPID --value mdevmgrd.service)
	else
		pid=$(cat /tmp/daemon.pid 2>/dev/null) || return 1
	fi
	[ "${pid:-0}" -gt 0 ] && [ -d "/proc/$pid" ] && echo "$pid"
}

# It looked at everything once, and says that it runs.
daemon_is_up() {
	local pid

	pid=$(daemon_pid) || return 1
	[ -e /run/mdevmgr/begun ] && [ "$(cat /run/mdevmgr/daemon 2>/dev/null)" = "$pid" ]
}

daemon_start() {
	if is_systemd; then
		systemctl start mdevmgrd.service
	else
		mkdir -p /run/mdevmgr
		: >/tmp/daemon.on
		(
			exec </dev/null >>/tmp/daemon.log 2>&1
			while [ -e /tmp/daemon.on ]; do
				/usr/libexec/mdevmgrd &
				echo $! >/tmp/daemon.pid
				wait $!
				echo "# mdevmgrd ended with status $?"
				sleep 0.1
			done
			rm -f /tmp/daemon.pid
		) &
	fi
	wait_for 60 daemon_is_up
}

daemon_stop() {
	local pid

	rm -f /tmp/daemon.on
	if is_systemd; then
		systemctl stop mdevmgrd.service
	elif pid=$(daemon_pid); then
		kill "$pid"
		wait_for 60 test ! -e "/proc/$pid"
		wait_for 60 test ! -e /tmp/daemon.pid
	fi
}

# daemon_kill: SIGKILL; succeeds when the next one is up.
daemon_kill() {
	local pid

	pid=$(daemon_pid) || return 1
	kill -9 "$pid"
	wait_for 60 daemon_is_another "$pid"
}

daemon_is_another() {
	daemon_is_up && [ "$(daemon_pid)" != "$1" ]
}

daemon_log() {
	if is_systemd; then
		journalctl -q -u mdevmgrd.service -o cat
	else
		cat /tmp/daemon.log
	fi
}

# daemon_workers: pids of its children.
daemon_workers() {
	pgrep -P "$(daemon_pid)"
}

# ---- cases ------------------------------------------------------------------------------------

# begin_campaigns: nothing is remembered of other cases, the module is loaded, retries are
# quick. The daemon is not started yet.
begin_campaigns() {
	daemon_stop
	rm -rf /run/mdevmgr/* "$ETC/scripts.d" /tmp/daemon.log /tmp/callouts* /tmp/hold.* /tmp/held.*
	mkdir -p "${CONF%/*}"
	printf '%s\n' "[Campaign]" "RetryMaxSec=1s" "FastTries=1000" >"$CONF"
	load_modules mdevmgr_test
}

# settings LINE...: for a daemon that is started afterwards.
settings() {
	printf '%s\n' "$@" >>"$CONF"
}

# end_campaigns: what must be true after each case, whatever was done.
end_campaigns() {
	is "$(kmod_twice)" "$TWICE" "nothing was created twice in a registration"
	is "$(find "$ETC" -name '.mdevmgr-*')" "" "no half-written definition is left"
	check "the daemon runs" daemon_is_up
	daemon_stop
	if [ -n "${CAMPAIGN_LOG:-}" ]; then
		diag "$(daemon_log)"
	fi
}

# definition UUID PARENT TYPE START [ATTR VALUE]...: as an administrator writes it.
definition() {
	local uuid=$1 parent=$2 type=$3 start=$4 attrs=''

	shift 4
	while [ $# -gt 0 ]; do
		attrs+=${attrs:+,}"{\"$1\":\"$2\"}"
		shift 2
	done
	mkdir -p "$ETC/$parent"
	printf '{"mdev_type":"%s","start":"%s","attrs":[%s]}\n' "$type" "$start" "$attrs" \
		>"/tmp/definition.new"
	cp "/tmp/definition.new" "$ETC/$parent/.new"
	mv "$ETC/$parent/.new" "$ETC/$parent/$uuid"
}

define_auto() {	# UUID PARENT [ATTR VALUE]...
	local uuid=$1 parent=$2

	shift 2
	definition "$uuid" "$parent" "$TEST_TYPE" auto "$@"
}

undefine() {	# UUID PARENT
	rm "$ETC/$2/$1"
}

registration() {	# PARENT: the number that tells one registration from the next
	stat -c %i "$SYS_PARENTS/$1/mdev_supported_types/."
}

# phase PARENT UUID: how far its campaign has come in this registration.
phase() {
	local record

	record=$(cat "$RECORDS/$1/$2") || return 1
	! grep -qx "registration=$(registration "$1")" <<<"$record" || sed -n 's/^phase=//p' <<<"$record"
} 2>/dev/null

is_phase() {	# PARENT UUID PHASE
	[ "$(phase "$1" "$2")" = "$3" ]
}

is_created() {	# PARENT UUID TEXT
	[ "$(kmod_created "$1" "$2")" = "$3" ]
}

journal() {	# UUID: the attributes that were written, in order
	cat "$SYS_BUS/$1/journal"
}

is_active() {	# UUID
	[ -e "$SYS_BUS/$1/mdev_type" ]
}

# comes_to PARENT UUID PHASE DESC: waits for it.
comes_to() {
	if wait_for 60 is_phase "$1" "$2" "$3"; then
		ok "$4"
		return
	fi
	not_ok "$4"
	diag "the record of $2 on $1:"$'\n'"$(cat "$RECORDS/$1/$2" 2>&1)"
	diag "the module: $(grep -F " $1 " "$KMOD")"
	diag "the daemon: $(daemon_log | tail -n 20)"
}

# starts PARENT UUID CREATED DESC: becomes active, and its campaign ends well. CREATED is
# what kmod_created tells then.
starts() {
	comes_to "$1" "$2" "done" "$4"
	check "... it is active" is_active "$2"
	is "$(kmod_created "$1" "$2")" "$3" "... and was created once"
}

# settle: what happened so far has reached the daemon, and it had time to do wrong. A parent
# that registers now is served after what came before it.
settle() {
	local uuid parent

	BARRIERS=$((BARRIERS + 1))
	uuid=$(uuid $((9000 + BARRIERS))) parent=barrier$BARRIERS
	define_auto "$uuid" "$parent"
	kmod "add $parent"
	wait_for 60 is_phase "$parent" "$uuid" "done" || {
		not_ok "the daemon still works"
		diag "$(daemon_log | tail -n 20)"
	}
	rm -r "${ETC:?}/$parent"
	kmod "remove $parent"
	sleep 1
}

# ---- workers -----------------------------------------------------------------------------------

# install_holder: a callout that writes down each call, and holds its caller where
# /tmp/hold.EVENT.UUID says so.
install_holder() {
	mkdir -p "$ETC/scripts.d/callouts"
	cat >"$ETC/scripts.d/callouts/holder" <<-'S'
		#!/bin/bash
		while getopts t:e:a:s:u:p: opt; do
			case $opt in
			e) event=$OPTARG ;;
			a) action=$OPTARG ;;
			s) state=$OPTARG ;;
			u) uuid=$OPTARG ;;
			*) ;;
			esac
		done
		if [ "$action" = capabilities ]; then
			echo '{"supports":{"version":2,"actions":["start","stop","capabilities"],"events":["pre","post","get"]}}'
			exit 0
		fi
		cat >/dev/null
		echo "$event $action $state $uuid" >>/tmp/callouts
		[ -e "/tmp/hold.$event.$uuid" ] || exit 0
		echo "$PPID" >"/tmp/held.$event.$uuid"
		while [ -e "/tmp/hold.$event.$uuid" ]; do
			sleep 0.1
		done
	S
	chmod 755 "$ETC/scripts.d/callouts/holder"
}

hold_at() {	# EVENT UUID: pre or post
	rm -f "/tmp/held.$1.$2"
	: >"/tmp/hold.$1.$2"
}

# held_at EVENT UUID DESC: waits until somebody is held, leaves the worker in WORKER.
held_at() {
	if ! wait_for 60 test -s "/tmp/held.$1.$2"; then
		not_ok "$3"
		return 1
	fi
	WORKER=$(cat "/tmp/held.$1.$2")
	ok "$3"
}

let_go() {	# EVENT UUID
	rm -f "/tmp/hold.$1.$2"
}

callouts_of() {	# UUID: what was called since, in order
	awk -v uuid="$1" '$NF == uuid { printf "%s%s", sep, $1; sep = " " }' /tmp/callouts
}
