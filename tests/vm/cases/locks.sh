# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# An ordinary user who locks everything that he can open stops nobody.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1) B=$(uuid 2)

mdevctl define -u "$A" -p mtty -t mtty-1
sys_create "$B" mtty mtty-2
is "$(stat -c '%U %a' "$ETC/.lock")" "root 600" "the lock file is root's alone"

# Every directory and file of mdev's world that a user can open for reading: both
# kinds of locks on each.
cat >/tmp/lockall.pl <<'P'
use Fcntl qw(:DEFAULT :flock);
my (@held, $n, $flocked, $posix);
while (my $path = <STDIN>) {
	chomp $path;
	sysopen(my $fh, $path, O_RDONLY | O_NONBLOCK) or next;
	$n++;
	$flocked++ if flock($fh, LOCK_EX | LOCK_NB);
	my $lock = pack("ssx4qqix4", F_RDLCK, 0, 0, 0, 0);
	$posix++ if fcntl($fh, F_SETLK, $lock);
	push @held, $fh;
}
open(my $out, ">", "/tmp/locked") or die;
print $out "$n $flocked $posix\n";
close($out);
sleep 300;
P
rm -f /tmp/locked
find /etc/mdevctl.d /sys/devices/virtual/mtty /sys/devices/virtual/mdpy /sys/class/mdev_bus \
	/sys/bus/mdev /etc /run /usr/lib/mdevctl /tmp -maxdepth 4 -readable 2>/dev/null |
	grep -v '^/etc/ssl' >/tmp/paths
setpriv --reuid=65534 --regid=65534 --clear-groups perl /tmp/lockall.pl </tmp/paths &
locker=$!
for _ in $(seq 100); do
	[ ! -s /tmp/locked ] || break
	sleep 0.1
done
read -r opened flocked posix </tmp/locked
check "a user holds locks ($opened opened, $flocked flock, $posix POSIX)" \
	test "${flocked:-0}" -gt 20
check "among them the definitions' directory" \
	bash -c "! flock -n -x $ETC true"
check "and the parent's" bash -c "! flock -n -x /sys/devices/virtual/mtty/mtty true"

# shellcheck disable=SC2034 # read by run
LIMIT=15
expect_quiet "define" mdevctl define -u "$(uuid 3)" -p mtty -t mtty-1
expect_quiet "modify" mdevctl modify -u "$A" --auto
expect_quiet "start" mdevctl start -u "$A"
check "the device runs" sys_active "$A"
expect_quiet "stop" mdevctl stop -u "$A"
expect_quiet "stop of another's device" mdevctl stop -u "$B"
expect_quiet "start-parent-mdevs" mdevctl start-parent-mdevs mtty
check "it started" sys_active "$A"
expect_rc 0 "list" mdevctl list
expect_rc 0 "list -d" mdevctl list -d
expect_rc 0 "types" mdevctl types
expect_quiet "undefine" mdevctl undefine -u "$(uuid 3)"
check "the user held his locks all the time" kill -0 "$locker"
kill "$locker"

# Root's own: two at once, none lost.
for i in $(seq 30 37); do
	mdevctl define -u "$(uuid "$i")" -p mtty -t mtty-1 &
done
wait
is "$(mdevctl list -d | grep -c ' mtty mtty-1 ')" 9 "eight defines at once all land"
for i in $(seq 30 37); do
	mdevctl start -u "$(uuid "$i")" &
done
wait
is "$(sys_count)" 9 "eight starts at once all land"
