# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Debian's kernels: which one a series and a flavour name, its headers, its image.
# Sourced by lib.sh, after archive.sh.

# flavour: what follows the version in the names of packages
flavour() {
	local arch=amd64
	case ${VARIANT:-} in
	rt | cloud) say "$VARIANT-$arch" ;;
	*) say "$arch" ;;
	esac
}

# stock_name SERIES: a name for logs and build folders
stock_name() {
	case ${VARIANT:-} in
	rt | cloud) say "$1-$VARIANT" ;;
	*) say "$1" ;;
	esac
}

# versions_in: of the lines with names of packages on standard input those of the
# flavour's images, oldest first
versions_in() {
	sed -n "s/^linux-image-\([0-9][0-9.]*[0-9.+~bpodeb-]*-$(flavour)\)\$/\1/p" | sort -V
}

# None is an answer too, not a failure.
installed_headers() {
	find -H /usr/src -maxdepth 1 -xtype d -name "linux-headers-$1.*-$(flavour)" \
		-printf '%f\n' 2>/dev/null | sed 's/headers/image/' | versions_in || true
}

# suite_of SERIES: `machine` where its own apt knows the series, else the backports
suite_of() {
	if [ -z "$(installed_headers "$1")" ]; then
		[ "$(id -u)" != 0 ] || apt_update
		if [ -z "$(apt-cache pkgnames "linux-image-$1." | versions_in)" ]; then
			say "$BACKPORTS-backports"
			return
		fi
	fi
	say machine
}

# Prefers a kernel that is here already, then one whose headers are installed.
# A kernel to fetch is chosen from fresh lists: Debian drops superseded ones.
choose_on_machine() {
	local have all
	have=$(installed_headers "$1" | tail -n 1)
	if [ -n "$have" ] && [ -e "$BUILD/stock/$have/vmlinuz" ]; then
		say "$have"
		return
	fi
	if [ "$(id -u)" = 0 ]; then
		apt_update
	fi
	all=$(apt-cache pkgnames "linux-image-$1." | versions_in)
	if [ -n "$have" ] && grep -qxF -- "$have" <<<"$all"; then
		say "$have"
	else
		tail -n 1 <<<"$all"
	fi
}

choose_elsewhere() {
	local have
	have=$(find "$BUILD/stock" -maxdepth 1 -name "$1.*" -printf 'linux-image-%f\n' \
		2>/dev/null | versions_in | tail -n 1 || true)
	if [ -n "$have" ] && [ -e "$ROOT/usr/src/linux-headers-$have" ]; then
		say "$have"
		return
	fi
	own_lists amd64 "$BACKPORTS-backports" >&2
	own_apt amd64 "$BACKPORTS-backports" apt-cache pkgnames "linux-image-$1." |
		versions_in | tail -n 1
}

# choose_stock SERIES: prints the version, or ends with what the archive has
choose_stock() {
	local suite version
	suite=$(suite_of "$1") || return
	if [ "$suite" = machine ]; then
		version=$(choose_on_machine "$1") || return
	else
		version=$(choose_elsewhere "$1") || return
	fi
	[ -n "$version" ] || die "KERNEL=$1: no kernel linux-image-$1.*-$(flavour) is in the" \
		"machine's package lists or in $BACKPORTS-backports"
	say "$version"
}

# kernel_packages SERIES...: what must be installed before the others can work. bash drops
# the status of a command that is a part of another one's argument, or a file: `<(...)`.
kernel_packages() {
	local series suite version
	for series; do
		if [ -d "$series" ]; then
			series=6.1
		elif [ ! -d "$BUILD/src/linux-source-$series" ]; then
			suite=$(suite_of "$series") || return
			[ "$suite" != machine ] || say "linux-source-$series"
		fi
		suite=$(suite_of "$series") || return
		if [ "$suite" != machine ]; then
			say debootstrap
			continue
		fi
		version=$(choose_stock "$series") || return
		say "linux-headers-$version"
	done
}

# stock_headers SERIES: prints the folder of the headers for external modules; `kbuild`
# compiles with it
stock_headers() {
	local version suite kbuild dir=/usr/src
	version=$(choose_stock "$1")
	suite=$(suite_of "$1")
	if [ "$suite" = machine ]; then
		need_packages "linux-headers-$version" >&2
	else
		own_root
		dir=$ROOT/usr/src
		if [ ! -e "$dir/linux-headers-$version/Makefile" ]; then
			kbuild=${version%"-$(flavour)"}
			fetch_unpack amd64 "$suite" "$ROOT" "linux-headers-$version" \
				"linux-headers-$kbuild-common" "linux-kbuild-$kbuild"
		fi
	fi
	say "$dir/linux-headers-$version"
}

# common_headers HEADERS: prints the folder with those that all flavours share
common_headers() {
	say "${1%"-$(flavour)"}-common"
}

# image_packages SUITE VERSION: newer kernels have the image, the modules and the lists of
# modules in three
image_packages() {
	local name
	for name in "linux-binary-$2" "linux-modules-$2" "linux-base-$2"; do
		if [ "$1" = machine ]; then
			apt-cache pkgnames "$name"
		else
			own_apt amd64 "$1" apt-cache pkgnames "$name"
		fi | grep -xF "$name" || { say "linux-image-$2"; return; }
	done
}

# stock_kernel SERIES: prints the folder with vmlinuz and lib/modules/VERSION
stock_kernel() {
	local version dir suite new=$BUILD/stock/.unpack packages
	version=$(choose_stock "$1")
	dir=$BUILD/stock/$version
	if [ ! -e "$dir/vmlinuz" ]; then
		suite=$(suite_of "$1")
		mapfile -t packages < <(image_packages "$suite" "$version")
		rm -rf "$new"
		fetch_unpack amd64 "$suite" "$new" "${packages[@]}"
		unpack_stock "$new" "$version"
		rm -rf "$dir"
		mv "$new" "$dir"
	fi
	say "$dir"
}

unpack_stock() {
	if [ -d "$1/usr/lib/modules" ]; then
		mkdir -p "$1/lib"
		mv "$1/usr/lib/modules" "$1/lib/modules"
	fi
	if [ -e "$1/boot/vmlinuz-$2" ]; then
		mv "$1/boot/vmlinuz-$2" "$1/vmlinuz"
	else
		mv "$1/lib/modules/$2/vmlinuz" "$1/vmlinuz"
	fi
	depmod -b "$1" "$2"
}
