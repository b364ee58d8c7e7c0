# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# What a definition file may hold: each content read by list, rewritten by modify, removed by undefine, replaced
# by modify --jsonfile, given to define and start.

nest() {
	local i open='' close=''

	for ((i = 0; i < $1; i++)); do
		open+=$2
		close+=$3
	done
	REPLY=$open$close
}

declare -A content=(
	[smallest]='{"mdev_type":"t1","start":"manual","attrs":[]}'
	[unknown]='{"x":1,"mdev_type":"t1","y":{"z":[1,2.5,null,true]},"start":"auto","attrs":[],"zz":"s"}'
	[unknown_in_attr_value]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"b"}],"attrs2":[{"a":5}]}'
	[no_type]='{"start":"manual","attrs":[]}'
	[null_type]='{"mdev_type":null,"start":"manual","attrs":[]}'
	[number_type]='{"mdev_type":5,"start":"manual","attrs":[]}'
	[list_type]='{"mdev_type":[],"start":"manual","attrs":[]}'
	[object_type]='{"mdev_type":{},"start":"manual","attrs":[]}'
	[bool_type]='{"mdev_type":true,"start":"manual","attrs":[]}'
	[empty_type]='{"mdev_type":"","start":"manual","attrs":[]}'
	[blank_type]='{"mdev_type":" a b ","start":"manual","attrs":[]}'
	[newline_type]='{"mdev_type":"a\\nb","start":"manual","attrs":[]}'
	[slash_type]='{"mdev_type":"../t1","start":"manual","attrs":[]}'
	[no_start]='{"mdev_type":"t1","attrs":[]}'
	[null_start]='{"mdev_type":"t1","start":null,"attrs":[]}'
	[upper_start]='{"mdev_type":"t1","start":"AUTO","attrs":[]}'
	[bogus_start]='{"mdev_type":"t1","start":"bogus","attrs":[]}'
	[number_start]='{"mdev_type":"t1","start":1,"attrs":[]}'
	[true_start]='{"mdev_type":"t1","start":true,"attrs":[]}'
	[list_start]='{"mdev_type":"t1","start":["auto"],"attrs":[]}'
	[no_attrs]='{"mdev_type":"t1","start":"auto"}'
	[null_attrs]='{"mdev_type":"t1","start":"auto","attrs":null}'
	[object_attrs]='{"mdev_type":"t1","start":"auto","attrs":{"a":"b"}}'
	[string_attrs]='{"mdev_type":"t1","start":"auto","attrs":"a"}'
	[number_attrs]='{"mdev_type":"t1","start":"auto","attrs":0}'
	[attr_string]='{"mdev_type":"t1","start":"auto","attrs":["a"]}'
	[attr_null]='{"mdev_type":"t1","start":"auto","attrs":[null]}'
	[attr_list]='{"mdev_type":"t1","start":"auto","attrs":[["a","b"]]}'
	[attr_empty]='{"mdev_type":"t1","start":"auto","attrs":[{}]}'
	[attr_two]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"b","c":"d"}]}'
	[attr_number]='{"mdev_type":"t1","start":"auto","attrs":[{"a":5}]}'
	[attr_float]='{"mdev_type":"t1","start":"auto","attrs":[{"a":5.50}]}'
	[attr_nullvalue]='{"mdev_type":"t1","start":"auto","attrs":[{"a":null}]}'
	[attr_true]='{"mdev_type":"t1","start":"auto","attrs":[{"a":true}]}'
	[attr_listvalue]='{"mdev_type":"t1","start":"auto","attrs":[{"a":[1, "b"]}]}'
	[attr_objectvalue]='{"mdev_type":"t1","start":"auto","attrs":[{"a":{"b":"c"}}]}'
	[attr_good_then_bad]='{"mdev_type":"t1","start":"auto","attrs":[{"g":"v"},{"a":5}]}'
	[attr_emptyname]='{"mdev_type":"t1","start":"auto","attrs":[{"":"v"}]}'
	[attr_emptyvalue]='{"mdev_type":"t1","start":"auto","attrs":[{"a":""}]}'
	[attr_dup]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"1"},{"a":"2"},{"a":"1"}]}'
	[attr_dupkey]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"1","a":"2"}]}'
	[dup_type]='{"mdev_type":"t1","start":"auto","attrs":[],"mdev_type":"t2"}'
	[dup_start]='{"mdev_type":"t1","start":"auto","attrs":[],"start":"manual"}'
	[dup_attrs]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"1"}],"attrs":[{"b":"2"}]}'
	[escapes]='{"mdev_type":"t1","start":"auto","attrs":[{"a\\"b\\\\c\\/d":"\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\\u00e9\\u20ac\\ud83d\\ude00"}]}'
	[utf8]='{"mdev_type":"t1","start":"auto","attrs":[{"é":"€ 😀 \x7f"}]}'
	[nul_value]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"x\\u0000y"}]}'
	[nul_name]='{"mdev_type":"t1","start":"auto","attrs":[{"a\\u0000b":"v"}]}'
	[nul_type]='{"mdev_type":"t\\u00001","start":"auto","attrs":[]}'
	[nul_key]='{"mdev_type":"t1","start":"auto","attrs":[],"k\\u0000k":1}'
	[surrogate]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"\\ud800"}]}'
	[surrogate_low]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"\\ude00"}]}'
	[bad_escape]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"\\x41"}]}'
	[empty]=''
	[blank]='  \n\t '
	[null]='null'
	[list]='[]'
	[string]='"mdev_type"'
	[number]='5'
	[emptyobject]='{}'
	[garbage]='{"mdev_type":"t1","start":"auto","attrs":[]} x'
	[twice]='{"mdev_type":"t1","start":"auto","attrs":[]}{}'
	[trailing_nul]='{"mdev_type":"t1","start":"auto","attrs":[]}\x00'
	[trailing_blank]=' \n {"mdev_type":"t1","start":"auto","attrs":[]} \r\n\t\n'
	[trailing_comma]='{"mdev_type":"t1","start":"auto","attrs":[],}'
	[list_comma]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"b"},]}'
	[comment]='{"mdev_type":"t1",/* c */"start":"auto","attrs":[]}'
	[single_quotes]="{'mdev_type':'t1','start':'auto','attrs':[]}"
	[unquoted]='{mdev_type:"t1",start:"auto"}'
	[bom]='\xef\xbb\xbf{"mdev_type":"t1","start":"auto","attrs":[]}'
	[control]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"x\x01y"}]}'
	[newline_in_string]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"x\ny"}]}'
	[tab_in_string]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"x\ty"}]}'
	[nul_byte]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"x\x00y"}]}'
	[latin1]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"caf\xe9"}]}'
	[overlong]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"\xc0\x80"}]}'
	[utf8_surrogate]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"\xed\xa0\x80"}]}'
	[cut]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"b"'
	[cut_string]='{"mdev_type":"t1","start":"au'
	[overflow]='{"mdev_type":"t1","start":"auto","attrs":[],"n":1e400}'
	[bigint]='{"mdev_type":"t1","start":"auto","attrs":[],"n":123456789012345678901234567890}'
	[int64]='{"mdev_type":"t1","start":"auto","attrs":[],"n":-9223372036854775808,"m":18446744073709551615}'
	[leading_zero]='{"mdev_type":"t1","start":"auto","attrs":[],"n":01}'
	[plus]='{"mdev_type":"t1","start":"auto","attrs":[],"n":+1}'
	[nan]='{"mdev_type":"t1","start":"auto","attrs":[],"n":NaN}'
	[infinity]='{"mdev_type":"t1","start":"auto","attrs":[],"n":Infinity}'
	[upper_true]='{"mdev_type":"t1","start":"auto","attrs":[],"n":True}'
	[hex]='{"mdev_type":"t1","start":"auto","attrs":[],"n":0x10}'
	[dot]='{"mdev_type":"t1","start":"auto","attrs":[],"n":1.}'
	[formfeed]='{"mdev_type":"t1",\f"start":"auto","attrs":[]}'
	[nbsp]='{"mdev_type":"t1",\xc2\xa0"start":"auto","attrs":[]}'
	[minus]='{"mdev_type":"t1","start":"auto","attrs":[],"n":-}'
	[one_line_crlf]='{"mdev_type":"t1",\r\n"start":"auto",\r\n"attrs":[]}\r\n'
)
for n in 125 126 127 128; do
	nest "$n" '[' ']'
	content[lists_$n]='{"mdev_type":"t1","start":"auto","attrs":[],"n":'$REPLY'}'
	nest "$n" '{"a":' '}'
	content[objects_$n]='{"mdev_type":"t1","start":"auto","attrs":[],"n":'${REPLY/:\}/:1\}}'}'
done
nest 127 '[' ']'
content[only_lists_127]=$REPLY
nest 128 '[' ']'
content[only_lists_128]=$REPLY
mapfile -t contents < <(printf '%s\n' "${!content[@]}" | sort)

fixture_target() {
	parent mtty; type_ mtty t1 5 vfio-pci
	halfmade "$U5" mtty a b
	defined "$U2" "$PA" other manual k v
	mkdir "$R/etc/mdevctl.d/mtty"
}
# In the fixture's place: $pool/target and this definition.
placed() {
	rm -r "$R"
	cp -a "$pool/target" "$R"
	printf %b "${content[$1]}" >"$R/etc/mdevctl.d/mtty/$U1"
}
use target
for c in "${contents[@]}"; do
	eval "fixture_def_$c() { placed $c; }"
	use "def_$c"
	t "$c.list" list -d -v
	t "$c.list-json" list -d -u "$U1" --dumpjson
	t "$c.modify" modify -u "$U1" --addattr new --value 'n'
	t "$c.undefine" undefine -u "$U1"
done
fixture_content() {
	fixture_target
	for c in "${contents[@]}"; do
		printf %b "${content[$c]}" >"$R/json/$c"
	done
}
use content
for c in "${contents[@]}"; do
	t "$c.define" define -u "$U1" -p mtty --jsonfile "json/$c"
	t "$c.start" start -u "$U5" -p mtty --jsonfile "json/$c"
done
