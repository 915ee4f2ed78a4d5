# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# PARTS=install: the Debian packages are built, and installed, used, upgraded and purged in
# the clean systems of install.sh.  Sourced by test.sh.

# The copy in which the next version is built, and the packages of both versions
NEXT_COPY=$BUILD/ext/packages-next
DEBS=$BUILD/deb
NEXT_DEBS=$NEXT_COPY/build/deb

version_of() { sed -n 's/^#define NTPOOL_VERSION.*"\(.*\)"$/\1/p' "$1/module/base/types.h"; }

# next_version: the copy becomes the sources of a later version
next_version() {
	local next
	next=$(version_of "$NEXT_COPY").1
	sed -i "s/^\(#define NTPOOL_VERSION.*\"\).*\"$/\1$next\"/" "$NEXT_COPY/module/base/types.h"
	expect "make deb refuses a changelog of another version" \
		says "changelog is not about version $next" make -s -C "$NEXT_COPY" deb
	sed -i "1s/(.*)/($next)/" "$NEXT_COPY/tools/packaging/debian/changelog"
}

# Packages for both steps of the upgrade
packages() {
	local control=$NEXT_COPY/tools/packaging/debian
	INSTALL_LOG=$LOGS/install-packages.log
	mkdir -p "$LOGS"
	: >"$INSTALL_LOG"
	say "Debian packages"
	expect "make deb builds them, and lintian is content" make -C "$TOP" deb
	copy_of_sources "$NEXT_COPY"
	next_version
	mv "$control/copyright" "$control/copyright.away"
	expect "make deb fails when lintian finds an error" \
		fails_with 'E: .*no-copyright-file' make -C "$NEXT_COPY" deb
	mv "$control/copyright.away" "$control/copyright"
	expect "make deb builds the next version" make -C "$NEXT_COPY" deb
}

# module_is ROOT KERNEL VERSION: DKMS has built this one and no other, and has signed it
module_is() {
	local root=$1 has
	dkms_has "$root" "$2"
	modules_are "$root" "$2"
	has=$(in_folder "$root" dkms status -m ntpool | sed 's/^ntpool.\([^,]*\),.*/\1/' | sort -u)
	[ "$has" = "$3" ]
	[ "$(in_folder "$root" modinfo -k "$2" -F version ntpool)" = "$3" ]
	[ -n "$(in_folder "$root" modinfo -k "$2" -F signer ntpool)" ]
	[ "$(find "$root/usr/src" -maxdepth 1 -name 'ntpool*' -printf '%f\n')" = "ntpool-$3" ]
	grep -q ExAllocatePoolWithTag "$root/usr/lib/ntpool/$2/Module.symvers"
}

not_built() { ! dkms_has "$1" "$2"; }

documents() {
	[ "$(in_folder "$1" pkg-config --cflags ntpool | tr -d ' ')" = -I/usr/include/ntpool ]
	[ -s "$1/usr/share/man/man4/ntpool.4.gz" ]
	[ -s "$1/usr/share/doc/ntpool-tools/examples/ntpool.conf" ]
}

# driver_in ROOT KERNEL PREFIX: builds and installs the example against PREFIX
driver_in() {
	rm -rf "$1/root/hello"
	cp -r "$TOP/tools/packaging/example" "$1/root/hello"
	[ ! -d "$1/usr/share/doc/ntpool-dev/examples" ] ||
		cp "$1/usr/share/doc/ntpool-dev/examples"/* "$1/root/hello/"
	in_folder "$1" make -C /root/hello KVER="$2" prefix="$3" modules \
		>"$1/root/hello/log" 2>&1 || { cat "$1/root/hello/log"; return 1; }
	if complaints_in "$1/root/hello/log"; then
		return 1
	fi
	# Debian's kernels complain here that their own key is missing.
	in_folder "$1" make -C /root/hello KVER="$2" prefix="$3" modules_install
	in_folder "$1" depmod "$2"
}

driver_gone() {
	find "$1/lib/modules/$2/" -name 'hello.ko*' -delete
	rm -rf "$1/root/hello"
	in_folder "$1" depmod "$2"
}

# root_image ROOT KERNEL: prints the folder with Debian's kernel for these headers
root_image() {
	local dir=$BUILD/stock/$2 new=$BUILD/stock/.unpack
	if [ ! -e "$dir/vmlinuz" ]; then
		say "Fetching linux-image-$2" >&2
		rm -rf "$new" "$1/root/image"
		mkdir -p "$new" "$1/root/image"
		# shellcheck disable=SC2016 # the inner shell's argument
		quietly "$LOGS/image-$2.log" in_folder "$1" sh -c \
			'cd /root/image && apt-get -o APT::Sandbox::User=root download "$1"' \
			sh "linux-image-$2" >&2
		dpkg-deb -x "$1"/root/image/*.deb "$new"
		rm -r "$1/root/image"
		unpack_stock "$new" "$2"
		rm -rf "$dir"
		mv "$new" "$dir"
	fi
	say "$dir"
}

# driver_loads NAME ROOT KERNEL PREFIX: in a guest, with the modules of the system
driver_loads() {
	local image tree=$2/lib/modules/$3
	expect "a driver outside the tree builds against it" driver_in "$2" "$3" "$4"
	image=$(root_image "$2" "$3")
	cp "$image/lib/modules/$3"/modules.{builtin,builtin.modinfo,order} "$tree/"
	in_folder "$2" depmod "$3"
	example_run "$1" "$image" "$tree"
	driver_gone "$2" "$3"
}

# refused_by_dkms ROOT: DKMS itself does not build for a kernel before 6.1
refused_by_dkms() {
	fails_with 'BUILD_EXCLUSIVE' in_folder "$1" dkms build -m ntpool -k 6.0.9-1-amd64 \
		-v "$(version_of "$NEXT_COPY")" \
		--kernelsourcedir "/lib/modules/$2/build"
}

# package_release RELEASE ROOT KERNEL OTHER: OTHER has no headers until the upgrade is done
package_release() {
	local root=$2 kernel=$3 other=$2/lib/modules/$4 apt version next
	version=$(version_of "$TOP")
	next=$(version_of "$NEXT_COPY")
	apt=(in_folder "$root" env DEBIAN_FRONTEND=noninteractive apt-get -y
		--no-install-recommends -o APT::Sandbox::User=root)
	say "Debian packages on $1, kernel $kernel"
	mv "$other/build" "$other/build.away"
	expect "the packages install" "${apt[@]}" install "$DEBS"/*.deb
	expect "DKMS has built and signed the module" module_is "$root" "$kernel" "$version"
	expect "a kernel without headers is passed over" not_built "$root" "$4"
	expect "pkg-config, manual page and example for modprobe.d" documents "$root"
	driver_loads "example-package-$1" "$root" "$kernel" /usr
	expect "the packages upgrade" "${apt[@]}" install "$NEXT_DEBS"/*.deb
	expect "the module is the new one, and the old one is gone" \
		module_is "$root" "$kernel" "$next"
	expect "DKMS refuses a kernel 6.0" refused_by_dkms "$root" "$kernel"
	mv "$other/build.away" "$other/build"
	expect "DKMS builds when a kernel's headers come" \
		in_folder "$root" dkms autoinstall -k "$4"
	expect "the new kernel has the module" module_is "$root" "$4" "$next"
	expect "the packages are purged" "${apt[@]}" purge ntpool-dkms ntpool-dev ntpool-tools
	expect "purge leaves nothing" nothing_left "$root"
}
