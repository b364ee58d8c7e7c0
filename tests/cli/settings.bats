#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016
# mdevmgr.conf, as far as the command line obeys it. Its syntax is tested in tests/unit/test-settings.c.

load lib

fixture() {
	parent mtty; type_ mtty t1 5 vfio-pci
	defined "$U1" mtty t1 manual
	conf=etc/mdevmgr/mdevmgr.conf
	mkdir -p "$R/etc/mdevmgr/mdevmgr.conf.d"
}

@test "a script that takes longer than CalloutTimeoutSec= is stopped" {
	script callouts c.sh "$UNVERSIONED"$'\nsleep 600'
	printf '[Limits]\nCalloutTimeoutSec=1s\n' >"$R/$conf.d/short.conf"
	run --separate-stderr timeout 60 mdevmgr undefine -u "$U1"
	[[ $status == 1 && $stderr == *c.sh*'no end within 1 s, killed'* ]]
	[ -e "$R/etc/mdevctl.d/mtty/$U1" ]
}

@test "a mistake is told with file and line, and nothing else changes" {
	printf '# mine\n[Limits]\nCallTimeoutSec=1s\n' >"$R/$conf"
	try modify -u "$U1" --auto
	warns "$R/$conf:3: unknown key 'CallTimeoutSec' in section [[]Limits]"
	definition "$U1" mtty t1 auto
}

@test "what only reads does not read the settings" {
	echo nonsense >"$R/$conf"
	for args in list 'list -d' types "show -u $U1" verify --version help; do
		# shellcheck disable=SC2086
		try $args
		succeeds
	done
}

@test "settings that cannot be read do not stop a change" {
	mkdir "$R/$conf"
	try undefine -u "$U1"
	warns "Cannot read the settings in $R/$conf: "
	no_file "etc/mdevctl.d/mtty/$U1"
}
