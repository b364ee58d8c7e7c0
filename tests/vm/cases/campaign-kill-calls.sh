# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# Whoever works for the daemon is killed before and after each call that changes something,
# the process that writes below /sys too: the device is there in the end, with all of its
# attributes, and was created once. Few programs are run: there are many rounds.
# shellcheck shell=bash
# shellcheck source=tests/vm/lib-campaign.sh
. /tmp/lib-campaign.sh

A=$(uuid 1)
KILL=/tmp/kill-at
LINE=16 # bytes of each line of the file "calls"
REGISTRATIONS=0
# More calls than a try may make: the loop must come to an end.
CALLS_MAX=300

calls_made() {
	local calls

	calls=$(<"$KILL/calls")
	REPLY=$(((${#calls} + 1) / LINE))
}

# call_name N
call_name() {
	local calls

	calls=$(<"$KILL/calls")
	read -r REPLY <<<"${calls:$((($1 - 1) * LINE)):$LINE}"
}

# quiet: nobody makes calls any more, whose numbers would be those of the next registration
quiet() {
	local before=none

	calls_made
	until [ "$before" = "$REPLY" ]; do
		before=$REPLY
		sleep 0.2
		calls_made
	done
}

register() {
	kmod "add p1"
	REGISTRATIONS=$((REGISTRATIONS + 1))
	INODE=$(registration p1)
}

# again WHEN N: the next registration, in which somebody is killed there
again() {
	quiet
	rm -f "$KILL/killed"
	echo "$1 $2" >"$KILL/plan"
	: >/tmp/callouts
	: >"$KILL/calls"
	kmod "unregister p1"
	register
}

is_over() {
	[[ $(<"$RECORDS/p1/$A") == *"registration=$INODE"$'\n'"phase=done"* ]]
}

is_created_once() {
	[[ $(<"$KMOD") == *"device p1 $REGISTRATIONS $A attempts="+([0-9])" created=1 "* ]]
}

# problem: what is wrong with the device, if anything
problem() {
	wait_for 60 is_over || {
		echo "the campaign does not end"
		return
	}
	is_active "$A" || echo "it is not active"
	is_created_once || echo "it was not created once"
	[[ $(<"$SYS_BUS/$A/alpha")$(<"$SYS_BUS/$A/beta")$(<"$SYS_BUS/$A/gamma") == 123 ]] ||
		echo "attributes are missing"
	[[ $(<"/tmp/callouts") == *"post start success $A" ]] || echo "post was not called last"
}

# tell_problem WHEN N WHAT
tell_problem() {
	call_name "$2"
	diag "killed $1 call $2, $REPLY: $3"
	diag "$(cat "$RECORDS/p1/$A" 2>&1)"
	diag "$(grep -F "$REGISTRATIONS $A" "$KMOD")"
	diag "$(journal "$A" 2>&1) $(callouts_of "$A")"
	diag "$(daemon_log | tail -n 3)"
}

# sweep WHEN: at each call, until there are no more
sweep() {
	local n found failures=0 names='' name

	for ((n = 1; n <= CALLS_MAX && failures < 5; n++)); do
		again "$1" "$n"
		found=$(problem)
		if [ -n "$found" ]; then
			failures=$((failures + 1))
			tell_problem "$1" "$n" "$found"
		fi
		[ -e "$KILL/killed" ] || break
		call_name "$n"
		names+=" $REPLY"
	done
	is "$failures" 0 "killed $1 each of $((n - 1)) calls: it is as it should be"
	diag "in turn:$names"
	check "... there were some" test "$n" -gt 15
	check "... and at last nobody was killed" test ! -e "$KILL/killed"
	for name in renameat write send posix_spawn; do
		like "$names " " $name " "... among them $name"
	done
}

# A script that writes down each call.
install_scribe() {
	mkdir -p "$ETC/scripts.d/callouts"
	cat >"$ETC/scripts.d/callouts/scribe" <<-'S'
		#!/bin/sh
		# -t TYPE -e EVENT -a ACTION -s STATE -u UUID -p PARENT
		if [ "$6" = capabilities ]; then
			echo '{"supports":{"version":2,"actions":["start","stop","capabilities"],"events":["pre","post","get"]}}'
			exit 0
		fi
		while read -r line; do :; done
		echo "$4 $6 $8 ${10}" >>/tmp/callouts
	S
	chmod 755 "$ETC/scripts.d/callouts/scribe"
}

shopt -s extglob
begin_campaigns
install_scribe
rm -rf "$KILL"
mkdir "$KILL"
: >"$KILL/calls"
define_auto "$A" p1 alpha 1 beta 2 gamma 3
LD_PRELOAD=/mnt/share/modules/kill-at.so daemon_start
check "the daemon runs" daemon_is_up
register
is "$(problem)" "" "it starts without anybody killing"
calls_made
check "calls are counted" test "$REPLY" -gt 0
sweep before
sweep after
end_campaigns
