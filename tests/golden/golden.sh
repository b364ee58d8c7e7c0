#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The replay as one test of `make check`: its log has what differs.
set -eu
exec "${0%/*}/replay" "${MDEVMGR:?the program under test}"
