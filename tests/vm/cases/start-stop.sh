# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# Starting and stopping real devices; what is in sysfs afterwards.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1) B=$(uuid 2) C=$(uuid 3)

# a defined device
mdevctl define -u "$A" -p mtty -t mtty-1
expect_quiet "start a defined device" mdevctl start -u "$A"
is "$(sys_device "$A")" "mtty mtty-1" "the kernel has it, with parent and type"
is "$(sys_instances mtty mtty-1)" 23 "one instance less"
expect_out "$A mtty mtty-1 manual (defined)" "list shows it" mdevctl list
expect_out "$A mtty mtty-1 manual (active)" "list -d shows it active" mdevctl list -d
expect_out '[
  {
    "mtty": [
      {
        "'"$A"'": {
          "mdev_type": "mtty-1",
          "start": "manual",
          "attrs": []
        }
      }
    ]
  }
]' "list --dumpjson" mdevctl list --dumpjson

# looking closely at it
group=$(basename "$(readlink -f "$SYS_BUS/$A/iommu_group")")
expect_rc 0 "show" mdevmgr show -u "$A"
for text in "$A" mtty mtty-1 "$(readlink -f "$SYS_BUS/$A")" "$ETC/mtty/$A" "/dev/vfio/$group"; do
	like "$OUT" "$text" "show tells $text"
done
expect_rc 0 "show --qemu" mdevmgr show -u "$A" --qemu
like "$OUT" "vfio-pci" "the line names QEMU's device"
like "$OUT" "sysfsdev=/sys/bus/mdev/devices/$A" "and the sysfs device"
expect_rc 0 "show --libvirt" mdevmgr show -u "$A" --libvirt
like "$OUT" "<hostdev mode='subsystem' type='mdev'" "the XML is a host device"
like "$OUT" "$A" "with the UUID"
expect_rc 1 "show of an unknown device fails" mdevmgr show -u "$(uuid 77)"

expect_quiet "stop" mdevctl stop -u "$A"
check_not "the kernel has it no more" sys_active "$A"
is "$(sys_instances mtty mtty-1)" 24 "the instance is free"
check "the definition stays" test -f "$ETC/mtty/$A"
expect_err 1 "Device $A is not an active mdev" "stop of an inactive device" mdevctl stop -u "$A"

# a transient one, named and unnamed
expect_quiet "start a transient device" mdevctl start -u "$B" -p mdpy -t mdpy-xga
is "$(sys_device "$B")" "mdpy mdpy-xga" "the kernel has it"
expect_out "$B mdpy mdpy-xga manual" "list shows it as not defined" mdevctl list
expect_rc 0 "start without a UUID" mdevctl start -p mdpy -t mdpy-vga
made=$OUT
is "$(sys_device "$made")" "mdpy mdpy-vga" "it printed the UUID that the kernel has"
expect_quiet "stop it" mdevctl stop -u "$made"
mdevctl stop -u "$B"

# from a file, with an attribute that the kernel shows afterwards
echo '{"mdev_type":"mtty-2","start":"manual","attrs":[{"power/control":"on"},{"power/async":"disabled"}]}' \
	>/tmp/c.json
expect_quiet "start from a JSON file" mdevctl start -u "$C" -p mtty --jsonfile /tmp/c.json
is "$(sys_device "$C")" "mtty mtty-2" "the kernel has it"
is "$(cat "$SYS_BUS/$C/power/control" "$SYS_BUS/$C/power/async")" "on
disabled" "and both attributes"
expect_quiet "stop it" mdevctl stop -u "$C"
expect_quiet "start from a pipe, as libvirt does" \
	bash -c "cat /tmp/c.json | mdevctl start --parent=mtty --jsonfile=/dev/stdin --uuid=$C"
is "$(cat "$SYS_BUS/$C/power/control")" on "with its attributes"
mdevctl stop -u "$C"
check_not "nothing was stored" test -e "$ETC/mtty/$C"

# plans
expect_rc 0 "start --dry-run" mdevmgr start -u "$A" --dry-run
like "$OUT" "$A" "it prints a plan"
check_not "and starts nothing" sys_active "$A"

# several at once
mdevctl define -u "$B" -p mdpy -t mdpy-hd
expect_quiet "start two at once" mdevmgr start -u "$A" -u "$B"
is "$(sys_count)" 2 "both are there"
expect_rc 1 "stop of three, one of which is not active, fails" \
	mdevmgr stop -u "$A" -u "$(uuid 77)" -u "$B"
is "$(sys_count)" 0 "and still stops the others"
mdevmgr start -u "$A" -p mtty && mdevctl start -u "$C" -p mtty -t mtty-1 && mdevctl start -u "$B"
expect_quiet "stop -p stops the devices of one parent" mdevmgr stop -p mtty
is "$(mdevctl list)" "$B mdpy mdpy-hd manual (defined)" "the other parent's device runs"
mdevctl stop -u "$B"

# a parent's auto devices
mdevctl define -u "$C" -p mtty -t mtty-2 -a
mdevctl define -u "$(uuid 4)" -p mtty -t mtty-9 -a
mdevctl define -u "$(uuid 5)" -p mdpy -t mdpy-hd -a
run mdevctl start-parent-mdevs mtty
is "$RC" 0 "start-parent-mdevs succeeds though one definition cannot start"
like "$ERR" "mtty-9" "it tells which"
is "$(sys_device "$C")" "mtty mtty-2" "the auto definition runs"
is "$(sys_count)" 1 "neither the manual one nor the other parent's"
expect_quiet "a parent without definitions" mdevctl start-parent-mdevs nosuch

# a device that is really in use: perl holds its VFIO device open, as a VM does
cat >/tmp/hold.pl <<'P'
use Fcntl;
my ($group, $uuid) = @ARGV;
sysopen(my $c, "/dev/vfio/vfio", O_RDWR) or die "container: $!";
sysopen(my $g, "/dev/vfio/$group", O_RDWR) or die "group: $!";
ioctl($g, 0x3b68, pack("i", fileno($c))) or die "set container: $!";
ioctl($c, 0x3b66, 1) or die "set iommu: $!";
my $d = ioctl($g, 0x3b6a, my $name = $uuid . "\0") or die "device: $!";
open(my $f, ">", "/tmp/held"); close($f);
sleep 120;
P
load_modules vfio_iommu_type1
group=$(basename "$(readlink -f "$SYS_BUS/$C/iommu_group")")
perl /tmp/hold.pl "$group" "$C" 2>/tmp/hold.err &
holder=$!
for _ in $(seq 50); do
	[ ! -e /tmp/held ] || break
	sleep 0.1
done
check "a process holds the device (see $(cat /tmp/hold.err))" test -e /tmp/held
LIMIT=20 expect_rc 4 "stop of a device in use fails at once" mdevmgr stop -u "$C"
like "$ERR" "$holder" "and tells who uses it"
check "it still runs" sys_active "$C"
kill "$holder"
wait "$holder"
expect_quiet "stop when the user is gone" mdevmgr stop -u "$C"
check_not "it is gone" sys_active "$C"
