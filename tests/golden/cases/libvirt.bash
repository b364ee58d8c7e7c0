# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# What libvirt runs, in the order of a device's life, each on the tree that the one before left; JSON on a pipe.

# Before every generated UUID, so that the order of the lists is always the same.
RUNNING=00000000-0003-0000-8000-00000000000c
fixture_libvirt() {
	parent "$PC"; type_ "$PC" vfio_ccw-io 4 vfio-ccw 'I/O subchannel (Non-QDIO)'
	parent matrix; type_ matrix vfio_ap-passthrough 65536 vfio-ap 'VFIO AP Passthrough Device'
	halfmade "$U4" matrix assign_adapter assign_domain
	device "$RUNNING" "$PC" vfio_ccw-io
}
use libvirt
ap='{"mdev_type":"vfio_ap-passthrough","start":"manual","attrs":[{"assign_adapter":"0x02"},{"assign_domain":"0x2a"},{"assign_adapter":"5"}]}'
ap2='{"mdev_type":"vfio_ap-passthrough","start":"manual","attrs":[{"assign_adapter":"3"}]}'
ccw='{"mdev_type":"vfio_ccw-io","start":"auto"}'
t 01-list-defined list --dumpjson --defined
keep=1; t 02-list list --dumpjson
keep=1 in=$ap; t 03-define define --parent=matrix --jsonfile=/dev/stdin --uuid="$U4"
keep=1; t 04-list-defined list --dumpjson --defined
keep=1; t 05-list list --dumpjson
keep=1; t 06-start start --uuid="$U4"
keep=1 in=$ccw; t 07-define-generated define --parent="$PC" --jsonfile=/dev/stdin
keep=1 in=$ccw; t 08-define-running define --parent="$PC" --jsonfile=/dev/stdin --uuid="$RUNNING"
keep=1; t 09-list list --dumpjson
keep=1; t 10-autostart modify --uuid "$U4" --auto
keep=1; t 11-list-defined list --dumpjson --defined
keep=1 in=$ap2; t 12-redefine modify --parent=matrix --jsonfile=/dev/stdin --uuid="$U4" --defined
keep=1; t 13-list-defined list --dumpjson --defined
keep=1; t 14-probe modify --defined --live --jsonfile b --help
keep=1 in=$ccw; t 15-update-live modify --parent="$PC" --jsonfile=/dev/stdin --uuid="$RUNNING" --live
keep=1 in=$ccw; t 16-update-both modify --parent="$PC" --jsonfile=/dev/stdin --uuid="$RUNNING" --defined --live
keep=1 in=$ccw; t 17-update modify --parent="$PC" --jsonfile=/dev/stdin --uuid="$RUNNING"
keep=1; t 18-manual modify --uuid "$RUNNING" --manual
keep=1; t 19-stop stop --uuid="$RUNNING"
keep=1; t 20-stop-inactive stop --uuid="$U4"
keep=1; t 21-undefine undefine --uuid="$U4"
keep=1; t 22-undefine-again undefine --uuid="$U4"
keep=1; t 23-undefine-active undefine --uuid="$RUNNING"
keep=1; t 24-list-defined list --dumpjson --defined -p matrix
keep=1 in=$ap; t 25-create start --parent=matrix --jsonfile=/dev/stdin --uuid="$U4"
keep=1 in=$ccw; t 26-create-generated start --parent="$PC" --jsonfile=/dev/stdin
keep=1 in=$ccw; t 27-create-running start --parent="$PC" --jsonfile=/dev/stdin --uuid="$RUNNING"
keep=1 in=$ccw; t 28-define-no-parent define --parent=0.0.9999 --jsonfile=/dev/stdin --uuid="$UX"
keep=1; t 29-list list --dumpjson
