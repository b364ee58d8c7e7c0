# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# What a definition file may hold: each content read by list, rewritten by modify, removed by undefine, given to
# define and start. mdevctl refuses those whose names begin with "bad".

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
	[bad_no_type]='{"start":"manual","attrs":[]}'
	[bad_null_type]='{"mdev_type":null,"start":"manual","attrs":[]}'
	[bad_number_type]='{"mdev_type":5,"start":"manual","attrs":[]}'
	[bad_list_type]='{"mdev_type":[],"start":"manual","attrs":[]}'
	[bad_object_type]='{"mdev_type":{},"start":"manual","attrs":[]}'
	[bad_bool_type]='{"mdev_type":true,"start":"manual","attrs":[]}'
	[empty_type]='{"mdev_type":"","start":"manual","attrs":[]}'
	[blank_type]='{"mdev_type":" a b ","start":"manual","attrs":[]}'
	[newline_type]='{"mdev_type":"a\\nb","start":"manual","attrs":[]}'
	[slash_type]='{"mdev_type":"../t1","start":"manual","attrs":[]}'
	[bad_no_start]='{"mdev_type":"t1","attrs":[]}'
	[bad_null_start]='{"mdev_type":"t1","start":null,"attrs":[]}'
	[upper_start]='{"mdev_type":"t1","start":"AUTO","attrs":[]}'
	[bogus_start]='{"mdev_type":"t1","start":"bogus","attrs":[]}'
	[number_start]='{"mdev_type":"t1","start":1,"attrs":[]}'
	[true_start]='{"mdev_type":"t1","start":true,"attrs":[]}'
	[list_start]='{"mdev_type":"t1","start":["auto"],"attrs":[]}'
	[no_attrs]='{"mdev_type":"t1","start":"auto"}'
	[null_attrs]='{"mdev_type":"t1","start":"auto","attrs":null}'
	[bad_object_attrs]='{"mdev_type":"t1","start":"auto","attrs":{"a":"b"}}'
	[bad_string_attrs]='{"mdev_type":"t1","start":"auto","attrs":"a"}'
	[bad_number_attrs]='{"mdev_type":"t1","start":"auto","attrs":0}'
	[bad_attr_string]='{"mdev_type":"t1","start":"auto","attrs":["a"]}'
	[bad_attr_null]='{"mdev_type":"t1","start":"auto","attrs":[null]}'
	[bad_attr_list]='{"mdev_type":"t1","start":"auto","attrs":[["a","b"]]}'
	[bad_attr_empty]='{"mdev_type":"t1","start":"auto","attrs":[{}]}'
	[bad_attr_two]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"b","c":"d"}]}'
	[bad_attr_number]='{"mdev_type":"t1","start":"auto","attrs":[{"a":5}]}'
	[bad_attr_float]='{"mdev_type":"t1","start":"auto","attrs":[{"a":5.50}]}'
	[bad_attr_nullvalue]='{"mdev_type":"t1","start":"auto","attrs":[{"a":null}]}'
	[bad_attr_true]='{"mdev_type":"t1","start":"auto","attrs":[{"a":true}]}'
	[bad_attr_listvalue]='{"mdev_type":"t1","start":"auto","attrs":[{"a":[1, "b"]}]}'
	[bad_attr_objectvalue]='{"mdev_type":"t1","start":"auto","attrs":[{"a":{"b":"c"}}]}'
	[bad_attr_good_then_bad]='{"mdev_type":"t1","start":"auto","attrs":[{"g":"v"},{"a":5}]}'
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
	[bad_surrogate]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"\\ud800"}]}'
	[bad_surrogate_low]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"\\ude00"}]}'
	[bad_bad_escape]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"\\x41"}]}'
	[bad_empty]=''
	[bad_blank]='  \n\t '
	[bad_null]='null'
	[bad_list]='[]'
	[bad_string]='"mdev_type"'
	[bad_number]='5'
	[bad_emptyobject]='{}'
	[bad_garbage]='{"mdev_type":"t1","start":"auto","attrs":[]} x'
	[bad_twice]='{"mdev_type":"t1","start":"auto","attrs":[]}{}'
	[bad_trailing_nul]='{"mdev_type":"t1","start":"auto","attrs":[]}\x00'
	[trailing_blank]=' \n {"mdev_type":"t1","start":"auto","attrs":[]} \r\n\t\n'
	[bad_trailing_comma]='{"mdev_type":"t1","start":"auto","attrs":[],}'
	[bad_list_comma]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"b"},]}'
	[bad_comment]='{"mdev_type":"t1",/* c */"start":"auto","attrs":[]}'
	[bad_single_quotes]="{'mdev_type':'t1','start':'auto','attrs':[]}"
	[bad_unquoted]='{mdev_type:"t1",start:"auto"}'
	[bad_bom]='\xef\xbb\xbf{"mdev_type":"t1","start":"auto","attrs":[]}'
	[bad_control]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"x\x01y"}]}'
	[bad_newline_in_string]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"x\ny"}]}'
	[bad_tab_in_string]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"x\ty"}]}'
	[bad_nul_byte]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"x\x00y"}]}'
	[bad_latin1]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"caf\xe9"}]}'
	[bad_overlong]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"\xc0\x80"}]}'
	[bad_utf8_surrogate]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"\xed\xa0\x80"}]}'
	[bad_cut]='{"mdev_type":"t1","start":"auto","attrs":[{"a":"b"'
	[bad_cut_string]='{"mdev_type":"t1","start":"au'
	[bad_overflow]='{"mdev_type":"t1","start":"auto","attrs":[],"n":1e400}'
	[bigint]='{"mdev_type":"t1","start":"auto","attrs":[],"n":123456789012345678901234567890}'
	[int64]='{"mdev_type":"t1","start":"auto","attrs":[],"n":-9223372036854775808,"m":18446744073709551615}'
	[bad_leading_zero]='{"mdev_type":"t1","start":"auto","attrs":[],"n":01}'
	[bad_plus]='{"mdev_type":"t1","start":"auto","attrs":[],"n":+1}'
	[bad_nan]='{"mdev_type":"t1","start":"auto","attrs":[],"n":NaN}'
	[bad_infinity]='{"mdev_type":"t1","start":"auto","attrs":[],"n":Infinity}'
	[bad_upper_true]='{"mdev_type":"t1","start":"auto","attrs":[],"n":True}'
	[bad_hex]='{"mdev_type":"t1","start":"auto","attrs":[],"n":0x10}'
	[bad_dot]='{"mdev_type":"t1","start":"auto","attrs":[],"n":1.}'
	[bad_formfeed]='{"mdev_type":"t1",\f"start":"auto","attrs":[]}'
	[bad_nbsp]='{"mdev_type":"t1",\xc2\xa0"start":"auto","attrs":[]}'
	[bad_minus]='{"mdev_type":"t1","start":"auto","attrs":[],"n":-}'
	[one_line_crlf]='{"mdev_type":"t1",\r\n"start":"auto",\r\n"attrs":[]}\r\n'
)
for n in 125 126 127 128; do
	nest "$n" '[' ']'
	bad=
	[[ $n -lt 127 ]] || bad=bad_
	content[${bad}lists_$n]='{"mdev_type":"t1","start":"auto","attrs":[],"n":'$REPLY'}'
	nest "$n" '{"a":' '}'
	content[${bad}objects_$n]='{"mdev_type":"t1","start":"auto","attrs":[],"n":'${REPLY/:\}/:1\}}'}'
done
nest 127 '[' ']'
content[bad_only_lists_127]=$REPLY
nest 128 '[' ']'
content[bad_only_lists_128]=$REPLY
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
