# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# kernels: 6.1 6.12
# The lock of s390-tools, with others that take it: chzdev as it is, changing the masks and
# back, and ap-check as a script. Nobody meets another inside.
# shellcheck shell=bash source=tests/vm/lib-s390x.sh

A=$(uuid 1)
LOCK=/run/lock/s390apconfig.lock
TURNS=5

mkdir -p /run/lock
check "queues" ap_reserve -5,-6 ""

# like chzdev: takes domain 0x47 of the host and gives it back, with the lock
cat >/tmp/chzdev <<-EOS
	#!/bin/bash
	for i in \$(seq $TURNS); do
		echo \$\$ >$LOCK.chzdev
		until ln $LOCK.chzdev $LOCK 2>/dev/null; do sleep 0.03; done
		[ "\$(cat $LOCK)" = \$\$ ] || echo lost >>/tmp/trouble
		echo -0x47 >$AP_BUS/aqmask || echo mask >>/tmp/trouble
		sleep 0.05
		[ "\$(cat $LOCK)" = \$\$ ] || echo lost >>/tmp/trouble
		echo +0x47 >$AP_BUS/aqmask || echo mask >>/tmp/trouble
		rm $LOCK $LOCK.chzdev
	done
EOS
chmod 755 /tmp/chzdev
rm -f /tmp/trouble

# contend: both at once, until both are done
contend() {
	local pid i

	/tmp/chzdev &
	pid=$!
	for i in $(seq "$TURNS"); do
		mdevmgr start -u "$A" && mdevmgr modify -u "$A" --live --ap 5:4,0xab &&
			mdevmgr stop -u "$A" && mdevmgr modify -u "$A" -m || echo "mdevmgr $i" >>/tmp/trouble
	done
	wait "$pid"
	[ ! -e /tmp/trouble ] || cat /tmp/trouble
	[ ! -e /tmp/trouble ] && [ ! -e "$LOCK" ]
}

expect_quiet "a device" mdevmgr define -u "$A" --ap 5:4
check "chzdev and we take turns" contend

# ---- with an ap-check that takes it in our name ----
mkdir -p /usr/lib/mdevctl/scripts.d/callouts
cat >/usr/lib/mdevctl/scripts.d/callouts/ap-check <<-EOS
	#!/bin/bash
	[ "\$2" = $AP_TYPE ] || exit 2
	case \$4 in
	pre)
		echo \$PPID >$LOCK.\$\$
		until ln $LOCK.\$\$ $LOCK 2>/dev/null; do sleep 0.03; done
		rm $LOCK.\$\$ ;;
	post)
		[ "\$(cat $LOCK)" = \$PPID ] || echo "post without the lock" >>/tmp/trouble
		[ -n "\$FORGET" ] || rm -f $LOCK ;;
	*) exit 2 ;;
	esac
EOS
chmod 755 /usr/lib/mdevctl/scripts.d/callouts/ap-check
check "and with ap-check" contend
FORGET=1 expect_quiet "what it forgets" mdevmgr modify -u "$A" -m
check_not "is given back by us" test -e "$LOCK"
rm /usr/lib/mdevctl/scripts.d/callouts/ap-check

# ---- a holder that died ----
sh -c 'echo $$' >"$LOCK"
expect_quiet "the lock of a dead process is taken over" mdevmgr modify -u "$A" -m
check_not "and given back" test -e "$LOCK"
expect_quiet "undefine" mdevmgr undefine -u "$A"
