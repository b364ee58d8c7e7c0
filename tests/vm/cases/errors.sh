# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# What the kernel and its drivers can refuse, and what we make of it. The refusals
# that a look beforehand would foresee are brought about between that look and the
# write: strace holds the write back while another process acts.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1) B=$(uuid 2)

# kernel_says ERRNO-TEXT DESC UUID PARENT TYPE: the kernel's own answer.
kernel_says() {
	local answer

	answer=$( (sys_create "$3" "$4" "$5") 2>&1)
	like "$answer" "$1" "$2"
}

# start_held_back UUID PARENT TYPE: start it in the background, its write to
# create held back for six seconds; comes back when create is open.
start_held_back() {
	local create

	create=$(readlink -f "$SYS_PARENTS/$2/mdev_supported_types/$3/create")
	rm -f /tmp/held.rc
	(
		timeout 60 strace -f -o /tmp/trace -P "$create" -e trace=write \
			-e inject=write:delay_enter=6000000 \
			mdevctl start -u "$1" -p "$2" -t "$3" >/tmp/held.out 2>/tmp/held.err
		echo $? >/tmp/held.rc
	) &
	for _ in $(seq 100); do
		if [ -n "$(find /proc/[0-9]*/fd -lname "$create" 2>/dev/null)" ]; then
			ok "a start of $3 is held back"
			return
		fi
		[ ! -e /tmp/held.rc ] || break
	done
	not_ok "a start of $3 is held back"
}

# held_start_ended: leaves its exit status in RC, its words in ERR.
held_start_ended() {
	wait
	RC=$(cat /tmp/held.rc) ERR=$(cat /tmp/held.err)
}

# EINVAL
kernel_says "Invalid argument" "the kernel refuses what is no UUID" \
	976d8cc2_4bfc-43b9-b9f9-f4af2de91ab9 mtty mtty-1
expect_rc 2 "we refuse it as a usage error" \
	mdevctl start -u 976d8cc2_4bfc-43b9-b9f9-f4af2de91ab9 -p mtty -t mtty-1

# EEXIST, foreseen
sys_create "$A" mtty mtty-1
kernel_says "File exists" "the kernel refuses a UUID in use" "$A" mtty mtty-1
kernel_says "File exists" "on another parent too" "$A" mdpy mdpy-hd
expect_err 1 "already exists" "start of an active UUID, same parent" \
	mdevctl start -u "$A" -p mtty -t mtty-1
expect_err 1 "Device exists with different type" "same parent, other type" \
	mdevctl start -u "$A" -p mtty -t mtty-2
expect_err 1 "Device exists under different parent" "another parent" \
	mdevctl start -u "$A" -p mdpy -t mdpy-hd
is "$(sys_device "$A")" "mtty mtty-1" "the device is as it was"
echo 1 >"$SYS_BUS/$A/remove"

# EEXIST, by surprise
start_held_back "$A" mtty mtty-1
sys_create "$A" mdpy mdpy-hd
held_start_ended
is "$RC" 1 "it fails when the UUID came into use meanwhile"
like "$ERR" "Failed to create mdev $A, type mtty-1 on mtty" "the message"
like "$ERR" "File exists" "with the kernel's reason"
like "$ERR" "mdpy" "and where the UUID is in use"
is "$(sys_device "$A")" "mdpy mdpy-hd" "the other's device is not touched"
echo 1 >"$SYS_BUS/$A/remove"

# no instance: mdpy, where the core counts (EUSERS)
for i in 11 12 13; do
	sys_create "$(uuid $i)" mdpy mdpy-hd
done
start_held_back "$A" mdpy mdpy-vga
sys_create "$(uuid 14)" mdpy mdpy-hd
held_start_ended
is "$RC" 1 "it fails when the last instance went meanwhile"
like "$ERR" "Failed to create mdev $A, type mdpy-vga on mdpy" "the message"
like "$ERR" "Too many users" "with the kernel's reason"
like "$ERR" "instance" "told as what it is: no free instance"
check_not "nothing is left of it" sys_active "$A"
kernel_says "Too many users" "the kernel's own answer" "$A" mdpy mdpy-hd
expect_err 1 "No available instances of mdpy-hd on mdpy" "foreseen" \
	mdevctl start -u "$A" -p mdpy -t mdpy-hd
expect_err 1 "No available instances of mdpy-xga on mdpy" "foreseen for its sibling type" \
	mdevctl start -u "$A" -p mdpy -t mdpy-xga
fresh

# no instance: mtty, where the driver counts (ENOSPC)
for i in $(seq 11 21); do
	sys_create "$(uuid "$i")" mtty mtty-2
done
sys_create "$(uuid 22)" mtty mtty-1
is "$(sys_instances mtty mtty-2)" 0 "one port is left, too few for two"
kernel_says "No space left" "the driver's own answer" "$A" mtty mtty-2
expect_err 1 "No available instances of mtty-2 on mtty" "foreseen" \
	mdevctl start -u "$A" -p mtty -t mtty-2
start_held_back "$A" mtty mtty-1
sys_create "$(uuid 23)" mtty mtty-1
held_start_ended
is "$RC" 1 "it fails when the last port went meanwhile"
like "$ERR" "No space left on device" "with the driver's reason"
like "$ERR" "instance" "told as what it is: no free instance"
check_not "nothing is left of it" sys_active "$A"
fresh

# ENODEV: the registration ends under us
start_held_back "$A" mtty mtty-1
rmmod mtty
held_start_ended
is "$RC" 1 "it fails when the parent went meanwhile"
like "$ERR" "Failed to create mdev $A, type mtty-1 on mtty" "the message"
like "$ERR" "No such device" "with the kernel's reason"
expect_err 1 "Unable to find parent device 'mtty'" "start without the parent" \
	mdevctl start -u "$A" -p mtty -t mtty-1
expect_rc 0 "types without it" mdevctl types -p mtty
expect_quiet "define needs no parent" mdevctl define -u "$A" -p mtty -t mtty-1
load_modules mtty
expect_quiet "it starts when the parent is back" mdevctl start -u "$A"
# a device's own driver goes, and the device with it
rmmod mtty
expect_err 1 "Device $A is not an active mdev" "stop of a device that went with its parent" \
	mdevctl stop -u "$A"
expect_out "$A mtty mtty-1 manual" "list -d still has it" mdevctl list -d
load_modules mtty

# parents and types that are not there
expect_err 1 "Unable to find parent device 'nosuch'" "an unknown parent" \
	mdevctl start -u "$B" -p nosuch -t mtty-1
expect_err 1 "Did you mean 'mtty'?" "a parent in other case" \
	mdevctl start -u "$B" -p MTTY -t mtty-1
expect_err 1 "Parent mtty does not support mdev type mdpy-hd" "a type of another parent" \
	mdevctl start -u "$B" -p mtty -t mdpy-hd
expect_err 1 "Device is insufficiently specified" "no type" mdevctl start -u "$B" -p mtty
for name in .. . ../mtty /etc mtty/../mdpy scripts.d .hidden; do
	expect_rc 1 "define under the parent name $name is refused" \
		mdevctl define -u "$B" -p "$name" -t mtty-1
done
is "$(find /etc -name "$B")" "" "nothing was written anywhere"
for name in .. ../mtty /sys/class/mdev_bus/mtty; do
	expect_rc 1 "start under the parent name $name is refused" \
		mdevctl start -u "$B" -p "$name" -t mtty-1
done
expect_rc 1 "start of a type with a path in its name is refused" \
	mdevctl start -u "$B" -p mtty -t ../mdev_supported_types/mtty-1
check_not "nothing was created" sys_active "$B"
