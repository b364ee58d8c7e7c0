# SPDX-License-Identifier: LGPL-2.1-or-later
# The guest's side of `idle`: a line of figures for each number of definitions.
# shellcheck shell=bash source=tests/vm/lib.sh
set -eu
. /mnt/share/lib.sh
. /mnt/share/sizes

CONTROL=/dev/mdevmgr_test
UNIT=mdevmgrd.service

define()	# PARENT FROM TO
{
	local i

	mkdir -p "$ETC/$1"
	for ((i = $2; i < $3; i++)); do
		printf '{"mdev_type": "mdevmgr_test-a", "start": "auto", "attrs": []}' \
			>"$ETC/$1/$(uuid "$i")"
	done
}

daemon_pid()
{
	systemctl show -P MainPID "$UNIT"
}

status_of()	# PID KEY
{
	sed -n "s/^$2:[[:space:]]*\([0-9]*\).*/\1/p" "/proc/$1/status"
}

private_kb()
{
	awk '/^Private_/ { n += $2 } END { print n }' "/proc/$1/smaps_rollup"
}

# With udevd's help: events of the kernel are counted, so that "nothing happened" is known.
events()
{
	cat /sys/kernel/uevent_seqnum
}

watch()	# LABEL
{
	local pid before events_before

	systemctl restart "$UNIT"
	# The first pass, and what udev and the journal still do.
	sleep 20
	udevadm settle -t 300
	pid=$(daemon_pid)
	before=$(status_of "$pid" voluntary_ctxt_switches)
	events_before=$(events)
	sleep "$SECONDS_WATCHED"
	[ "$(daemon_pid)" = "$pid" ] || echo "# the daemon is not the same any more"
	printf '%-34s %3d wake-ups in %d s (%d uevents), %5d KiB private\n' "$1" \
		$(($(status_of "$pid" voluntary_ctxt_switches) - before)) "$SECONDS_WATCHED" \
		$(($(events) - events_before)) "$(private_kb "$pid")"
}

active()
{
	find "$SYS_BUS" -mindepth 1 | wc -l
}

wait_active()	# N
{
	local i

	for ((i = 0; i < 600; i++)); do
		[ "$(active)" -lt "$1" ] || return 0
		sleep 1
	done
	echo "# only $(active) of $1 are active"
}

install_tree /mnt/share/inst
systemctl daemon-reload
systemd-tmpfiles --create mdevmgr.conf
# Its policy has just come.
systemctl reload dbus.service
systemctl enable -q "$UNIT"
udevadm control --reload
load_modules vfio mdev
insmod /mnt/share/kmod/mdevmgr_test.ko
systemctl start "$UNIT"
systemctl show -P WatchdogUSec "$UNIT" | sed 's/^/# WatchdogSec=/'
from=0
for n in 10 100 1000; do
	define "bench$n" "$from" "$n"
	echo "add bench$n types=a instances=$n" >"$CONTROL"
	wait_active "$n"
	from=$n
	watch "$n definitions, all active"
done
define absent 1000 10000
SECONDS_WATCHED=30
watch "10000 definitions, 1000 active"
