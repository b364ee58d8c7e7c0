# SPDX-License-Identifier: LGPL-2.1-or-later
# The amd64 machine of tests/vm/run.
# shellcheck shell=bash disable=SC2034,SC2154

# Where the guest's script prints to, and where its kernel does. On a busy host the
# kernel's test of its timer misses interrupts and panics: no_timer_check.
MACHINE_OUT=ttyS1
MACHINE_CONSOLE="console=ttyS0 no_timer_check"

machine_prepare() {
	need qemu-system-x86_64 timeout flock
	"$VM_HERE/build"
	# Nobody replaces the cache while this guest runs from it.
	vm_lock -s
	[ -e "$VM_DIR/ready" ] || die "the cache $VM_DIR was taken away"
}

# machine_command: fill the array command.
machine_command() {
	command=(qemu-system-x86_64 "${command[@]}" -m 2G
		-serial "file:$ctl/console" -serial stdio
		-kernel "$VM_DIR/vmlinuz" -initrd "$VM_DIR/initrd.gz"
		-virtfs "local,path=$VM_DIR/root,mount_tag=root,security_model=none,readonly=on,multidevs=remap"
		-virtfs "local,path=$ctl,mount_tag=ctl,security_model=none,multidevs=remap"
		-virtfs "local,path=$share,mount_tag=share,security_model=none,multidevs=remap")
}
