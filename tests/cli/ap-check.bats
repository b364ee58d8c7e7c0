#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2154
# With a stand-in for s390-tools' ap-check that does what version 2.43 was seen to do on s390x with the real vfio_ap.

load lib

# Its lock is a file with its parent's pid; one of a dead process is stale. Status 255 is its "no". DIE: it is killed
# at pre with the lock taken; FORGET: at post it does not give the lock back.
ap_check='
fail() { echo "$1" >&2; drop; exit 255; }
take() {
	echo "$PPID" >"$lock.$$"
	until ln "$lock.$$" "$lock" 2>/dev/null; do
		kill -0 "$(cat "$lock")" 2>/dev/null || { rm -f "$lock"; continue; }
		tries=$((${tries:-0} + 1))
		[ $tries -lt 20 ] || { rm "$lock.$$"; echo "Failed to acquire configuration lock 1" >&2; exit 255; }
		sleep 0.1
	done
	rm "$lock.$$"
	echo "took $PPID" >>"$root/lock-trace"
}
drop() {
	[ "$(cat "$lock" 2>/dev/null)" = "$PPID" ] || return 0
	rm "$lock"
	echo "dropped $PPID" >>"$root/lock-trace"
}
conflicts() {
	for other in "$root"/sys/devices/vfio_ap/matrix/*-*/; do
		other=${other%/} other=${other##*/}
		[ "$other" != "$uuid" ] && [ -e "$root/sys/devices/vfio_ap/matrix/$other/matrix" ] || continue
		for d in 4 71; do
			echo "$json" | grep -q "\"assign_domain\":\"$d\"" || continue
			echo "APQN 5.$d already in use by $other" >&2
			rc=255
		done
	done
}
root=$MDEVCTL_ENV_ROOT lock=$root/run/lock/s390apconfig.lock rc=0
type=$2 event=$4 action=$6 uuid=${10} parent=${12}
json=$(cat)
echo "$event $action $8" >>"$root/trace"
[ "$type" = vfio_ap-passthrough ] || exit 2
[ "$parent" = matrix ] || { echo "Invalid parent specified" >&2; exit 1; }
case "$event $action" in
"get capabilities")
	echo "{ \"supports\": { \"version\": 2, \"actions\": [ \"define\", \"modify\", \"start\", \"stop\", \"undefine\", \"attributes\", \"capabilities\" ], \"events\": [ \"pre\", \"post\", \"get\", \"live\" ] } }" ;;
"pre "*)
	take
	[ -z "$DIE" ] || kill -9 $$
	[ "$action" != start ] || conflicts
	[ $rc = 0 ] || drop ;;
"live modify")
	rc=255 ;;
"post "*)
	[ -n "$FORGET" ] || drop ;;
esac
exit $rc'

T=vfio_ap-passthrough

fixture() {
	mkdir -p "$R/run/lock"
	parent matrix; type_ matrix "$T" 65536 vfio-ap 'VFIO AP Passthrough Device'
	device "$U1" matrix "$T" {,un}assign_{adapter,domain,control_domain}
	device_dir "$U1" matrix
	printf '05.0004\n05.0047\n' >"$R/$REPLY/matrix"
	printf '00ab\n' >"$R/$REPLY/control_domains"
	halfmade "$U2" matrix assign_adapter assign_domain
	defined "$U2" matrix "$T" auto assign_adapter 5 assign_domain 4 assign_domain 71
	halfmade "$U3" matrix assign_adapter assign_domain
	defined "$U3" matrix "$T" auto assign_adapter 6 assign_domain 9
	script callouts ap-check "$ap_check"
}

refused() {
	[[ $status == 1 && $stderr == "$1"$'\n'"Error: Script '\"$R/usr/lib/mdevctl/scripts.d/callouts/ap-check\"' failed with status '255'"* ]] || {
		show_run
		return 1
	}
}

free_lock() {
	no_file run/lock/s390apconfig.lock
	[ "$(grep -c ^took lock-trace)" = "$(grep -c ^dropped lock-trace)" ]
}

@test "the lock is ours from pre to post, and of nobody else" {
	mdevmgr start -u "$U3" &
	pid=$!
	wait "$pid"
	file_is lock-trace "took $pid"$'\n'"dropped $pid"$'\n'
	file_is trace $'get capabilities none\npre start none\npost start success\n'
}

@test "a conflict: all its lines reach the user, status 1, nothing is done, the lock is free" {
	try start -u "$U2"
	refused "ap-check: APQN 5.4 already in use by $U1
APQN 5.71 already in use by $U1"
	free_lock
	file_is trace $'get capabilities none\npre start none\n'
	type_dir matrix "$T"
	file_is "$REPLY/create" ''
}

@test "a conflict that is forced: post, and the lock is free" {
	try start -f -u "$U2"
	[ "$status" = 0 ]
	[[ $stderr == *"Warning: Forcing operation 'start' despite callout failure. Error was: Script "* ]]
	free_lock
	type_dir matrix "$T"
	file_is "$REPLY/create" "$U2"
	[ "$(tail -n 1 trace)" = "post start success" ]
}

@test "killed with the lock: the next device of the same command does not wait for it" {
	DIE=1 try start -u "$U3" -u "$U2"
	[[ $status == 1 && $stderr != *"Failed to acquire"* ]]
	free_lock
	[ "$(grep -c '^post start failure' trace)" = 2 ]
	DIE=1 try start-parent-mdevs matrix
	[[ $status == 0 && $stderr != *"Failed to acquire"* ]]
	free_lock
}

@test "the lock of a process that is gone is stale, of one that lives is waited for" {
	sleep 0 &
	wait $!
	echo $! >run/lock/s390apconfig.lock
	try start -u "$U3"
	succeeds
	sleep 100 3>&- &
	echo $! >run/lock/s390apconfig.lock
	try stop -u "$U1"
	refused 'ap-check: Failed to acquire configuration lock 1'
	kill $!
	file_is run/lock/s390apconfig.lock $!$'\n'
}

@test "a lock that it does not give back is given back by us" {
	FORGET=1 try start -u "$U3" -u "$U3"
	no_file run/lock/s390apconfig.lock
	[ "$(grep -c '^post start' trace)" = 2 ]
	FORGET=1 try undefine -u "$U3"
	succeeds
	no_file run/lock/s390apconfig.lock
}

@test "a live change is ours: it is not asked, its lock is taken and given back" {
	try modify -u "$U1" --live --addattr assign_adapter --value 6
	succeeds
	device_dir "$U1" matrix
	file_is "$REPLY/assign_adapter" 6
	no_file trace
	no_file run/lock/s390apconfig.lock
}

@test "attributes come from sysfs: in decimal, and without ap-check" {
	try list -v -u "$U1"
	prints "$U1 matrix $T manual
  Attrs:
    @{0}: {\"assign_adapter\":\"5\"}
    @{1}: {\"assign_domain\":\"4\"}
    @{2}: {\"assign_domain\":\"71\"}
    @{3}: {\"assign_control_domain\":\"171\"}"
	no_file trace
	try define -u "$U1"
	[[ $status == 0 && $stderr == "Warning: Device $U1 shares crypto queues with others"$'\n'* ]]
	definition "$U1" matrix "$T" manual assign_adapter 5 assign_domain 4 assign_domain 71 assign_control_domain 171
	file_is trace $'get capabilities none\npre define none\npost define success\n'
}

@test "its wrapper in /etc is not asked as well" {
	script etc-callouts ap-check.sh 'echo wrapper >>"$MDEVCTL_ENV_ROOT/trace"; [ -e "$MDEVCTL_ENV_ROOT/usr/lib/mdevctl/scripts.d/callouts/ap-check" ] && "$MDEVCTL_ENV_ROOT/usr/lib/mdevctl/scripts.d/callouts/ap-check" "$@"'
	try undefine -u "$U3"
	succeeds
	file_is trace $'get capabilities none\npre undefine none\npost undefine success\n'
	rm usr/lib/mdevctl/scripts.d/callouts/ap-check
	try undefine -u "$U2"
	[[ $status == 1 && $stderr == *"ap-check.sh"*"failed with status '1'"* ]]
}
