#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# lsmdev: list without a verb

load lib

@test "lsmdev is list" {
	for args in '' -d -v -dv --dumpjson '-d --dumpjson' "-u $U1" "-p $PA" "-d -u $U5"; do
		# shellcheck disable=SC2086
		try_as lsmdev $args
		succeeds
		expected=$output
		# shellcheck disable=SC2086
		try_as mdevctl list $args
		succeeds
		prints "$expected"
	done
}

@test "every name that ends so is lsmdev" {
	ln -s "$(realpath "$MDEVMGR")" "$BATS_TEST_TMPDIR/bin/foolsmdev"
	try_as foolsmdev -u "$U1"
	succeeds
	has "$U1"
}

@test "lsmdev has no verbs" {
	try_as lsmdev list
	refuses
	try_as lsmdev define -p mtty -t mtty-1
	refuses
}
