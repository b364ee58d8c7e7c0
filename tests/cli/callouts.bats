#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016
# Callouts and notifiers, where we do more or better than mdevctl; what is the same is in the golden data.

load lib

fixture() {
	parent mtty; type_ mtty t1 5 vfio-pci
	device "$U1" mtty t1
	device "$U4" mtty t1
	halfmade "$U5" mtty a
	defined "$U1" mtty t1 auto a v
	defined "$U2" mtty t1 manual
	echo '{"mdev_type":"t1","start":"auto","attrs":[{"a":"1"}]}' >"$R/json/t1"
}

trace_is() {
	file_is trace "$1"
}

@test "notifiers get the definition on stdin" {
	script notifiers n.sh "$LOG_ALL"
	try undefine -u "$U1"
	succeeds
	trace_is "n.sh: -t t1 -e notify -a undefine -s success -u $U1 -p mtty
  <{\"mdev_type\":\"t1\",\"start\":\"auto\",\"attrs\":[{\"a\":\"v\"}]}>
"
}

@test "a callout killed by a signal refuses, during the search too" {
	script callouts a.sh "$UNVERSIONED"$'\nkill -9 $$'
	script callouts b.sh "$LOG_ARGS; exit 0"
	try define -u "$UX" -p mtty -t t1
	[[ $status == 1 && -z $output && $stderr == *"a.sh"* ]]
	no_file "etc/mdevctl.d/mtty/$UX"
	try start -u "$U5" -p mtty -t t1
	[ "$status" = 1 ]
	file_is sys/devices/virtual/mtty/mtty/mdev_supported_types/t1/create ''
	try define -f -u "$UX" -p mtty -t t1
	warns "Forcing operation 'define' despite callout failure. Error was: "
}

@test "a versioned script killed by a signal at live is a failure" {
	supports 'modify attributes capabilities' 'live pre post get'
	script callouts v.sh "$REPLY"$'\ncase $* in *"-e live"*) kill -9 $$ ;; esac'
	try modify -u "$U1" --live --defined --jsonfile json/t1
	[[ $status == 1 && $stderr == *v.sh* ]]
	definition "$U1" mtty t1 auto a v
}

@test "list runs scripts only with -v or --dumpjson" {
	script callouts c.sh "$LOG_ARGS; exit 2"
	script notifiers n.sh "$LOG_ARGS"
	for args in list 'list -d' 'list -dv' 'list -d --dumpjson' types; do
		# shellcheck disable=SC2086
		try $args
		succeeds
		no_file trace
	done
	try list -v
	succeeds
	[ -e trace ]
	rm trace
	try list --dumpjson
	succeeds
	[ -e trace ]
}

@test "much input and much output at once do not block" {
	script callouts c.sh "$UNVERSIONED"$'\nhead -c 300000 /dev/zero | tr "\\0" x; head -c 300000 /dev/zero | tr "\\0" y >&2; cat >/dev/null'
	args=()
	for ((i = 0; i < 40; i++)); do
		args+=(--attr "a$i=$(printf 'v%.0s' {1..5000})")
	done
	run --separate-stderr timeout 30 mdevmgr define -u "$UX" -p mtty -t t1 "${args[@]}"
	[ "$status" = 0 ]
	[ -e "$R/etc/mdevctl.d/mtty/$UX" ]
}

@test "a script that does not read its input is no failure" {
	script callouts c.sh "$UNVERSIONED; exit 0"
	args=()
	for ((i = 0; i < 40; i++)); do
		args+=(--attr "a$i=$(printf 'v%.0s' {1..5000})")
	done
	try define -u "$UX" -p mtty -t t1 "${args[@]}"
	[ "$status" = 0 ]
}

@test "a script's background child does not hold us up" {
	script callouts c.sh "$UNVERSIONED; sleep 60 & exit 0"
	SECONDS=0
	run --separate-stderr timeout 50 mdevmgr define -u "$UX" -p mtty -t t1
	[[ $status == 0 && $SECONDS -lt 30 ]]
}

@test "a script that hangs at get is given up after 10 s" {
	script callouts c.sh "$UNVERSIONED; exec sleep 60"
	SECONDS=0
	run --separate-stderr timeout 50 mdevmgr list -v -u "$U1"
	[[ $status == 0 && $SECONDS -lt 30 && $output == "$U1 mtty t1 auto (defined)" ]]
}

@test "SIGTERM, SIGINT and SIGHUP end the script's whole process group and undo nothing that was not begun" {
	script callouts c.sh "$UNVERSIONED"$'\nsleep 100 & echo $! $$ >"$MDEVCTL_ENV_ROOT/pids"; wait'
	for signal in TERM INT HUP; do
		rm -f pids
		# a shell lets its background jobs ignore SIGINT, which would be obeyed
		env --default-signal=INT,HUP mdevmgr start -u "$U5" -p mtty -t t1 2>err &
		pid=$!
		for ((i = 0; i < 100; i++)); do
			[ ! -s pids ] || break
			sleep 0.1
		done
		kill "-$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		[ "$status" != 0 ]
		read -r child script <pids
		for ((i = 0; i < 50; i++)); do
			kill -0 "$child" 2>/dev/null || kill -0 "$script" 2>/dev/null || break
			sleep 0.1
		done
		! kill -0 "$child" 2>/dev/null
		! kill -0 "$script" 2>/dev/null
	done
	file_is sys/devices/virtual/mtty/mtty/mdev_supported_types/t1/create ''
}

@test "a signal that came ignored stays ignored" {
	script callouts c.sh "$UNVERSIONED; [ \"\$4\" = pre ] && kill -INT \$PPID && kill -HUP \$PPID; exit 0"
	env --ignore-signal=INT,HUP mdevmgr define -u "$U5" -p mtty -t t1
	[ -s "etc/mdevctl.d/mtty/$U5" ]
}

@test "--dry-run asks nobody and names who would be asked" {
	script callouts c.sh "$LOG_ARGS"
	for args in "define -u $UX -p mtty -t t1" "undefine -u $U2" "modify -u $U2 -a" "start -u $U2" "stop -u $U1" \
		'start-parent-mdevs mtty'; do
		# shellcheck disable=SC2086
		unchanged try $args --dry-run
		[ "$status" = 0 ]
		[[ $output == *"would ask"*c.sh* ]]
		no_file trace
	done
}

@test "scripts get cwd and environment as they are, and no open file beyond the three" {
	script callouts c.sh "$UNVERSIONED"$'\npwd >"$MDEVCTL_ENV_ROOT/seen"; echo "$CANARY" >>"$MDEVCTL_ENV_ROOT/seen"; ls /proc/self/fd | wc -l >>"$MDEVCTL_ENV_ROOT/seen"'
	cd "$BATS_TEST_TMPDIR"
	CANARY=bird run --separate-stderr mdevmgr define -u "$UX" -p mtty -t t1 3>&- 4>&-
	succeeds
	# three, and the one by which ls reads the directory
	file_is seen "$BATS_TEST_TMPDIR
bird
4
"
}

@test "the stderr of a script is passed on with its name" {
	script callouts c.sh "$UNVERSIONED; echo words >&2; exit 3"
	try define -u "$UX" -p mtty -t t1
	[[ $status == 1 && ${stderr_lines[0]} == "c.sh: words" ]]
	[[ ${stderr_lines[1]} == "Error: Script '\"$R/usr/lib/mdevctl/scripts.d/callouts/c.sh\"' failed with status '3'"* ]]
}

# A callout that takes s390-tools' lock as ap-check does: in the name of its parent, at pre, released at post.
ap_check='lock=$MDEVCTL_ENV_ROOT/run/lock/s390apconfig.lock
'$UNVERSIONED'
case $* in
*"-e pre"*)
	mkdir -p "${lock%/*}"
	echo $PPID >"$lock.$$"
	if ! ln "$lock.$$" "$lock" 2>/dev/null; then
		rm "$lock.$$"
		echo "locked by $(cat "$lock")" >&2
		exit 1
	fi
	rm "$lock.$$"
	echo "pre $PPID" >>"$MDEVCTL_ENV_ROOT/trace" ;;
*"-e post"*)
	echo "post $PPID" >>"$MDEVCTL_ENV_ROOT/trace"
	[ "$(cat "$lock")" = "$PPID" ] && rm "$lock" ;;
esac
exit 0'

@test "ap-check's lock: the parent is the same at pre and post, and the lock is released" {
	parent matrix; type_ matrix vfio_ap-passthrough 5 vfio-ap
	script callouts ap-check "$ap_check"
	halfmade "$UX" matrix
	for args in "define -u $UX -p matrix -t vfio_ap-passthrough" "modify -u $UX -a" "start -u $UX" "undefine -u $UX" \
		"start -u $UX -p matrix -t vfio_ap-passthrough" "stop -u $U1"; do
		rm -f trace
		# shellcheck disable=SC2086
		try $args
		[ "$status" = 0 ]
		no_file run/lock/s390apconfig.lock
		{ read -r _ first; read -r _ second; } <trace
		[[ -n $first && $first == "$second" ]]
	done
}

@test "ap-check's lock is released after a failed start as well" {
	parent matrix; type_ matrix vfio_ap-passthrough 5 vfio-ap
	script callouts ap-check "$ap_check"
	halfmade "$UX" matrix
	defined "$UX" matrix vfio_ap-passthrough manual nosuch 1
	try start -u "$UX"
	fails 1 "Invalid attribute 'nosuch'"
	no_file run/lock/s390apconfig.lock
	[ "$(wc -l <trace)" = 2 ]
}

@test "several devices in one command: each has its own conversation, the lock is free between them" {
	script callouts ap-check "$ap_check"
	defined "$UX" mtty t1 manual
	halfmade "$UX" mtty
	halfmade "$U2" mtty
	try start -u "$UX" -u "$U2"
	[ "$status" = 0 ]
	[ "$(grep -c ^pre trace)" = 2 ]
	[ "$(grep -c ^post trace)" = 2 ]
	no_file run/lock/s390apconfig.lock
}

@test "while a pre callout takes its time, list answers at once" {
	script callouts slow.sh "$UNVERSIONED"$'\ncase $* in *"-e pre"*) : >"$MDEVCTL_ENV_ROOT/begun"; sleep 3 ;; esac'
	mdevmgr define -u "$UX" -p mtty -t t1 &
	for ((i = 0; i < 100; i++)); do
		[ ! -e begun ] || break
		sleep 0.05
	done
	run --separate-stderr timeout 1 mdevmgr list
	succeeds
	run --separate-stderr timeout 1 mdevmgr list -d
	succeeds
	wait
}

@test "a type too long for any script keeps a definition only without --force" {
	script callouts c.sh 'exit 2'
	printf '{"mdev_type":"%0200000d","start":"auto"}' 0 >"$R/etc/mdevctl.d/mtty/$UX"
	try undefine -u "$UX"
	[[ $status == 1 && -e $R/etc/mdevctl.d/mtty/$UX && $stderr == *"Argument list too long"* ]]
	try undefine -f -u "$UX"
	warns "Forcing operation 'undefine' despite callout failure"
	no_file "etc/mdevctl.d/mtty/$UX"
}
