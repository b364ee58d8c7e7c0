# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# An ordinary user who locks everything that he can open does not stop the daemon.
# shellcheck shell=bash
# shellcheck source=tests/vm/lib-campaign.sh
. /tmp/lib-campaign.sh

A=$(uuid 1) B=$(uuid 2)

cat >/tmp/lockall.pl <<'P'
use Fcntl qw(:DEFAULT :flock);
my (@held, $flocked, $posix);
while (my $path = <STDIN>) {
	chomp $path;
	sysopen(my $fh, $path, O_RDONLY | O_NONBLOCK) or next;
	$flocked++ if flock($fh, LOCK_EX | LOCK_NB);
	my $lock = pack("ssx4qqix4", F_RDLCK, 0, 0, 0, 0);
	$posix++ if fcntl($fh, F_SETLK, $lock);
	push @held, $fh;
}
open(my $out, ">", "/tmp/locked") or die;
print $out "$flocked $posix\n";
close($out);
sleep 300;
P

begin_campaigns
check "the daemon starts" daemon_start
define_auto "$A" p1 alpha 1
define_auto "$B" p2
kmod "add p1"
starts p1 "$A" "1:1" "a device starts"
kmod "add p2"
starts p2 "$B" "1:1" "and another"

rm -f /tmp/locked
find /etc/mdevctl.d /etc/mdevmgr /run/mdevmgr /run /usr/libexec "$TEST_DEVICES" /sys/class/mdev_bus \
	/sys/bus/mdev -maxdepth 4 -readable 2>/dev/null >/tmp/paths
setpriv --reuid=65534 --regid=65534 --clear-groups perl /tmp/lockall.pl </tmp/paths &
locker=$!
check "a user locks all that he can open" wait_for 60 test -s /tmp/locked
read -r flocked posix </tmp/locked
check "which is much ($flocked flock, $posix POSIX)" test "${flocked:-0}" -gt 20
check "among it what is remembered" bash -c "! flock -n -x $RECORDS true"

expect_quiet "stop" mdevmgr stop -u "$B"
kmod "unregister p1"
kmod "add p1"
starts p1 "$A" "1:1 2:1" "the daemon starts devices"
settle
check_not "and keeps what is stopped" sys_active "$B"
check "killed, it comes back" daemon_kill
kmod "unregister p2"
kmod "add p2"
starts p2 "$B" "1:1 2:1" "and still starts devices"
kill "$locker"

end_campaigns
