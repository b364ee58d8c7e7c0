# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# Everything at once, at random: parents flap, drivers fail and hang, daemon and workers are
# killed, devices stopped by hand. In the end every auto device runs that nobody stopped in
# its parent's last registration, and none was ever created twice in one.
# shellcheck shell=bash
# shellcheck source=tests/vm/lib-campaign.sh
. /tmp/lib-campaign.sh

PARENTS=6 DEVICES=3 ROUNDS=150
declare -A stopped	# "PARENT UUID" -> the registration in which it was stopped by hand

device_of() {	# PARENT DEVICE
	uuid $((100 * $1 + $2))
}

flap() {	# PARENT: an unregistration waits for whoever hangs in create
	kmod "release s$1"
	if [ $((RANDOM % 2)) -eq 0 ]; then
		kmod "unregister s$1"
	else
		kmod "remove s$1"
	fi
	sleep "0.$((RANDOM % 10))"
	kmod "add s$1"
}

# Only what has started for good is stopped: what the administrator wants of a start that is
# on its way nobody can tell.
stop_by_hand() {	# PARENT UUID
	is_phase "s$1" "$2" "done" && is_active "$2" || return 0
	if [ $((RANDOM % 2)) -eq 0 ]; then
		mdevmgr stop -u "$2" 2>/dev/null || return 0
	else
		echo 1 2>/dev/null >"$SYS_BUS/$2/remove" || return 0
	fi
	stopped["s$1 $2"]=$(kmod_parent "s$1" registrations)
}

kill_worker() {
	local pids

	mapfile -t pids < <(daemon_workers)
	[ ${#pids[@]} -eq 0 ] || kill -9 "${pids[RANDOM % ${#pids[@]}]}" 2>/dev/null
}

kill_daemon() {
	local pid

	pid=$(daemon_pid) && kill -9 "$pid"
}

one_round() {
	local p=$((1 + RANDOM % PARENTS)) uuid

	uuid=$(device_of "$p" $((1 + RANDOM % DEVICES)))
	case $((RANDOM % 12)) in
	0 | 1 | 2) flap "$p" ;;
	3) kmod "uevents s$p $((RANDOM % 40))" ;;
	4 | 5) stop_by_hand "$p" "$uuid" ;;
	6) kmod "set s$p create_errno=$((1 + RANDOM % 40)) create_fail_first=$((1 + RANDOM % 3))" ;;
	7) kmod "set s$p create_delay_ms=$((RANDOM % 300)) attr_delay_ms=$((RANDOM % 200))" ;;
	8) kmod "hang s$p $uuid" ;;
	9) kmod "release s$p" ;;
	10) kill_worker ;;
	11) kill_daemon ;;
	esac
	sleep "0.$((RANDOM % 5))"
}

begin_campaigns
settings "[Limits]" "CreateTimeoutSec=1s"
RANDOM=${STRESS_SEED:-$((BASHPID + SECONDS))}
diag "RANDOM=$RANDOM"
check "the daemon starts" daemon_start
for p in $(seq $PARENTS); do
	for d in $(seq $DEVICES); do
		define_auto "$(device_of "$p" "$d")" "s$p" alpha "$p" beta "$d"
	done
	kmod "add s$p"
done
for _ in $(seq $ROUNDS); do
	one_round
done
for p in $(seq $PARENTS); do
	kmod "set s$p create_errno=0 create_delay_ms=0 attr_delay_ms=0"
	kmod "release s$p"
done

is_at_rest() {
	local p d uuid

	for p in $(seq $PARENTS); do
		for d in $(seq $DEVICES); do
			is_phase "s$p" "$(device_of "$p" "$d")" "done" || return 1
		done
	done
}
check "the daemon runs" wait_for 60 daemon_is_up
check "every campaign comes to its end" wait_for 180 is_at_rest
settle
lost='' restarted='' wrong=''
for p in $(seq $PARENTS); do
	last=$(kmod_parent "s$p" registrations)
	for d in $(seq $DEVICES); do
		uuid=$(device_of "$p" "$d")
		if [ "${stopped["s$p $uuid"]:-}" = "$last" ]; then
			! sys_active "$uuid" || restarted+=" s$p/$uuid"
		elif ! is_active "$uuid"; then
			lost+=" s$p/$uuid"
		elif [ "$(cat "$SYS_BUS/$uuid"/{alpha,beta} | tr '\n' ' ')" != "$p $d " ]; then
			wrong+=" s$p/$uuid"
		fi
	done
done
is "$lost" "" "no device is lost"
is "$restarted" "" "none runs against the administrator's stop"
is "$wrong" "" "all have their attributes"
diag "$(awk '$1 == "parent" { print $2, $4, $6, $7, $8 }' "$KMOD")"
diag "$(daemon_log | grep -c 'ended with status') daemons ended"

end_campaigns
