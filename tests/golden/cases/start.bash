# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# start, stop and start-parent-mdevs. The tree does not react: a started device does not appear. Where attributes
# are to be written the device's directory is there already, without mdev_type, which counts as inactive.

fixture_start() {
	fixture_base
	halfmade "$UX" mtty a b sub/c d
	: >"$R/outside"
	echo '{"mdev_type":"mtty-1","start":"auto","attrs":[{"a":"1"},{"b":"2"}]}' >"$R/json/good"
	echo '{"mdev_type":"mtty-1","start":"auto"}' >"$R/json/plain"
	echo '{"mdev_type":"mtty-1"' >"$R/json/bad"
	echo '{"start":"auto"}' >"$R/json/invalid"
	mkdir "$R/json/dir"
	attr() { echo '{"mdev_type":"mtty-1","start":"auto","attrs":['"$2"']}' >"$R/json/$1"; }
	attr missing '{"a":"1"},{"nosuch":"2"},{"b":"3"}'
	attr sub '{"sub/c":"1"}'
	attr sub-missing '{"sub/x":"1"}'
	attr directory '{"sub":"1"}'
	attr dots '{"../../../../../../outside":"1"}'
	attr dots-inside '{"sub/../a":"1"}'
	attr dot '{"./a":"1"}'
	attr absolute '{"'"$R"'/outside":"1"}'
	attr double '{"sub//c":"1"}'
	attr trailing '{"a/":"1"}'
	attr empty-value '{"a":""},{"b":"x"}'
	attr empty-name '{"":"1"}'
	attr remove '{"remove":"1"}'
	attr uevent '{"uevent":"add"}'
	attr again '{"a":"1"},{"a":"2"},{"a":"3"}'
	attr newline '{"a":"1\n"}'
	attr utf8 '{"a":"é"}'
	attr driver '{"mdev_type/create":"1"}'
}
use start
t defined start -u "$UA" -p mtty
t defined-type start -u "$UA" -p mtty -t mtty-1
t defined-other-type start -u "$UA" -p mtty -t mtty-2
t ambiguous start -u "$U5"
t ambiguous-parent start -u "$U5" -p mtty
t ambiguous-type start -u "$U5" -t mtty-2
t not-registered start -u "$U5" -p gone
t transient start -u "${U1%a}f" -p mtty -t mtty-1
t transient-generated start -p mtty -t mtty-1
t transient-force start -u "${U1%a}f" -p mtty -t mtty-1 -f
t elsewhere start -u "$U5" -p "$PC" -t vfio_ccw-io
t elsewhere-no-type start -u "$U5" -p "$PC"
t uuid-only start -u "${U1%a}f"
t uuid-type start -u "${U1%a}f" -t mtty-1
t uuid-parent start -u "${U1%a}f" -p mtty
t parent-only start -p mtty
t parent-type-other-case start -u "${U1%a}f" -p "${PB^^}" -t nvidia-222
t css-other-case start -u "${U1%a}f" -p "${PC^^}" -t vfio_ccw-io
t parent-empty start -u "${U1%a}f" -p '' -t mtty-1
t parent-dots start -u "${U1%a}f" -p ../mdev_bus/mtty -t mtty-1
t parent-slash start -u "${U1%a}f" -p mtty/ -t mtty-1
t type-dots start -u "${U1%a}f" -p mtty -t ../mdev_supported_types/mtty-1
t type-empty start -u "${U1%a}f" -p mtty -t ''
t type-dot start -u "${U1%a}f" -p mtty -t .
t no-such-parent start -u "${U1%a}f" -p nosuch -t mtty-1
t no-such-type start -u "${U1%a}f" -p mtty -t nosuch
t type-by-name start -u "${U1%a}f" -p mtty -t 'Dual port serial'
t no-instances start -u "${U1%a}f" -p "$PB" -t nvidia-223
t negative-instances start -u "${U1%a}f" -p "$PB" -t nvidia-neg
t plus-instances start -u "${U1%a}f" -p "$PA" -t i915-GVTg_V5_8
t empty-parent start -u "${U1%a}f" -p empty -t x
t active start -u "$U1"
t active-parent start -u "$U1" -p "$PA"
t active-transient start -u "$U2"
t active-transient-same start -u "$U2" -p "$PA" -t i915-GVTg_V5_4
t active-transient-parent start -u "$U2" -p "$PA"
t active-transient-type start -u "$U2" -t i915-GVTg_V5_4
t active-other-type start -u "$U2" -p "$PA" -t i915-GVTg_V5_8
t active-other-parent start -u "$U2" -p mtty -t mtty-1
t active-other-parent-defined start -u "$UA" -p mtty -f
t active-json start -u "$U2" -p "$PA" --jsonfile json/plain
t upper-uuid start -u "${UA^^}" -p "$PC" -t vfio_ccw-io
t json start -u "$UX" -p mtty --jsonfile json/good
t json-plain start -u "${U1%a}f" -p mtty --jsonfile json/plain
t json-generated start -p mtty --jsonfile json/plain
t json-generated-attr start -p mtty --jsonfile json/good
t json-defined start -u "$U5" -p mtty --jsonfile json/plain
t json-noparent start -u "$UX" --jsonfile json/good
t json-none start -u "$UX" --jsonfile json/none
t json-none-parent start -u "$UX" -p mtty --jsonfile json/none
t json-dir start -u "$UX" -p mtty --jsonfile json/dir
t json-bad start -u "$UX" -p mtty --jsonfile json/bad
t json-bad-noparent start -u "$UX" --jsonfile json/bad
t json-invalid start -u "$UX" -p mtty --jsonfile json/invalid
t json-invalid-noparent start -u "$UX" --jsonfile json/invalid
t json-type start -u "$UX" -p mtty -t x --jsonfile json/good
in='{"mdev_type":"mtty-1","start":"manual","attrs":[{"a":"é\n"}]}'
t json-stdin start --parent=mtty --jsonfile=/dev/stdin --uuid="$UX"
in='{"mdev_type":"mtty-1","start":"manual"}'; t json-stdin-generated start --parent=mtty --jsonfile=/dev/stdin
in='{"mdev_type":"mtty-1"'; t json-stdin-bad start --parent=mtty --jsonfile=/dev/stdin
for a in missing sub sub-missing directory dots dots-inside dot absolute double trailing empty-value empty-name remove \
	uevent again newline utf8 driver; do
	t "attr-$a" start -u "$UX" -p mtty --jsonfile "json/$a"
done

fixture_start_bad() {
	fixture_start
	echo many >"$R/sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-1/available_instances"
	: >"$R/sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/available_instances"
	rm "$R/sys/devices/${DEVPATH[$PC]}/mdev_supported_types/vfio_ccw-io/available_instances"
	echo 99999999999 >"$R/sys/devices/${DEVPATH[$PB]}/mdev_supported_types/nvidia-222/available_instances"
	rm "$R/sys/devices/${DEVPATH[$PA]}/mdev_supported_types/i915-GVTg_V5_8/create"
	mkdir "$R/sys/devices/${DEVPATH[$PA]}/mdev_supported_types/i915-GVTg_V5_8/create"
	parent x; rmdir "$R/sys/devices/virtual/x/x/mdev_supported_types"
	: >"$R/sys/devices/virtual/mtty/mtty/mdev_supported_types/file"
	ln -s mtty-1 "$R/sys/devices/virtual/mtty/mtty/mdev_supported_types/link"
}
use start_bad
t instances-word start -u "${U1%a}f" -p mtty -t mtty-1
t instances-empty start -u "${U1%a}f" -p mtty -t mtty-2
t instances-none start -u "${U1%a}f" -p "$PC" -t vfio_ccw-io
t instances-big start -u "${U1%a}f" -p "$PB" -t nvidia-222
t create-directory start -u "${U1%a}f" -p "$PA" -t i915-GVTg_V5_8
t create-directory-generated start -p "$PA" -t i915-GVTg_V5_8
t parent-without-types start -u "${U1%a}f" -p x -t y
t type-is-file start -u "${U1%a}f" -p mtty -t file
t type-is-link start -u "${U1%a}f" -p mtty -t link

fixture_start_weak() {
	fixture_start
	chmod 000 "$R/sys/devices/virtual/mtty/mtty/$UX/b"
	chmod 444 "$R/sys/devices/${DEVPATH[$PC]}/mdev_supported_types/vfio_ccw-io/create"
	chmod 444 "$R/sys/devices/${DEVPATH[$PA]}/$U2/remove"
}
use start_weak
weak=1; t attr-denied start -u "$UX" -p mtty --jsonfile json/good
weak=1; t create-denied start -u "${U1%a}f" -p "$PC" -t vfio_ccw-io
weak=1; t remove-denied stop -u "$U2"

use start
t stop stop -u "$U1"
t stop-undefined stop -u "$U2"
t stop-force stop -u "$U2" --force
t stop-upper stop -u "${UA^^}"
t stop-inactive stop -u "$U5"
t stop-unknown stop -u "${U1%a}f"
t stop-halfmade stop -u "$UX"
fixture_stop_odd() { fixture_start; rm "$R/sys/devices/${DEVPATH[$PA]}/$U2/remove"; untype "$U1" "$PA" i915-GVTg_V5_4; mkdir "$R/sys/devices/css0/$PC/$U3/x"; rm "$R/sys/devices/css0/$PC/$U3/remove"; mkdir "$R/sys/devices/css0/$PC/$U3/remove"; }
use stop_odd
t stop-no-remove stop -u "$U2"
t stop-no-type stop -u "$U1"
t stop-remove-directory stop -u "$U3"
t list-no-type list
t list-no-type-json list --dumpjson
t list-d-no-type list -d

fixture_parents() {
	fixture_base
	rm -r "$R/etc/mdevctl.d"/*
	defined "$U5" mtty mtty-1 auto
	defined "$UX" "$PC" vfio_ccw-io manual
	defined "$U1" "$PA" i915-GVTg_V5_4 auto
	defined "$U4" empty nosuch auto
	defined "$UX" gone t1 auto
	defined "$U3" "$PB" nvidia-222 auto a b
	rawdef "$U2" matrix '{broken'
	mkdir "$R/etc/mdevctl.d/0.0.0001"
}
use parents
t parent start-parent-mdevs mtty
t parent-manual start-parent-mdevs "$PC"
t parent-active start-parent-mdevs "$PA"
t parent-fails start-parent-mdevs empty
t parent-gone start-parent-mdevs gone
t parent-attr start-parent-mdevs "$PB"
t parent-broken start-parent-mdevs matrix
t parent-no-definitions start-parent-mdevs 0.0.0001
t parent-unknown start-parent-mdevs nosuch
t parent-case start-parent-mdevs "${PB^^}"
t parent-name-empty start-parent-mdevs ''
t parent-name-dots start-parent-mdevs ../mdevctl.d/mtty
t parent-none start-parent-mdevs
t parent-two start-parent-mdevs mtty mtty
t parent-option start-parent-mdevs -p mtty
t parent-dashes start-parent-mdevs -- mtty
