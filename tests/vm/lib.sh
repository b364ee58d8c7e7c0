# SPDX-License-Identifier: LGPL-2.1-or-later
# For the scripts that run inside a test VM: installing what is under test,
# loading drivers, a clean state, and TAP.
# shellcheck shell=bash disable=SC2034

SYS_BUS=/sys/bus/mdev/devices
SYS_PARENTS=/sys/class/mdev_bus
ETC=/etc/mdevctl.d
# Seconds after which a command under test counts as hung.
LIMIT=60
TAP_N=0
OUT='' ERR='' RC=0

# install_tree DIR: lay a DESTDIR tree over this root. /lib is a link here.
install_tree() {
	tar -C "$1" -c . | tar -C / -x --no-same-owner --keep-directory-symlink
}

# boot_like_a_host: before init runs, let it boot to multi-user.target, and let that be
# reached while the test's script runs.
boot_like_a_host() {
	mkdir -p /etc/systemd/system/multi-user.target.wants /etc/systemd/system/vm.service.d
	ln -s ../vm.service /etc/systemd/system/multi-user.target.wants/
	printf '%s\n' '[Service]' 'Type=exec' >/etc/systemd/system/vm.service.d/exec.conf
	ln -s /dev/null /etc/systemd/system/getty.target
}

# shut_down: as an administrator does it; never returns. The script has succeeded then.
shut_down() {
	echo 0 >/mnt/ctl/status
	systemctl --no-block poweroff
	sleep infinity
}

load_modules() {
	local m

	for m in "$@"; do
		grep -q "^$m " /proc/modules || insmod "/opt/m/$m.ko" || return 1
	done
}

# ---- TAP ----------------------------------------------------------------------------

diag() {
	local line

	while IFS= read -r line; do
		printf '#   %s\n' "$line"
	done <<<"$*"
}

ok() {
	TAP_N=$((TAP_N + 1))
	echo "ok - $*"
}

not_ok() {
	TAP_N=$((TAP_N + 1))
	echo "not ok - $*"
}

# done_testing: the case's last words. Without them it counts as failed.
done_testing() {
	echo "1..$TAP_N"
}

# is GOT WANT DESC
is() {
	if [ "$1" = "$2" ]; then
		ok "$3"
		return
	fi
	not_ok "$3"
	diag "got:"$'\n'"$1"
	diag "wanted:"$'\n'"$2"
}

# like TEXT SUBSTRING DESC
like() {
	case $1 in
	*"$2"*)
		ok "$3"
		return
		;;
	esac
	not_ok "$3"
	diag "in:"$'\n'"$1"
	diag "not found: $2"
}

# check DESC COMMAND...: the command succeeds.
check() {
	local desc=$1 out

	shift
	if out=$("$@" 2>&1); then
		ok "$desc"
		return
	fi
	not_ok "$desc"
	diag "$*"
	diag "$out"
}

# check_not DESC COMMAND...: the command fails.
check_not() {
	local desc=$1

	shift
	if "$@" >/dev/null 2>&1; then
		not_ok "$desc"
		diag "succeeded: $*"
		return
	fi
	ok "$desc"
}

# run COMMAND...: leaves RC, OUT and ERR.
run() {
	local err

	err=$(mktemp)
	RC=0
	OUT=$(timeout -k 5 "$LIMIT" "$@" 2>"$err") || RC=$?
	ERR=$(cat "$err")
	rm -f "$err"
}

diag_run() {
	diag "$*"
	diag "exit status $RC"
	[ -z "$OUT" ] || diag "stdout: $OUT"
	[ -z "$ERR" ] || diag "stderr: $ERR"
}

# expect_rc RC DESC COMMAND...: leaves OUT and ERR.
expect_rc() {
	local want=$1 desc=$2

	shift 2
	run "$@"
	if [ "$RC" = "$want" ]; then
		ok "$desc"
		return
	fi
	not_ok "$desc (exit status $want)"
	diag_run "$@"
}

# expect_quiet DESC COMMAND...: succeeds and prints nothing at all.
expect_quiet() {
	local desc=$1

	shift
	run "$@"
	if [ "$RC" = 0 ] && [ -z "$OUT$ERR" ]; then
		ok "$desc"
		return
	fi
	not_ok "$desc (exit status 0, no words)"
	diag_run "$@"
}

# expect_out TEXT DESC COMMAND...: succeeds, and stdout is TEXT.
expect_out() {
	local want=$1 desc=$2

	shift 2
	run "$@"
	if [ "$RC" = 0 ] && [ "$OUT" = "$want" ]; then
		ok "$desc"
		return
	fi
	not_ok "$desc"
	diag_run "$@"
	diag "wanted:"$'\n'"$want"
}

# expect_err RC SUBSTRING DESC COMMAND...: fails with RC, says SUBSTRING on stderr
# in a line of its own kind, and prints nothing on stdout.
expect_err() {
	local want=$1 text=$2 desc=$3

	shift 3
	run "$@"
	if [ "$RC" = "$want" ] && [ -z "$OUT" ] && [[ $ERR == *"$text"* ]]; then
		ok "$desc"
		return
	fi
	not_ok "$desc (exit status $want, \"$text\")"
	diag_run "$@"
}

# kernel_is_whole: says what it did not survive, since boot.
kernel_is_whole() {
	local words

	words=$(dmesg | grep -A 30 -E 'BUG: |Oops|Unable to handle|Call Trace') || return 0
	not_ok "the kernel is whole"
	diag "$words"
	dmesg -C
}

# ---- mdevs, by the kernel's own files ---------------------------------------------------

# sys_create UUID PARENT TYPE: as an administrator without any tool.
sys_create() {
	printf %s "$1" >"$SYS_PARENTS/$2/mdev_supported_types/$3/create"
}

sys_active() {
	[ -e "$SYS_BUS/$1" ]
}

# sys_device UUID: "PARENT TYPE" as the kernel has it.
sys_device() {
	local dir

	dir=$(readlink -f "$SYS_BUS/$1") || return 1
	echo "$(basename "$(dirname "$dir")") $(basename "$(readlink -f "$dir/mdev_type")")"
}

sys_instances() {	# PARENT TYPE
	cat "$SYS_PARENTS/$1/mdev_supported_types/$2/available_instances"
}

sys_count() {
	find "$SYS_BUS" -mindepth 1 | wc -l
}

# ---- parents on demand: tests/kmod/README.md ------------------------------------------------

KMOD=/dev/mdevmgr_test

# kmod COMMAND: one of the module's commands; fails with its errno as a message.
kmod() {
	printf '%s\n' "$*" >"$KMOD"
}

# kmod_parent NAME KEY: what the module tells of a parent (live, attempts, held_create, ...).
kmod_parent() {
	awk -v name="$1" -v key="$2" '$1 == "parent" && $2 == name {
		for (i = 3; i <= NF; i++)
			if (index($i, key "=") == 1)
				print substr($i, length(key) + 2)
	}' "$KMOD"
}

# kmod_is NAME KEY VALUE: for wait_for.
kmod_is() {
	[ "$(kmod_parent "$1" "$2")" = "$3" ]
}

# kmod_created PARENT UUID: successful creates in each of its registrations, "1:1 2:1".
kmod_created() {
	awk -v name="$1" -v uuid="$2" '$1 == "device" && $2 == name && $4 == uuid {
		printf "%s%s:%s", sep, $3, substr($6, length("created=") + 1)
		sep = " "
	}' "$KMOD"
}

# kmod_twice: what was successfully created more than once in one registration.
kmod_twice() {
	awk '$1 == "device" && substr($6, length("created=") + 1) > 1' "$KMOD"
}

# ---- waiting --------------------------------------------------------------------------------

# wait_for SECONDS COMMAND...: until it succeeds; fails when it never did.
wait_for() {
	local end=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# wait_for_not SECONDS COMMAND...: until it fails.
wait_for_not() {
	local end=$((SECONDS + $1))

	shift
	while "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# forget_kmod: all its parents go, and what hangs in it.
forget_kmod() {
	local name

	[ -e "$KMOD" ] || return 0
	while read -r name; do
		kmod release "$name"
	done < <(awk '$1 == "parent" { print $2 }' "$KMOD")
	wait_for 60 rmmod mdevmgr_test
}

# sys_define PARENT UUID TYPE START [ATTRIBUTE]: a definition as a file; ATTRIBUTE as JSON.
sys_define() {
	mkdir -p "$ETC/$1"
	printf '{ "mdev_type": "%s", "start": "%s", "attrs": [ %s ] }\n' "$3" "$4" "${5:-}" >"$ETC/$1/$2"
}

# make_holder FILE: the program FILE device|group UUID. It opens the device through its group
# and a container (include/uapi/linux/vfio.h), or the group alone, read-only, as libvirtd does
# while it calls us; then it writes its pid to /tmp/held.UUID. It answers the kernel's request
# to let go by not listening.
make_holder() {
	cat >"$1" <<-'P'
		use Fcntl;
		my ($what, $uuid) = @ARGV;
		my ($number) = readlink("/sys/bus/mdev/devices/$uuid/iommu_group") =~ m{([0-9]+)$} or die;
		my ($group, $container, $fd);
		if ($what eq "group") {
			sysopen($group, "/dev/vfio/$number", O_RDONLY) or die "group: $!";
		} else {
			sysopen($container, "/dev/vfio/vfio", O_RDWR) or die "container: $!";
			sysopen($group, "/dev/vfio/$number", O_RDWR) or die "group: $!";
			ioctl($group, 0x3b68, pack("i", fileno($container))) or die "VFIO_GROUP_SET_CONTAINER: $!";
			ioctl($container, 0x3b66, 1) or die "VFIO_SET_IOMMU: $!";
			$fd = ioctl($group, 0x3b6a, "$uuid\0") or die "VFIO_GROUP_GET_DEVICE_FD: $!";
		}
		open(my $out, ">", "/tmp/held.$uuid") or die;
		print $out "$$\n";
		close($out);
		sleep 600;
	P
}

# fresh: modules loaded, no device, no definition, no parent but the samples'.
fresh() {
	local d

	# A daemon that a case left behind, and what it remembers.
	rm -f /tmp/daemon.on
	[ ! -s /tmp/daemon.pid ] || kill "$(cat /tmp/daemon.pid)"
	wait_for 60 test ! -e /tmp/daemon.pid
	[ -d /run/systemd/system ] || rm -rf /run/mdevmgr /etc/mdevmgr
	forget_kmod
	load_modules vfio mdev mtty mdpy
	for d in "$SYS_BUS"/*; do
		[ ! -e "$d/remove" ] || echo 1 >"$d/remove"
	done
	[ ! -d "$ETC" ] || find "$ETC" -mindepth 1 -delete
}

# uuid N: the Nth test UUID.
uuid() {
	printf '83b8f4f2-509f-482f-81e3-%012x' "$1"
}
