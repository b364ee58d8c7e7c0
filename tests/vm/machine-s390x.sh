# SPDX-License-Identifier: LGPL-2.1-or-later
# The s390x machine of tests/vm/run. Its channel devices, by their device numbers:
#   0100 0101 0102 0103  root, ctl, share, consoles: the machine's own, to be left alone
#   0800 0801 0802       disk controllers without disks, ids scsi0 to scsi2: free to take.
#                        No virtio-rng: to let go of it takes its driver up to a minute
#                        (hwrng_fillfn(), Linux 6.1).
#   0900                 a 3270 terminal, id term
#   0a00                 a disk of 64 MB (/dev/vda), id disk
#   0b00                 a network card that leads nowhere (eth0), id net
# Any can be unplugged and others plugged while it runs: qmp_del and qmp_add of
# lib-s390x.sh. AP cards 5, 6 and 10, domains 4, 0x47 and 0xab: s390x/ap-sim.py.
# shellcheck shell=bash disable=SC2034,SC2154
# shellcheck source=tests/vm/s390x/common.sh
. "$VM_HERE/s390x/common.sh"

MACHINE_OUT=hvc0
MACHINE_CONSOLE="console=ttyS1"

# A part of the cache: made if need be, and kept while this guest runs from it.
machine_part() {	# PART FD COMMAND...
	local part=$1 fd=$2

	shift 2
	"$@"
	s390x_lock -s "$part" "$fd"
	[ -e "$S390X_CACHE/$part/ready" ] || die "the cache $S390X_CACHE/$part was taken away"
}

machine_prepare() {	# KERNEL
	kernel_dir=$S390X_CACHE/kernel-$1
	need qemu-system-s390x timeout flock
	s390x_suite "$1" >/dev/null
	machine_part root 8 "$S390X_HERE/build-root"
	machine_part "kernel-$1" 9 "$S390X_HERE/build-kernel" "$1"
	cat "$S390X_CACHE/root/initrd.gz" "$kernel_dir/modules.gz" >"$ctl/initrd"
	truncate -s 64M "$ctl/disk"
}

machine_9p() {	# TAG DIRECTORY DEVNO OPTIONS
	command+=(-fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap$4"
		-device "virtio-9p-ccw,fsdev=$1,mount_tag=$1,devno=fe.0.$3")
}

# machine_command: fill the array command. The guest's port "qmp" is the other end of a
# monitor: qemu connects to itself.
machine_command() {
	command=(qemu-system-s390x "${command[@]}" -M s390-ccw-virtio -m 1G
		-serial "file:$ctl/console"
		-kernel "$kernel_dir/vmlinuz" -initrd "$ctl/initrd"
		-chardev "socket,id=monitor,path=$ctl/qmp,server=on,wait=off"
		-mon "chardev=monitor,mode=control"
		-chardev "socket,id=port,path=$ctl/qmp" -chardev "stdio,id=out,signal=off"
		-device "virtio-serial-ccw,devno=fe.0.0103"
		-device "virtconsole,chardev=out" -device "virtserialport,chardev=port,name=qmp"
		-drive "if=none,id=d0,file=$ctl/disk,format=raw"
		-device "virtio-blk-ccw,drive=d0,devno=fe.0.0a00,id=disk"
		-netdev "user,id=n0,restrict=on"
		-device "virtio-net-ccw,netdev=n0,devno=fe.0.0b00,id=net"
		-device "virtio-scsi-ccw,devno=fe.0.0800,id=scsi0"
		-device "virtio-scsi-ccw,devno=fe.0.0801,id=scsi1"
		-device "virtio-scsi-ccw,devno=fe.0.0802,id=scsi2"
		-device "x-terminal3270,devno=fe.0.0900,id=term")
	machine_9p root "$S390X_CACHE/root/root" 0100 ,readonly=on
	machine_9p ctl "$ctl" 0101 ''
	machine_9p share "$share" 0102 ''
}
