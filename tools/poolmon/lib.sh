# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Builds poolmon.  Sourced after tools/lib/lib.sh.

POOLMON_PACKAGES=(gcc make pkg-config libncurses-dev libsmartcols-dev zlib1g-dev)

build_poolmon() {
	need_packages "${POOLMON_PACKAGES[@]}"
	quietly "$LOGS/poolmon.log" make -C "$TOP/tools/poolmon" OUT="$BUILD/poolmon" \
		WARNINGS="-Wall -Wextra -Werror" poolmon
}
