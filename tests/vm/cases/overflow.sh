# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# The kernel's queue of events really runs over while nobody reads it: what happened meanwhile
# is found all the same.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1) B=$(uuid 2) C=$(uuid 3)
WORDS=/tmp/daemon.err
MONITOR_LINES=/tmp/monitor.out

# socket_of PID: the inode of its socket for uevents (protocol 15)
socket_of() {
	local fd link

	for fd in "/proc/$1/fd/"*; do
		link=$(readlink "$fd")
		[[ $link == "socket:["* ]] || continue
		link=${link//[!0-9]/}
		awk -v inode="$link" '$2 == 15 && $10 == inode { print $10 }' /proc/net/netlink
	done
}

# drops INODE: events that this socket has lost
drops() {
	awk -v inode="$1" '$10 == inode { print $9 }' /proc/net/netlink
}

# Long events: synthetic ones with an argument that fills what the kernel has room for.
cat >/tmp/flood.pl <<'P'
	my ($inode) = @ARGV;
	my $event = "change 11111111-1111-1111-1111-111111111111 A=" . "x" x 1700;
	open(my $uevent, ">", "/sys/devices/virtual/mem/null/uevent") or die "uevent: $!";
	for (my $n = 1; $n <= 50000; $n++) {
		syswrite($uevent, $event) or die "write: $!";
		next if $n % 100;
		open(my $sockets, "<", "/proc/net/netlink") or die;
		while (<$sockets>) {
			my @f = split;
			next unless $f[9] eq $inode and $f[8] > 0;
			print "$n\n";
			exit 0;
		}
	}
	die "no overflow\n";
P

# flood INODE WHOSE: until this socket loses events
flood() {
	local n

	if n=$(timeout 300 perl /tmp/flood.pl "$1" 2>&1); then
		ok "the queue of $2 runs over"
		diag "$n events"
	else
		not_ok "the queue of $2 runs over"
		diag "$n"
	fi
}

listens() {
	[ -n "$(socket_of "$1")" ]
}

said() {
	grep -q "$1" "$2"
}

# ---- the daemon ---------------------------------------------------------------------------

rmmod mtty
mkdir -p /run/mdevmgr
mdevctl define -u "$A" -p mtty -t mtty-1 --auto
mdevctl define -u "$B" -p mdpy -t mdpy-vga --auto
mdevctl start -u "$B"
/usr/libexec/mdevmgrd --no-bus 2>"$WORDS" &
daemon=$!
check "the daemon runs" wait_for 60 test -e /run/mdevmgr/daemon
check "it listens to the kernel" wait_for 60 listens "$daemon"

kill -STOP "$daemon"
socket=$(socket_of "$daemon")
flood "$socket" "the daemon"
lost=$(drops "$socket")
insmod /opt/m/mtty.ko
echo 1 >"$SYS_BUS/$B/remove"
check "the events of the driver are lost too" [ "$(drops "$socket")" -gt "$((lost + 1))" ]
check_not "nobody starts anything meanwhile" sys_active "$A"
kill -CONT "$daemon"
check "the device of the driver that came meanwhile starts" wait_for 60 sys_active "$A"
check "it says that events were lost" wait_for 60 said "Events of the kernel were lost" "$WORDS"
sleep 2
check_not "what was stopped by hand meanwhile stays stopped" sys_active "$B"

# and hears again
rmmod mtty
check_not "the driver goes" sys_active "$A"
insmod /opt/m/mtty.ko
check "it comes, and its device starts" wait_for 60 sys_active "$A"
is "$(grep -c "Events of the kernel were lost" "$WORDS")" 1 "no event was lost any more"
kill "$daemon"
wait "$daemon"

# ---- monitor: an ordinary user's queue is smaller ---------------------------------------------

setpriv --reuid=65534 --regid=65534 --clear-groups mdevmgr monitor >"$MONITOR_LINES" 2>&1 &
monitor=$!
probe() {
	sys_define spare "$C" "t$SECONDS" manual
	sleep 0.2
	[ -s "$MONITOR_LINES" ]
}
check "monitor hears" wait_for 60 probe
kill -STOP "$monitor"
flood "$(socket_of "$monitor")" "monitor"
rmmod mtty
insmod /opt/m/mtty.ko
kill -CONT "$monitor"
check "the device that went is told" wait_for 60 said "device $A mtty: gone" "$MONITOR_LINES"
check "so is the parent that came again" wait_for 60 said "parent mtty: registered, 2 types" "$MONITOR_LINES"
kill "$monitor"
wait "$monitor"
