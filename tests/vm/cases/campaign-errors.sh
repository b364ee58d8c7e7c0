# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# Drivers that fail: for a while, for ever, for want of an instance.
# shellcheck shell=bash
# shellcheck source=tests/vm/lib-campaign.sh
. /tmp/lib-campaign.sh

A=$(uuid 1) B=$(uuid 2) C=$(uuid 3) D=$(uuid 4) E=$(uuid 5) F=$(uuid 6)
G=$(uuid 7) H=$(uuid 8) I=$(uuid 9) J=$(uuid 10) K=$(uuid 11)

more_attempts_than() {	# PARENT N
	[ "$(kmod_parent "$1" attempts)" -gt "$2" ]
}

has_tried() {	# PARENT UUID N: at least so often
	[ "$(sed -n 's/^attempts=//p' "$RECORDS/$1/$2")" -ge "$3" ]
}

# state UUID
state() {
	mdevmgr status -u "$1" --json | tr -d ' \n' | sed -n 's/.*"state":"\([^"]*\)".*/\1/p'
}

begin_campaigns
check "the daemon starts" daemon_start

# for a while
n=0
errnos=(5 11 16 19 22 28) # EIO EAGAIN EBUSY ENODEV EINVAL ENOSPC (with free instances)
for errno in "${errnos[@]}"; do
	n=$((n + 1))
	define_auto "$(uuid 10$n)" "heal$n" alpha 1
	kmod "add heal$n create_errno=$errno create_fail_first=4"
done
n=0
for errno in "${errnos[@]}"; do
	n=$((n + 1))
	starts "heal$n" "$(uuid 10$n)" "1:1" "errno $errno four times, then it heals"
	is "$(kmod_parent "heal$n" attempts)" 5 "... at the fifth attempt"
done

# for ever
define_auto "$A" p1
define_auto "$B" p1
kmod "add p1 create_errno=5"
define_auto "$C" p2
kmod "add p2"
starts p2 "$C" "1:1" "a parent that fails does not harm another"
check "what fails is tried again and again" wait_for 120 more_attempts_than p1 14
is "$(kmod_created p1 "$A") $(kmod_created p1 "$B")" "1:0 1:0" "and is not there"
check "the daemon is killed and comes back" daemon_kill
kmod "set p1 create_errno=0"
starts p1 "$A" "1:1" "even that may heal"
starts p1 "$B" "1:1" "both"
settle
is "$(kmod_created p1 "$A") $(kmod_created p1 "$B")" "1:1 1:1" "nothing is tried after it"

# the last instance
define_auto "$D" p3
define_auto "$E" p3
kmod "add p3 instances=1"
wait_for 60 kmod_is p3 live 1
settle
is "$(kmod_parent p3 created)" 1 "two want the last instance: one gets it"
first=$D second=$E
is_active "$D" || first=$E second=$D
check "it is active" is_active "$first"
comes_to p3 "$second" no-instance "the other waits"
expect_quiet "the first is stopped" mdevmgr stop -u "$first"
starts p3 "$second" "1:1" "then the other starts"
settle
check_not "the first stays stopped" sys_active "$first"
is "$(kmod_created p3 "$first")" "1:1" "and is not tried again"

# one UUID, two parents
define_auto "$F" q1
define_auto "$F" q2
kmod "add q2"
starts q2 "$F" "1:1" "one UUID on two parents: the one that is there starts it"
kmod "add q1"
comes_to q1 "$F" blocked "the other waits"
kmod "remove q2"
starts q1 "$F" "1:1" "and has it when the first's parent goes"
kmod "add q2"
comes_to q2 "$F" blocked "the first waits when it comes back"
expect_quiet "the administrator stops the device" mdevmgr stop -u "$F"
settle
check_not "then it is started on neither parent" sys_active "$F"

# an attribute that fails for a while: the same device is completed
define_auto "$G" p4 alpha 1 beta 2
kmod "add p4 attr_errno=5 attr_fail_first=2"
starts p4 "$G" "1:1" "an attribute fails twice: the device stays, and is completed"
is "$(journal "$G")" "alpha beta" "... with its attributes"
check "... it was never removed" \
	grep -qF "device p4 1 $G attempts=1 created=1 removed=0" "$KMOD"

# ... for a long time
define_auto "$H" p5 alpha 1 beta 2
kmod "add p5 attr_errno=16"
comes_to p5 "$H" half-made "an attribute fails on and on: the device is half made"
check "it is tried again and again" wait_for 120 has_tried p5 "$H" 7
is "$(state "$H")" "failed" "status does not call it active"
run mdevmgr status -u "$H"
like "$OUT" "half made: Failed to write 1 to attribute alpha" "... and says why"
is "$RC" 3 "... and ends with 3"
check "the daemon is killed and comes back" daemon_kill
check "it goes on" wait_for 120 has_tried p5 "$H" 10
kmod "set p5 attr_errno=0"
starts p5 "$H" "1:1" "even that may heal"
is "$(state "$H")" "active" "status calls it active"
is "$(journal "$H")" "alpha beta" "... with its attributes"

# ... until it is stopped
define_auto "$I" p6 alpha 1
kmod "add p6 attr_errno=16"
comes_to p6 "$I" half-made "another one is half made"
expect_quiet "it is stopped" mdevmgr stop -u "$I"
kmod "set p6 attr_errno=0"
settle
check_not "... it stays stopped" sys_active "$I"
is "$(kmod_created p6 "$I")" "1:1" "... and is not made again"

# ... until it is defined in another way: nothing of the old one is left
define_auto "$J" p7 alpha 1 refuse 2
kmod "add p7"
comes_to p7 "$J" half-made "an attribute that is refused may be taken later"
is "$(cat "$SYS_BUS/$J/alpha")" 1 "... what comes before it is written"
define_auto "$J" p7 beta 3
comes_to p7 "$J" "done" "without that attribute it starts"
is "$(journal "$J")" "beta" "... made anew"
TWICE=$(grep -F "device p7 1 $J attempts=2 created=2 removed=1" "$KMOD")
check "... that is the second time" test -n "$TWICE"

# one that cannot heal
define_auto "$K" p8 alpha 1 nosuch 2
kmod "add p8"
comes_to p8 "$K" failed "an attribute that is not there cannot heal"
settle
check_not "... the device is undone" sys_active "$K"
check "... and not made again" \
	grep -qF "device p8 1 $K attempts=1 created=1 removed=1" "$KMOD"
is "$(state "$K")" "failed" "... status says so"
end_campaigns
