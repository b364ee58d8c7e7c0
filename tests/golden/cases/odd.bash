# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# list on trees that are not as they should be: foreign files, odd names, links, strange sysfs entries.

listings() {
	t "$1" list
	t "$1-v" list -v
	t "$1-json" list --dumpjson
	t "$1-d" list -d
	t "$1-dv" list -dv
	t "$1-djson" list -d --dumpjson
	t "$1-djson-u" list -d --dumpjson -u "$U1"
	t "$1-dp" list -d -p mtty
	t "$1-types" types
}

fixture_empty() { :; }
use empty
listings empty

fixture_foreign() {
	fixture_base
	local d=$R/etc/mdevctl.d

	: >"$d/plain"
	rawdef README mtty 'text'
	rawdef "$U1.bak" mtty '{"mdev_type":"t","start":"auto"}'
	rawdef ".$U1" mtty '{"mdev_type":"t","start":"auto"}'
	rawdef "$U1~" mtty '{'
	defined "$U1" .hidden t1 manual
	mkdir -p "$d/mtty/$U2" "$d/mtty/subdir" "$d/emptydir" "$d/scripts.d/callouts"
	: >"$d/scripts.d/file"
	defined "$U2" scripts.d t1 manual
	mkfifo "$d/mtty/$U3"
	ln -s "$U5" "$d/mtty/$U4"
	ln -s nowhere "$d/mtty/$UX"
	ln -s mtty "$d/linked"
}
use foreign
listings foreign

fixture_names() {
	fixture_base
	defined "$U1" "a b" t1 auto
	defined "$U1" $'new\nline' t1 auto
	defined "$U1" $'ctl\x01\x7f' "t'x" auto
	defined "$U1" $'é"\\' t1 auto
	defined "$U1" A t1 auto
	defined "$U1" -dash t1 auto
	rawdef "$U2" mtty '{"mdev_type":" two words\\n","start":"manual","attrs":[{"a b":"c\\nd"},{"":""},{"x":"{\\"q\\"}"}]}'
}
use names
listings names

fixture_spellings() {
	fixture_base
	defined "${UA^^}" "$PB" nvidia-222 auto
	defined "${U1//-/}" mtty mtty-1 auto
	defined "{$U2}" mtty mtty-1 auto k v
	defined "urn:uuid:$U3" mtty mtty-1 auto
}
use spellings
listings spellings
for u in "$UA" "$U1" "$U2" "$U3"; do
	t "spelling-list-$u" list -d -u "$u" --dumpjson
	t "spelling-modify-$u" modify -u "$u" -p mtty --manual
	t "spelling-undefine-$u" undefine -u "$u" -p mtty
	t "spelling-start-$u" start -u "$u" -p mtty
done

fixture_notutf8() { fixture_base; defined $'caf\xe9' mtty mtty-1 auto; }
use notutf8
t notutf8-d list -d
t notutf8 list
fixture_notutf8_dir() { fixture_base; defined "$U1" $'caf\xe9' mtty-1 auto; }
use notutf8_dir
t notutf8-dir-d list -d
t notutf8-dir list
t notutf8-dir-dp list -d -p mtty

fixture_one_broken() { fixture_base; rawdef "$UX" "$PA" '{"mdev_type":'; }
use one_broken
listings one-broken
t one-broken-other-parent list -d -p "$PC"
t one-broken-its-parent list -d -p "$PA"
t one-broken-u list -d -u "$UX"
t one-broken-start-parent start-parent-mdevs "$PA"
t one-broken-modify modify -u "$UX" -a
t one-broken-define define -u "$UX" -p "$PA" -t x
t one-broken-start start -u "$UX"
t one-broken-start-p start -u "$UX" -p "$PA" -t i915-GVTg_V5_8
t one-broken-replace modify -u "$UX" -p "$PA" --jsonfile "$R/etc/mdevctl.d/$PA/$U1"
fixture_broken_active() { fixture_base; rawdef "$U1" "$PA" '{"mdev_type":'; rawdef "$U3" "$PC" ''; }
use broken_active
listings broken-active

fixture_sysfs() {
	fixture_base
	local b=$R/sys/bus/mdev/devices

	: >"$b/file"
	mkdir "$b/notuuid"
	ln -s ../../../devices/virtual/mtty/mtty/nowhere "$b/$U5"
	ln -s "../../../devices/${DEVPATH[$PA]}/$U1" "$b/${UX^^}"
	mkdir "$b/88888888-0000-0000-8000-000000000000"
	: >"$b/88888888-0000-0000-8000-000000000001"
	ln -s ../../../devices/virtual/mtty/mtty/mdev_supported_types/mtty-1 "$b/88888888-0000-0000-8000-000000000002"
	device 88888888-0000-0000-8000-000000000003 mtty mtty-1
	untype 88888888-0000-0000-8000-000000000003 mtty mtty-1
	: >"$R/sys/devices/virtual/mtty/mtty/88888888-0000-0000-8000-000000000003/mdev_type"
	device 88888888-0000-0000-8000-000000000004 mtty mtty-1
	untype 88888888-0000-0000-8000-000000000004 mtty mtty-1
	ln -s nowhere "$R/sys/devices/virtual/mtty/mtty/88888888-0000-0000-8000-000000000004/mdev_type"
	device 88888888-0000-0000-8000-000000000005 mtty mtty-1
	rm "$R/sys/devices/virtual/mtty/mtty/88888888-0000-0000-8000-000000000005"/{driver,subsystem,remove}
}
use sysfs
listings sysfs

# Devices defined elsewhere, with another type, under two parents.
fixture_mixed() {
	fixture_base
	defined "$U2" "$PA" i915-GVTg_V5_8 auto k v
	defined "$U2" "$PC" vfio_ccw-io auto
	defined "$U1" mtty mtty-1 manual
	device 88888888-0000-0000-8000-000000000003 mtty mtty-1
	device 08888888-0000-0000-8000-000000000003 mtty mtty-2
	device f8888888-0000-0000-8000-000000000003 mtty mtty-1
	defined f8888888-0000-0000-8000-000000000003 mtty mtty-1 manual a b
	defined 08888888-0000-0000-8000-000000000003 mtty mtty-1 auto
}
use mixed
listings mixed
t mixed-u list -d -u "$U2" --dumpjson
t mixed-u-v list -v -u "$U2"
