# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# PARTS=debug: the script for drgn, in a guest on /proc/kcore, and on a dump of its memory by
# QEMU. It has to print what the files of debugfs had in the guest.  Sourced by test.sh.
#
# The guest has a stock kernel without debug information; only the modules have it.

DEBUG_WORK=$BUILD/debug-test
DEBUG_SOCKETS=''
# drgn is a package of Debian's own Python, which may not be the first one in PATH.
DEBUG_PYTHON=/usr/bin/python3

debug_stop() {
	groups_stop
	[ -z "$DEBUG_SOCKETS" ] || rm -rf "$DEBUG_SOCKETS"
}

# add_drgn ROOT: Python with its own modules, and drgn
add_drgn() {
	local stdlib library lib
	stdlib=$($DEBUG_PYTHON -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
	library=$($DEBUG_PYTHON -c 'import _drgn; print(_drgn.__file__)')
	add_program "$1" $DEBUG_PYTHON
	mkdir -p "$1/usr/bin"
	mv "$1/sbin/python3" "$1/usr/bin/"
	tar -C / --exclude=dist-packages --exclude=test -cf - "${stdlib#/}" | tar -C "$1" -xf -
	mkdir -p "$1${library%/*}"
	cp -r "$library" "${library%/*}/drgn" "$1${library%/*}/"
	ldd "$library" | grep -o '/[^ ]*' | while read -r lib; do
		mkdir -p "$1$(dirname "$lib")"
		cp -Ln "$lib" "$1$lib"
	done
}

# debug_initramfs NTPOOL HELPERS STOCK: prints the archive
debug_initramfs() {
	local root=$BUILD/guest/debug
	new_root "$root"
	cp "$TOP/tools/debug/guest.sh" "$root/main.sh"
	cp "$1/module/ntpool.ko" "$2"/nt_{hold,grow,leak}.ko "$root/modules/"
	cp "$TOP/tools/debug/ntpool.py" "$root/"
	add_stock_module "$root" "$3" qemu_fw_cfg
	add_drgn "$root"
	pack "$root" "$root.cpio"
	say "$root.cpio"
}

# The guest has written all that the checks compare with. One that has ended writes no more.
debug_ready() {
	local result=$LOGS/debug.result try
	for try in $(seq 400); do
		! grep -qs '^=== end' "$result" || break
		# shellcheck disable=SC2154 # of test.sh
		kill -0 "${groups[-1]}" 2>/dev/null || break
		sleep 1
	done
	say "$try seconds"
	tr -d '\r' <"$result" | awk '/^=== / { to = $2; next } { print >to }'
	[ "$(wc -l <tags.guest)" -gt 60 ] && [ "$(wc -l <callers.guest)" -gt 6 ] &&
		[ "$(wc -l <lookaside.guest)" -gt 2 ]
}

# in_dump COMMAND...: the script on the dump
in_dump() {
	timeout 200 $DEBUG_PYTHON "$TOP/tools/debug/ntpool.py" -c memory \
		"$DEBUG_MODULES/module/ntpool.ko" "$@" </dev/null
}

# Rows with one blank between two columns; those of one tag have no order beyond the columns.
rows_of() {
	awk '{ $1 = $1; print }' | sort
}

# same_file TARGET FILE: TARGET is `dump`, or `kcore`, which was read in the guest
same_file() {
	[ "$1" = kcore ] || in_dump "$2" >"$2.$1"
	rows_of <"$2.$1" >"$2.shown"
	rows_of <"$2.guest" | diff - "$2.shown"
}

# The blocks of nt_hold, as its source has them: pool and size
HELD='Nonp 1
Nonp 1000
Nonp 5120
Paged 24
Paged 4096
Paged 9216'

# call_site: of those blocks, as debugfs had it
call_site() { awk '$1 == "Hold" { print $6, $7; exit }' callers.guest; }

# held_blocks TARGET: their list
held_blocks() {
	[ "$1" = kcore ] || in_dump blocks Hold >"blocks.$1"
	cat "blocks.$1"
	sed -n 's/^0x[0-9a-f]* //p' "blocks.$1" | awk '{ print $1, $3 }' | sort -k1,1 -k2n |
		diff <(say "$HELD") -
	[ "$(grep -cF " $(call_site)" "blocks.$1")" = 6 ]
}

# a_header ADDRESS REQUESTED FILE: a block below a page has a header, whose cookie proves the rest
a_header() {
	cat "$3"
	grep -qxE "block $1: tag Hold, (Nonp|Paged), $2 bytes requested, [0-9]+ taken" "$3" &&
		grep -qxF "allocated at $(call_site)" "$3" &&
		grep -qE '^header 0x[0-9a-f]{16}: cookie 0x00b5[0-9a-f]{4}, live, [1-9]' "$3"
}

header_in_kcore() {
	local address requested
	read -r address requested < <(awk '/^0x/ && $3 < 4096 { print $1, $4; exit }' blocks.kcore)
	a_header "$address" "$requested" block.kcore
}

# each_block OFFSET: `block` knows each of them by an address at its start, or inside
each_block() {
	local address pool bytes requested headers=0
	while read -r address pool bytes requested _; do
		in_dump block $((address + ${1:-0})) >shown
		grep -q "^block $address: tag Hold, $pool, $requested bytes" shown
		if grep -q '^header' shown; then
			a_header "$address" "$requested" shown
			headers=$((headers + 1))
			[ "$bytes" -lt 4096 ]
		fi
	done < <(grep '^0x' blocks.dump)
	say "$headers headers"
	[ $headers -gt 1 ]
}

# The sums above have to have them, and blocks of a driver that was loaded again. Ordinary blocks
# of whole pages begin with a page.
special_pool() {
	in_dump blocks Leak >shown
	awk '/^0x/ && $3 % 4096 == 0 && $1 !~ /000$/ { n++ } END { exit !n }' shown
	[ "$(awk '$3 == 3 || $3 == 5' callers.guest | grep -c 'Leak Nonp .* leak_small+')" = 2 ]
}

# damage ADDRESS: changes the size in a header in the dump, or back
damage() {
	$DEBUG_PYTHON - memory "$1" <<-'END'
	import struct, sys
	at = int(sys.argv[2], 0) - 12
	with open(sys.argv[1], 'r+b') as file:
	    head = file.read(64)
	    table, = struct.unpack_from('<Q', head, 32)
	    for i in range(struct.unpack_from('<H', head, 56)[0]):
	        file.seek(table + 56 * i)
	        kind, _, start, address, _, size, _, _ = struct.unpack('<IIQQQQQQ', file.read(56))
	        if kind == 1 and address <= at < address + size:
	            file.seek(start + at - address)
	            byte = file.read(1)[0]
	            file.seek(start + at - address)
	            file.write(bytes([byte ^ 0x55]))
	            break
	    else:
	        sys.exit('the dump has no such address')
	END
}

# A header that was overwritten is told from a good one.
damaged_header() {
	local address
	address=$(awk '/^0x/ && $3 < 4096 { print $1; exit }' blocks.dump)
	damage "$address"
	in_dump block "$address" >shown
	damage "$address"
	in_dump block "$address" >>shown
	cat shown
	[ "$(grep -c ', live, but damaged, ' shown)" = 1 ] && [ "$(grep -c ', live, ' shown)" = 2 ]
}

# fails TEXT COMMAND...: the command ends with that error
fails() {
	local text=$1 status=0
	shift
	"$@" >shown 2>&1 || status=$?
	cat shown
	[ "$status" = 1 ] && grep -q "^ntpool: .*$text" shown
}

# other_build TO: a copy of ntpool.ko with another build ID
other_build() {
	$DEBUG_PYTHON - "$DEBUG_MODULES/module/ntpool.ko" "$1" <<-'END'
	import sys
	with open(sys.argv[1], 'rb') as file:
	    data = bytearray(file.read())
	at = data.index(b'\x03\0\0\0GNU\0') + 8
	data[at] ^= 1
	with open(sys.argv[2], 'wb') as file:
	    file.write(data)
	END
}

refuses_other_build() {
	other_build other.ko
	fails 'other.ko is not the module that is loaded' $DEBUG_PYTHON \
		"$TOP/tools/debug/ntpool.py" -c memory other.ko tags
}

memory_dump() {
	$DEBUG_PYTHON "$TOP/tools/debug/qmp.py" "$DEBUG_SOCKETS/qmp" \
		'{"execute": "dump-guest-memory",
		"arguments": {"paging": true, "protocol": "file:'"$DEBUG_WORK/memory"'"}}'
	readelf -h memory | grep -q 'CORE'
	chmod u+w memory
}

debug_checks() {
	local target file
	checked "the guest is ready" debug_ready
	checked "QEMU dumps its memory" memory_dump
	for target in kcore dump; do
		for file in tags callers lookaside; do
			checked "$target: $file prints what debugfs has" same_file $target $file
		done
		checked "$target: blocks of a tag" held_blocks $target
	done
	checked "kcore: a block and its header" header_in_kcore
	checked "dump: blocks and headers, by addresses at the start" each_block
	checked "dump: by addresses inside" each_block 1
	checked "blocks in special pool and of former code are among them" special_pool
	checked "a damaged header" damaged_header
	checked "an address outside of the pools" fails 'is in no block of ntpool' \
		in_dump block 0x1234
	checked "another build of ntpool" refuses_other_build
	checked "another module" fails 'is not the module that is loaded' $DEBUG_PYTHON \
		"$TOP/tools/debug/ntpool.py" -c memory "$DEBUG_HELPERS/nt_hold.ko" tags
	checked "no dump" fails 'not an ELF' $DEBUG_PYTHON \
		"$TOP/tools/debug/ntpool.py" -c tags.guest "$DEBUG_MODULES/module/ntpool.ko" tags
}

debug_tests() {
	local series headers stock modules initramfs
	say "drgn: a live guest, and a dump of its memory"
	need_packages python3-drgn binutils
	checks_in "$DEBUG_WORK" debug
	stock_set
	DEBUG_MODULES=$modules
	DEBUG_HELPERS=$(helper_modules "$headers" "$series" "$DEBUG_MODULES")
	initramfs=$(debug_initramfs "$DEBUG_MODULES" "$DEBUG_HELPERS" "$stock")
	# A name of a socket is short.
	DEBUG_SOCKETS=$(mktemp -d)
	rm -f "$LOGS/debug.result"
	trap debug_stop EXIT
	# Python and the modules take a part of the memory.
	in_group boot debug --kernel "$stock/vmlinuz" --initrd "$initramfs" --cpus 2 --mem 768 \
		--timeout 800 --append "quiet nowatchdog" -- -device vmcoreinfo \
		-qmp "unix:$DEBUG_SOCKETS/qmp,server=on,wait=off"
	debug_checks
	debug_stop
	trap - EXIT
}
