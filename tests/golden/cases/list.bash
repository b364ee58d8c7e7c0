# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# list and lsmdev: all options on the house's standard tree.

use base
for d in '' -d; do
	for u in '' "-u $U1" "-u $U5" "-u $UA" "-u $UX"; do
		for p in '' "-p $PA" '-p mtty' '-p nosuch'; do
			for f in '' -v --dumpjson; do
				n=list$d$u$p$f
				# shellcheck disable=SC2086
				t "${n//[ -]/_}" list $d $u $p $f
			done
		done
	done
done
t verbose-json list -v --dumpjson
t verbose-json-d list -d -v --dumpjson -u "$U1"
