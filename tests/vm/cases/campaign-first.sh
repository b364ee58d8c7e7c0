# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: init
# The daemon's first start: at boot it starts what is auto; on a host that runs nobody knows
# what was stopped there, so nothing is started.
# shellcheck shell=bash
# shellcheck source=tests/vm/lib-campaign.sh
. /tmp/lib-campaign.sh

A=$(uuid 1) B=$(uuid 2) C=$(uuid 3)

begin_campaigns
define_auto "$A" p1 alpha 1
define_auto "$B" p1
define_auto "$C" p2
kmod "add p1"
sys_create "$B" p1 "$TEST_TYPE"
# Who came up long ago says so.
mv /usr/bin/systemctl /usr/bin/systemctl.real
printf '#!/bin/sh\necho running\n' >/usr/bin/systemctl
chmod 755 /usr/bin/systemctl
check "the daemon starts" daemon_start
settle
check_not "what was not running is not started" sys_active "$A"
check "what was running is left alone" is_active "$B"
is "$(kmod_parent p1 attempts)" 1 "nothing was tried"
kmod "uevents p1 3"
check "the daemon is killed and comes back" daemon_kill
settle
check_not "nor later" sys_active "$A"
kmod "add p2"
starts p2 "$C" "1:1" "a parent that registers now is served"
kmod "unregister p1"
kmod "add p1"
starts p1 "$A" "2:1" "and the old one when it comes again"
starts p1 "$B" "1:1 2:1" "with its other device"
end_campaigns

# at boot
mv /usr/bin/systemctl.real /usr/bin/systemctl
fresh
begin_campaigns
define_auto "$A" p1 alpha 1
define_auto "$B" p1
kmod "add p1"
sys_create "$B" p1 "$TEST_TYPE"
check "the daemon starts" daemon_start
starts p1 "$A" "1:1" "at boot what is not running is started"
starts p1 "$B" "1:1" "and what is, is left alone"

end_campaigns
