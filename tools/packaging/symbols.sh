#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Run by DKMS after a build and after a removal: the symbols of the module, which drivers
# are built with.
#
#   symbols.sh keep|drop KERNEL

to=/usr/lib/ntpool/$2
case $1 in
keep)
	install -D -m 644 Module.symvers "$to/Module.symvers"
	;;
drop)
	rm -rf "$to"
	rmdir --ignore-fail-on-non-empty /usr/lib/ntpool 2>/dev/null || true
	;;
esac
