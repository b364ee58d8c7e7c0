# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: systemd
# Debian 12's libvirt daemon drives us through its node device driver.
# shellcheck shell=bash source=tests/vm/lib.sh

A=$(uuid 1)
NODE=mdev_${A//-/_}_mtty

v() {
	timeout 60 virsh -q -c nodedev:///system "$@"
}

# within SECONDS DESC COMMAND...: libvirt hears of changes by events.
within() {
	local seconds=$1 desc=$2 out='' end

	end=$((SECONDS + seconds))
	shift 2
	while [ "$SECONDS" -lt "$end" ]; do
		if out=$("$@" 2>&1); then
			ok "$desc"
			return
		fi
		sleep 0.5
	done
	not_ok "$desc (within $seconds s)"
	diag "$*"
	diag "$out"
}

node_says() {	# TEXT: nodedev-info has this line
	v nodedev-info "$NODE" | tr -s ' ' | grep -qx "$1"
}

node_listed() {	# [OPTIONS]
	v nodedev-list "$@" | grep -qx "$NODE"
}

not() {
	! "$@"
}

systemctl start dbus.service
udevadm settle
is "$(readlink -f "$(command -v mdevctl)")" "$(readlink -f "$(command -v mdevmgr)")" \
	"mdevctl is our link"
# The other drivers want users and networks that this root does not have.
find /usr/lib/x86_64-linux-gnu/libvirt/connection-driver -name '*.so' ! -name '*nodedev*' -delete
libvirtd >/tmp/libvirtd.log 2>&1 &
within 60 "libvirtd answers" v nodedev-list
if ! v nodedev-list >/dev/null 2>&1; then
	diag "$(cat /tmp/libvirtd.log)"
	exit 1
fi
within 30 "it knows the parent" eval 'v nodedev-list | grep -qx mtty_mtty'
v nodedev-dumpxml mtty_mtty >/tmp/parent.xml
like "$(cat /tmp/parent.xml)" "<type id='mtty-1'>" "and its types"

cat >/tmp/dev.xml <<X
<device>
  <parent>mtty_mtty</parent>
  <capability type='mdev'>
    <type id='mtty-1'/>
    <uuid>$A</uuid>
    <attr name='power/control' value='on'/>
  </capability>
</device>
X
check "nodedev-define" v nodedev-define /tmp/dev.xml
is "$(tr -d ' \n' <"$ETC/mtty/$A")" \
	'{"mdev_type":"mtty-1","start":"manual","attrs":[{"power/control":"on"}]}' "our file"
within 30 "it is listed as inactive" node_listed --inactive
check_not "no device came of it" sys_active "$A"
within 10 "info: not active" node_says "Active: no"
check "nodedev-autostart" v nodedev-autostart "$NODE"
like "$(tr -d ' ' <"$ETC/mtty/$A")" '"start":"auto"' "auto is stored"
within 30 "info: autostart" node_says "Autostart: yes"
check "nodedev-autostart --disable" v nodedev-autostart "$NODE" --disable
like "$(tr -d ' ' <"$ETC/mtty/$A")" '"start":"manual"' "manual is stored"
v nodedev-autostart "$NODE"

check "nodedev-start" v nodedev-start "$NODE"
is "$(sys_device "$A")" "mtty mtty-1" "the kernel has it"
is "$(cat "$SYS_BUS/$A/power/control")" on "with its attribute"
within 30 "info: active" node_says "Active: yes"
within 30 "info: persistent" node_says "Persistent: yes"
within 30 "info: still autostart" node_says "Autostart: yes"
v nodedev-dumpxml "$NODE" >/tmp/node.xml
for text in "<uuid>$A</uuid>" "<type id='mtty-1'/>" "<parent>mtty_mtty</parent>" \
	"<path>/sys/devices/virtual/mtty/mtty/$A</path>" "<iommuGroup"; do
	like "$(cat /tmp/node.xml)" "$text" "dumpxml: $text"
done

# this libvirt has no redefinition: our refusal must reach the user
out=$(v nodedev-define /tmp/dev.xml 2>&1)
like "$out" "Cowardly refusing to overwrite existing config for mtty/$A" "nodedev-define again"

check "nodedev-destroy" v nodedev-destroy "$NODE"
check_not "the kernel has it no more" sys_active "$A"
within 30 "it is inactive again" node_says "Active: no"
check "the definition stays" test -f "$ETC/mtty/$A"
check "nodedev-undefine" v nodedev-undefine "$NODE"
check_not "our file is gone" test -e "$ETC/mtty/$A"
within 30 "libvirt forgets it" not node_listed --all

# a transient device
check "nodedev-create" v nodedev-create /tmp/dev.xml
is "$(sys_device "$A")" "mtty mtty-1" "the kernel has it"
check_not "nothing is stored" test -e "$ETC/mtty/$A"
within 30 "info: not persistent" node_says "Persistent: no"
check "nodedev-destroy" v nodedev-destroy "$NODE"
check_not "it is gone" sys_active "$A"
within 30 "libvirt forgets it" not node_listed --all

# without a UUID: libvirt takes it from our stdout
grep -v '<uuid>' /tmp/dev.xml >/tmp/nouuid.xml
out=$(timeout 60 virsh -c nodedev:///system nodedev-define /tmp/nouuid.xml 2>&1)
file=$(find "$ETC/mtty" -type f -printf '%f\n')
is "${#file}" 36 "define without a UUID stores one definition"
like "$out" "mdev_${file//-/_}_mtty" "under the name that libvirt reports"
check "undefine it" v nodedev-undefine "mdev_${file//-/_}_mtty"

# failures reach the user
sed 's/mtty-1/mtty-9/' /tmp/dev.xml >/tmp/bad.xml
out=$(v nodedev-create /tmp/bad.xml 2>&1)
like "$out" "mtty-9" "a failed create tells our reason"

# what we change, libvirt hears of
mdevctl define -u "$A" -p mtty -t mtty-2
within 30 "a definition of ours shows up" node_listed --inactive
mdevctl start -u "$A"
within 30 "and becomes active" node_says "Active: yes"
mdevctl stop -u "$A"
within 30 "and inactive" node_says "Active: no"
mkdir -p "$ETC/mtty"
echo '{' >"$ETC/mtty/$(uuid 9)"
mdevctl undefine -u "$A"
within 30 "a broken neighbour does not keep it from hearing" not node_listed --all
