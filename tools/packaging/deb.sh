#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# make deb: builds ntpool-dkms, ntpool-dev and ntpool-tools in build/deb, and runs lintian.
# The last line is `deb: OK`.

# shellcheck source=tools/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

out=$BUILD/deb
version=$(sed -n 's/^#define NTPOOL_VERSION.*"\(.*\)"$/\1/p' "$TOP/module/base/types.h")
tree=$out/ntpool-$version

need_packages build-essential debhelper dh-dkms libncurses-dev libsmartcols-dev \
	pkg-config zlib1g-dev scdoc lintian
rm -rf "$out"
mkdir -p "$tree"
(cd "$TOP" && find Makefile Kconfig LICENSE README.md include module tools -type f \
	! -name '*.o' ! -name '*.ko' ! -name '*.mod' ! -name '*.mod.c' ! -name '.*.cmd' \
	! -name 'modules.order' ! -path tools/poolmon/poolmon -print0 |
	tar -cf - --null -T -) | tar -C "$tree" -xf -
mv "$tree/tools/packaging/debian" "$tree/debian"
[ "$(dpkg-parsechangelog -l "$tree/debian/changelog" -S Version)" = "$version" ] ||
	die "tools/packaging/debian/changelog is not about version $version"
cd "$tree"
quietly "$LOGS/deb.log" dpkg-buildpackage -us -uc -b -d
quietly "$LOGS/lintian.log" lintian --fail-on error,warning "$out"/ntpool_"$version"_*.changes
ls "$out"/*.deb
say "deb: OK"
