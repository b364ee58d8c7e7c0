# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# modify: every pair and the interesting triples of its options.

fixture_matrix() {
	parent mtty; type_ mtty t1 5 vfio-pci
	defined "$U1" mtty t1 manual a v b w
	defined "$U2" mtty t1 manual a v
	device "$U2" mtty t1
	echo '{"mdev_type":"t1","start":"auto"}' >"$R/json/f"
}
use matrix
options=('-t t2' '-p mtty' '--addattr x' --delattr '-i 0' '--value v' -a -m -l -d '--jsonfile json/f' -f)
for ((i = 0; i < ${#options[@]}; i++)); do
	# shellcheck disable=SC2086
	t "single ${options[i]}" modify -u "$U1" ${options[i]}
	for ((j = i; j < ${#options[@]}; j++)); do
		# shellcheck disable=SC2086
		t "pair ${options[i]} ${options[j]}" modify -u "$U1" ${options[i]} ${options[j]}
	done
done
for o in "${options[@]}"; do
	# shellcheck disable=SC2086
	{
		t "addattr-value $o" modify -u "$U1" --addattr n --value v $o
		t "delattr-index $o" modify -u "$U1" --delattr -i 0 $o
		t "json-parent $o" modify -u "$U1" -p mtty --jsonfile json/f $o
		t "live-json $o" modify -u "$U2" -l --jsonfile json/f $o
		t "active-live $o" modify -u "$U2" -l $o
		t "no-uuid $o" modify $o
	}
done
t nothing modify
