# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# types: the standard tree, and parents and types that are not as they should be.

use base
t all types
t all-json types --dumpjson
for p in "$PA" "$PB" "$PC" matrix mtty empty nosuch ''; do
	t "parent_$p" types -p "$p"
	t "parent_${p}_json" types --parent="$p" --dumpjson
done
t upper types -p "${PB^^}"

fixture_nothing() { :; }
use nothing
t none types
t none-json types --dumpjson

fixture_nosys() { rm -r "$R/sys"; }
use nosys
t nosys types
t nosys-json types --dumpjson
t nosys-list list
t nosys-list-json list --dumpjson
t nosys-list-d list -d

fixture_texts() {
	parent mtty
	type_ mtty blanks ' 7 ' $'\tvfio-pci  ' '  name with blanks  ' $'  first\nsecond  \n\n\tthird\n\n'
	type_ mtty empties 1 '' '' ''
	type_ mtty utf8 1 vfio-pci 'Größe "4" \ / é' $'π\nσ'
	type_ mtty control 1 $'a\tb' $'n\x01\x1f\x7fm' $'x\ry'
	type_ mtty 'name with blank' 1 vfio-pci
	type_ mtty "$(printf 'new\nline')" 1 vfio-pci
	type_ mtty huge 2147483647 vfio-pci
	type_ mtty low -2147483648 vfio-pci
	type_ mtty zeros 007 vfio-pci
	type_ mtty crlf $'3\r' $'vfio-pci\r'
	: >"$R/sys/devices/virtual/mtty/mtty/mdev_supported_types/file"
	ln -s blanks "$R/sys/devices/virtual/mtty/mtty/mdev_supported_types/link"
	ln -s nowhere "$R/sys/devices/virtual/mtty/mtty/mdev_supported_types/dangling"
}
use texts
t texts types
t texts-json types --dumpjson

# One broken thing each, beside a good parent.
good() { parent "$PA"; type_ "$PA" t1 5 vfio-pci n d; parent mtty; type_ mtty a1 1 vfio-pci; }
fixture_noavailable() { good; type_ mtty t2 1 vfio-pci; rm "$R"/sys/devices/virtual/mtty/mtty/mdev_supported_types/t2/available_instances; }
fixture_noapi() { good; type_ mtty t2 1 vfio-pci; rm "$R"/sys/devices/virtual/mtty/mtty/mdev_supported_types/t2/device_api; }
fixture_badnumber() { good; type_ mtty t2 many vfio-pci; }
fixture_emptynumber() { good; type_ mtty t2 '' vfio-pci; }
fixture_bignumber() { good; type_ mtty t2 2147483648 vfio-pci; }
fixture_notypes() { good; parent zz; rmdir "$R"/sys/devices/virtual/zz/zz/mdev_supported_types; }
fixture_danglingparent() { good; ln -s ../../devices/virtual/nowhere "$R"/sys/class/mdev_bus/zz; }
fixture_latin1() { good; type_ mtty t2 1 vfio-pci $'caf\xe9'; }
fixture_latin1desc() { good; type_ mtty t2 1 vfio-pci x $'caf\xe9'; }
fixture_latin1api() { good; type_ mtty t2 1 $'caf\xe9'; }
fixture_namedir() { good; type_ mtty t2 1 vfio-pci; mkdir "$R"/sys/devices/virtual/mtty/mtty/mdev_supported_types/t2/name; }
fixture_latin1parent() { good; parent $'caf\xe9'; }
fixture_latin1type() { good; type_ mtty $'caf\xe9' 1 vfio-pci; }
fixture_fileparent() { good; : >"$R"/sys/class/mdev_bus/zz; }
fixture_dirparent() { good; mkdir -p "$R"/sys/class/mdev_bus/zz/mdev_supported_types/t9; echo 1 >"$R"/sys/class/mdev_bus/zz/mdev_supported_types/t9/available_instances; echo a >"$R"/sys/class/mdev_bus/zz/mdev_supported_types/t9/device_api; }
for f in noavailable noapi badnumber emptynumber bignumber notypes danglingparent latin1 latin1desc latin1api namedir \
	latin1parent latin1type fileparent dirparent; do
	use $f
	t $f types
	t $f-json types --dumpjson
	t $f-other types -p "$PA"
	t $f-list list
done
