# SPDX-License-Identifier: LGPL-2.1-or-later
# mode: systemd
# The daemon hears from the kernel itself: it works while udevd is stopped.
# shellcheck shell=bash
# shellcheck source=tests/vm/lib-campaign.sh
. /tmp/lib-campaign.sh

A=$(uuid 1) B=$(uuid 2)

begin_campaigns
define_auto "$A" p1 alpha 1
define_auto "$B" p2
check "the daemon starts" daemon_start
kmod "add p1"
starts p1 "$A" "1:1" "with udevd a device starts"

# udevd stopped
systemctl stop systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udevd.service 2>/dev/null
check_not "udevd is stopped" systemctl is-active systemd-udevd.service
kmod "add p2"
starts p2 "$B" "1:1" "without udevd too"
kmod "unregister p1"
kmod "add p1"
starts p1 "$A" "1:1 2:1" "and again"
expect_quiet "stop" mdevmgr stop -u "$B"
check "killed, it comes back" daemon_kill
settle
check_not "it keeps what is stopped" sys_active "$B"

systemctl start systemd-udevd.service
end_campaigns
