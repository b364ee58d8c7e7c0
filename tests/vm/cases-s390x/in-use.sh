# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# kernels: 6.1 6.12
# Stopping a disk that a program really holds: through its group, and where the kernel has
# them (6.12) through its own node /dev/vfio/devices/vfioN, as QEMU does with iommufd.
# shellcheck shell=bash source=tests/vm/lib-s390x.sh

A=$(uuid 1)
DISK=$(subchannel_of 0.0.0800)
check "a disk is given to vfio_ccw" css_bind "$DISK" vfio_ccw
check "vfio_iommu_type1 is there" modprobe vfio_iommu_type1
make_holder /tmp/holder.pl
# The same by the device's own node: /dev/iommu, VFIO_DEVICE_BIND_IOMMUFD.
cat >/tmp/node-holder.pl <<'P'
use Fcntl;
my ($uuid) = @ARGV;
my ($node) = map { m{([^/]+)$} } glob("/sys/bus/mdev/devices/$uuid/vfio-dev/vfio*");
my ($iommu, $device);
sysopen($iommu, "/dev/iommu", O_RDWR) or die "/dev/iommu: $!";
sysopen($device, "/dev/vfio/devices/$node", O_RDWR) or die "$node: $!";
ioctl($device, 0x3b76, pack("LLlL", 16, 0, fileno($iommu), 0)) or die "VFIO_DEVICE_BIND_IOMMUFD: $!";
open(my $out, ">", "/tmp/held.$uuid") or die;
print $out "$$\n";
close($out);
sleep 600;
P

hold() {	# PROGRAM...: leaves HOLDER
	rm -f "/tmp/held.$A"
	perl "$@" &
	HOLDER=$!
	check "a program holds the disk" wait_for 60 test -s "/tmp/held.$A"
}

let_go() {
	kill -9 "$HOLDER"
	wait "$HOLDER" 2>/dev/null || true
}

guarded() {
	expect_err 4 "Error: Device $A is in use: process $HOLDER (perl)" "stop names it, exit 4" \
		mdevctl stop -u "$A"
	check "the disk is still there" sys_active "$A"
	expect_err 4 "process $HOLDER (perl)" "a dry run too" mdevmgr stop -u "$A" --dry-run
	let_go
	expect_quiet "without the program it stops" mdevctl stop -u "$A"
	check_not "it is gone" sys_active "$A"
}

expect_quiet "start" mdevctl start -u "$A" -p "$DISK" -t "$CCW_TYPE"
hold /tmp/holder.pl device "$A"
guarded

if [[ $(uname -r) != 6.1.* ]]; then
	expect_quiet "start it again" mdevctl start -u "$A" -p "$DISK" -t "$CCW_TYPE"
	hold /tmp/node-holder.pl "$A"
	like "$(readlink "/proc/$HOLDER/fd/"*)" /dev/vfio/devices/vfio "by its node"
	guarded
fi
