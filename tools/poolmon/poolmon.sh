#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# make poolmon: builds tools/poolmon/poolmon.

# shellcheck source=tools/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tools/poolmon/lib.sh
. "$TOP/tools/poolmon/lib.sh"

build_poolmon
