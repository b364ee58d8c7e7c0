#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# help, --help, --version

load lib

verbs=(define undefine modify start stop list types show verify)

@test "help goes to stdout, status 0" {
	for args in --help -h help; do
		try $args
		succeeds
		for verb in "${verbs[@]}"; do
			has "  $verb "
		done
	done
}

@test "every verb has help in three spellings; the long one is as long or longer" {
	for verb in "${verbs[@]}" start-parent-mdevs; do
		try "$verb" -h
		succeeds
		has "$verb"
		short=$output
		try "$verb" --help
		succeeds
		long=$output
		[ "${#long}" -ge "${#short}" ]
		try help "$verb"
		succeeds
		prints "$long"
	done
}

@test "help of a verb names each of its options" {
	for option in --uuid --parent --type --addattr --delattr --index --value --auto --manual --live --defined --jsonfile --force; do
		try modify --help
		has "$option"
	done
	for option in --attr --dry-run; do
		try define --help
		has "$option"
	done
}

@test "help of what is no verb is a usage error" {
	try help nosuch
	refuses
	try help list types
	refuses
}

@test "libvirt's probe: --help wins over what is missing" {
	try modify --defined --live --jsonfile b --help
	succeeds
	try_as mdevctl modify --defined --live --jsonfile b --help
	succeeds
}

@test "no argument: the help on stderr, status 2" {
	try
	[[ $status == 2 && -z $output && $stderr == *define* ]]
}

@test "versions: mdevctl says mdevctl's, mdevmgr its own" {
	try_as mdevctl --version
	succeeds
	prints 'mdevctl 1.4.0'
	try_as mdevctl list --version
	succeeds
	prints 'mdevctl-list 1.4.0'
	try_as lsmdev --version
	succeeds
	prints 'lsmdev 1.4.0'
	try --version
	succeeds
	[[ $output =~ ^mdevmgr\ [0-9]+\.[0-9] ]]
}

@test "the program's name in usage and help is the one it was called by" {
	try_as mdevctl define --help
	has 'mdevctl define'
	try define --help
	has 'mdevmgr define'
	try_as mdevctl list --nosuch
	[[ $stderr == *mdevctl* ]]
}

@test "help needs no directory" {
	rm -r "${R:?}"/*
	try modify --defined --live --jsonfile b --help
	succeeds
	try --version
	succeeds
}
