# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Debian's archive: packages for this machine, and kernels of other releases.
# Sourced by lib.sh.
#
# The machine's own apt is asked first. Kernels that it does not know are in the
# backports of a later release. For them, apt gets lists of its own below build/, and
# packages are unpacked there. The machine's apt and dpkg do not know of them. Headers
# of such a kernel need the compiler and the libraries of their release. Modules for it
# are therefore compiled in a folder with a small system of that release.

BACKPORTS=trixie
ROOT=$BUILD/root/$BACKPORTS
# Lists of packages are fetched again when they are older. A run never takes so long.
LISTS_MINUTES=360

# ---- apt

# patient LOG COMMAND...: waits while another apt or dpkg holds a lock. apt's own option
# for that knows dpkg's lock alone, not those of the lists and of the downloaded packages.
patient() {
	local log=$1 left=${LOCK_SECONDS:-600}
	shift
	while ! "$@" >"$log" 2>&1; do
		if [ "$left" -le 0 ] || ! grep -q 'Could not get lock' "$log"; then
			return 1
		fi
		sleep 5
		left=$((left - 5))
	done
}

# apt_get LOG ARG...: apt-get; its own words on failure
apt_get() {
	local log=$1
	shift
	mkdir -p "$(dirname "$log")"
	DEBIAN_FRONTEND=noninteractive patient "$log" \
		apt-get -o DPkg::Lock::Timeout=0 "$@" </dev/null || {
		archive_says "$log"
		die "failed: apt-get $* (whole output: $log)"
	}
}

# archive_says LOG: errors and warnings of apt, or the end of its output
archive_says() {
	{ grep -E '^(E|W|Err|N):?' "$1" || tail -n 20 "$1"; } | tail -n 20 >&2
}

is_installed() {
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Once per run, also where subshells ask for it: the age of the log tells.
apt_update() {
	local log=$BUILD/apt-update.log
	[ -z "$(find "$log" -mmin -$LISTS_MINUTES 2>/dev/null)" ] || return 0
	say "Refreshing the package lists" >&2
	apt_get "$log.new" update
	mv "$log.new" "$log"
}

# need_packages NAME...: installs what is missing, or says what to type
need_packages() {
	local pkg missing=()
	for pkg; do
		is_installed "$pkg" || missing+=("$pkg")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ]; then
		die "packages are missing: apt-get install --no-install-recommends ${missing[*]}"
	fi
	apt_update
	say "Installing ${missing[*]}"
	apt_get "$LOGS/apt-install.log" install -y --no-install-recommends "${missing[@]}"
}

# ---- Lists of our own

# mirror: prints where the machine gets Debian's main archive, and its keys
mirror() {
	apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' |
		sed -n 's/ Debian$//p' | head -n 1
}

# own_apt ARCH SUITE PROGRAM ARG...: apt-get or apt-cache with lists of our own
own_apt() {
	local dir=$BUILD/apt/$2-$1 arch=$1 program=$3
	shift 3
	"$program" -o Dir::Etc="$dir/etc" -o Dir::State::lists="$dir/lists" \
		-o Dir::Cache="$dir/cache" -o Dir::State::status=/dev/null \
		-o APT::Architecture="$arch" -o APT::Architectures::="$arch" \
		-o APT::Sandbox::User=root "$@"
}

# own_lists ARCH SUITE: fetches them once per run, as apt_update does
own_lists() {
	local dir=$BUILD/apt/$2-$1 log=$BUILD/apt/$2-$1.log uri
	[ -z "$(find "$log" -mmin -$LISTS_MINUTES 2>/dev/null)" ] || return 0
	mkdir -p "$dir"/etc/{apt.conf.d,preferences.d,sources.list.d} \
		"$dir"/{lists,cache/archives}/partial
	uri=$(mirror)
	[ -n "$uri" ] || die "apt-get update: the machine's apt has no lists of Debian's archive"
	say "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $2 main" \
		>"$dir/etc/sources.list"
	own_apt "$1" "$2" apt-get update >"$log.new" 2>&1 || {
		archive_says "$log.new"
		die "the lists of $2 cannot be fetched (whole output: $log.new)"
	}
	mv "$log.new" "$log"
}

# fetch_unpack ARCH SUITE DIR PACKAGE...: SUITE may be `machine`. Needs no privileges:
# the packages are unpacked, not installed.
fetch_unpack() {
	local arch=$1 suite=$2 dir=$3 tmp=$BUILD/apt/fetch deb
	shift 3
	say "Fetching $*" >&2
	rm -rf "$tmp"
	mkdir -p "$tmp" "$dir"
	if [ "$suite" = machine ]; then
		(cd "$tmp" && quietly "$LOGS/apt-download.log" apt-get download "$@") >&2
	else
		(cd "$tmp" && quietly "$LOGS/apt-download.log" \
			own_apt "$arch" "$suite" apt-get download "$@") >&2
	fi
	for deb in "$tmp"/*.deb; do
		dpkg-deb -x "$deb" "$dir"
	done
	rm -rf "$tmp"
}

# busybox_for ARCH: prints a busybox for guests of another architecture
busybox_for() {
	local dir=$BUILD/busybox/$1 suite
	if [ ! -x "$dir/busybox" ]; then
		suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
		own_lists "$1" "$suite" >&2
		fetch_unpack "$1" "$suite" "$dir/root" busybox-static
		mv "$dir/root/bin/busybox" "$dir/busybox" ||
			mv "$dir/root/usr/bin/busybox" "$dir/busybox"
		rm -rf "$dir/root"
	fi
	say "$dir/busybox"
}

# ---- A system of a later release

# own_root: makes the folder with its compiler
own_root() {
	local new=$ROOT.new
	[ ! -e "$ROOT/etc/debian_version" ] || return 0
	[ "$(id -u)" = 0 ] || die "as root: a system of $BACKPORTS is needed below build/"
	need_packages debootstrap >&2
	say "Making a small system of $BACKPORTS" >&2
	rm -rf "$new"
	mkdir -p "${ROOT%/*}"
	quietly "$LOGS/debootstrap.log" debootstrap --variant=minbase \
		--include=make,gcc,kmod,pahole,libelf1t64,libssl3t64 \
		"$BACKPORTS" "$new" "$(mirror)" >&2
	mv "$new" "$ROOT"
}

# in_root COMMAND...: runs it there. The project has the same path inside, and the mounts
# are in a namespace that ends with the command. objtool and pahole read /proc.
in_root() {
	mkdir -p "$ROOT$TOP"
	# shellcheck disable=SC2016 # the inner shell's arguments
	PATH=/usr/sbin:/usr/bin:/sbin:/bin unshare --mount sh -ec '
		mount -t proc none "$1/proc"
		mount --bind "$2" "$1$2"
		root=$1
		shift 2
		exec chroot "$root" "$@"' sh "$ROOT" "$TOP" "$@"
}

# kbuild KDIR MAKE-ARG...: make in a kernel's build folder, with the compiler that it needs
kbuild() {
	case $1 in
	"$ROOT"/*) in_root make -C "${1#"$ROOT"}" "${@:2}" ;;
	*) make -C "$@" ;;
	esac
}
