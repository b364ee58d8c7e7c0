#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# status

load lib

# rows TEXT: the table is this, blanks between columns aside
rows() {
	local table
	table=$(tr -s ' ' <<<"$output")
	[[ $table == "$1" ]] || { show_run; printf 'expected: %s\n' "$1" >&2; return 1; }
}

# record UUID PARENT LINE...: what is remembered of its campaign in the registration that is there
record() {
	local dir=$R/run/mdevmgr/parents/$2
	mkdir -p "$dir"
	printf '%s\n' boot_id= registration=1 "${@:3}" >"$dir/$1"
}

# ago SECONDS: microseconds of CLOCK_BOOTTIME
ago() {
	local up
	read -r up _ </proc/uptime
	REPLY=$((${up/./} * 10000 - $1 * 1000000))
}

failed_device() {
	ago 30
	record "$U5" mtty phase=failed attempts=3 errno=22 "since=$REPLY" 'reason=the driver does not like it'
}

@test "status shows definitions and active devices in order, and counts them" {
	try status --noheadings -o uuid,parent,start,state
	succeeds
	rows "$U3 $PC manual active
$U1 $PA auto active
$U2 $PA - active
$UA $PB - active
$U5 gone manual inactive
$U4 matrix auto active
$U5 mtty auto inactive
$UA mtty manual inactive"
	try status
	succeeds
	[[ $(tr -s ' ' <<<"${lines[0]}") == 'UUID PARENT START STATE SINCE REASON' ]]
	[[ $output == *$'\n\n''6 defined, 5 active, 3 inactive; mdevmgrd is not running' ]]
}

@test "a device without reason has none" {
	try status -u "$U1" --noheadings -o state,since,attempts,next,errno,pid,reason,type
	succeeds
	rows "active - - - - - - i915-GVTg_V5_4"
}

@test "a failed one: reason, errno, tries, and status 3" {
	failed_device
	try status -p mtty -o +attempts,Errno
	[[ $status == 3 && -z $stderr ]]
	has 'ATTEMPTS ERRNO'
	has 'the driver does not like it'
	has "3 EINVAL"
	has $'\n\n''2 defined, 1 inactive, 1 failed; mdevmgrd is not running'
	try status -u "$U1"
	succeeds
	try status --noheadings -u "$U5" -o since
	[[ $status == 3 && ${lines[1]} =~ ^[0-9]{2}:[0-9]{2}:[0-9]{2}$ ]]
}

@test "--failed shows only what is bad, and counts the others" {
	try status --failed
	succeeds
	prints '6 defined, 5 active, 3 inactive; mdevmgrd is not running'
	failed_device
	try status --failed
	[[ $status == 3 && ${#lines[@]} == 3 && ${lines[1]} == "$U5"*failed* ]]
	[[ ${lines[2]} == '6 defined, 5 active, 2 inactive, 1 failed; '* ]]
	try status --failed --noheadings -o uuid
	[[ $status == 3 ]]
	prints "$U5"
}

@test "a time long ago is a date, JSON has UTC" {
	ago 172800
	# The machine may not be up for so long.
	[[ $REPLY -gt 0 ]] || ago 1
	record "$U5" mtty phase=failed attempts=1 errno=28 "since=$REPLY" reason=r
	TZ=Asia/Tokyo try status -u "$U5" --json
	[[ $status == 3 && $output =~ \"since\":\ \"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\" ]]
}

@test "--json has all fields" {
	failed_device
	record "$U1" "$PA" phase=degraded attempts=1 'reason=attribute a "b" is missing'
	try status --json
	[ "$status" = 3 ]
	command -v python3 >/dev/null || skip "no python3"
	printf %s "$output" >out.json
	python3 -c '
import json, sys
u1, u5 = sys.argv[1:]
d = json.load(open("out.json"))
s = d["summary"]
assert (s["defined"], s["auto"], s["bad"], s["daemon"]) == (6, 3, 2, None), s
assert s["states"]["active"] == 4 and s["states"]["failed"] == 1, s
assert sum(s["states"].values()) == len(d["devices"]) == 8
assert len(s["states"]) == 11, s
one = [e for e in d["devices"] if (e["uuid"], e["parent"]) == (u5, "mtty")][0]
since = one.pop("since")
assert one == {"uuid": u5, "parent": "mtty", "registered": True, "type": "mtty-2", "defined": True,
    "start": "auto", "state": "failed", "bad": True, "attempts": 3, "next": None, "errno": 22,
    "error": "EINVAL", "reason": "the driver does not like it", "pid": None}, one
one = [e for e in d["devices"] if e["parent"] == "gone"][0]
assert (one["registered"], one["start"], one["since"], one["bad"]) == (False, "manual", None, False), one
one = [e for e in d["devices"] if e["uuid"] == u1][0]
assert (one["state"], one["reason"]) == ("degraded", "attribute a \"b\" is missing"), one
' "$U1" "$U5"
}

@test "nothing defined, nothing there" {
	rm -r "$R/etc/mdevctl.d" "$R/sys/bus" "$R/sys/class"
	try status
	succeeds
	prints '0 defined; mdevmgrd is not running'
	try status --json
	succeeds
	has '"devices": []'
}

@test "an unknown device or parent is an error" {
	try status -u "$UX"
	fails 1 "Device $UX is neither defined nor active"
	try status -p nowhere
	fails 1 "Parent nowhere is not there, and no device is defined on it"
	try status -p ../etc
	fails 1 "Parent ../etc is not there"
	try status -u "$U1" -p mtty
	fails 1 "Device $U1 is neither defined nor active on parent mtty"
	try status -p empty
	succeeds
	prints '0 defined; mdevmgrd is not running'
}

@test "an unknown column is a usage error that names all" {
	for columns in x uuid,x +x '' 'uuid,' ',uuid'; do
		try status -o "$columns"
		fails 2 "Unknown column '*' (the columns are UUID, PARENT, TYPE, START, STATE, SINCE, ATTEMPTS, NEXT, ERRNO, PID, REASON)"
	done
	try status -o "$(printf 'uuid,%.0s' {1..32})uuid"
	fails 2 "More than 32 columns"
	try status --json -o uuid
	refuses
}

@test "the daemon is named while it runs" {
	mkdir -p "$R/run/mdevmgr"
	echo "$$" >"$R/run/mdevmgr/daemon"
	try status --failed
	succeeds
	has "; mdevmgrd is running (pid $$)"
	try status --json
	succeeds
	has "\"daemon\": $$"
	echo 99999999 >"$R/run/mdevmgr/daemon"
	try status --failed
	has "; mdevmgrd is not running"
}

@test "a rule that mdevctl left behind is told" {
	mkdir -p "$R"/{etc,usr/lib}/udev/rules.d
	echo rule >"$R/usr/lib/udev/rules.d/60-mdevctl.rules"
	try status
	warns "The udev rule $R/usr/lib/udev/rules.d/60-mdevctl.rules of mdevctl starts devices too"
	ln -s /dev/null "$R/etc/udev/rules.d/60-mdevctl.rules"
	try status
	succeeds
	rm "$R/etc/udev/rules.d/60-mdevctl.rules"
	: >"$R/usr/lib/udev/rules.d/60-mdevctl.rules"
	try status
	succeeds
	echo rule >"$R/etc/udev/rules.d/60-mdevctl.rules"
	try status
	warns "The udev rule $R/etc/udev/rules.d/60-mdevctl.rules of mdevctl"
}

@test "two automatic definitions of one UUID are told" {
	defined "$U1" mtty mtty-1 auto
	try status
	[ "$status" = 0 ]
	[[ $stderr == "Warning: Device $U1 is to be started automatically on the parents $PA and mtty: only one of them can have it" ]]
}

@test "a broken definition does not hide the others" {
	rawdef "$UX" mtty '{'
	try status --noheadings -o uuid,start -p mtty
	[ "$status" = 0 ]
	rows "$U5 auto
$UX -
$UA manual"
}

@test "an ordinary user is told what may not be read" {
	local place
	[[ $EUID == 0 ]] && command -v setpriv >/dev/null || skip "needs root and setpriv"
	# The directories of bats are for their owner only.
	place=$(mktemp -d)
	chmod 600 "$R/etc/mdevctl.d/mtty/$U5"
	cp -a "$R" "$place/root"
	cp "$MDEVMGR" "$place/program"
	chmod 755 "$place" "$place/program"
	run --separate-stderr env "MDEVCTL_ENV_ROOT=$place/root" \
		setpriv --reuid=65534 --clear-groups "$place/program" status -p mtty
	rm -rf "$place"
	warns "Definitions that only root may read: 1"
	has "Permission denied"
	[ "$(wc -l <<<"$stderr")" = 1 ]
}

@test "no colours but on a terminal, and not with NO_COLOR" {
	command -v script >/dev/null || skip "no script"
	try status
	[[ $output != *$'\e'* ]]
	run env TERM=xterm script -qec 'mdevmgr status' /dev/null
	[[ $output == *$'\e'*active* ]]
	run env TERM=xterm NO_COLOR=1 script -qec 'mdevmgr status' /dev/null
	[[ $output != *$'\e'* && $output == *active* ]]
}

@test "status changes nothing and writes nowhere" {
	failed_device
	unchanged try status
	unchanged try status --json
}
