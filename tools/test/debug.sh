# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# PARTS=debug: the commands for gdb: in a guest on /proc/kcore, on the guest by QEMU's gdb
# server, and on a dump of its memory. They have to print what the files of debugfs had in the
# guest.  Sourced by test.sh.
#
# The guest has a stock kernel without debug information; only the modules have it.

DEBUG_WORK=$BUILD/debug-test
DEBUG_SOCKETS=''

debug_stop() {
	groups_stop
	[ -z "$DEBUG_SOCKETS" ] || rm -rf "$DEBUG_SOCKETS"
}

# add_gdb ROOT: gdb, the objdump that the commands call, and Python's own modules
add_gdb() {
	local python
	python=$(gdb -nx -batch -ex 'python import sysconfig; print(sysconfig.get_path("stdlib"))')
	add_program "$1" gdb objdump
	mkdir -p "$1/usr/bin" "$1/usr/share"
	mv "$1/sbin/gdb" "$1/usr/bin/"
	cp -r /usr/share/gdb "$1/usr/share/"
	tar -C / --exclude=dist-packages --exclude=test --exclude=__pycache__ \
		-cf - "${python#/}" | tar -C "$1" -xf -
}

# debug_initramfs NTPOOL HELPERS: prints the archive
debug_initramfs() {
	local root=$BUILD/guest/debug
	new_root "$root"
	cp "$TOP/tools/debug/guest.sh" "$root/main.sh"
	cp "$1/module/ntpool.ko" "$2"/nt_{hold,grow,leak}.ko "$root/modules/"
	cp "$TOP/tools/debug/ntpool.py" "$root/"
	add_gdb "$root"
	pack "$root" "$root.cpio"
	say "$root.cpio"
}

# The guest has written all that the checks compare with.
debug_ready() {
	local result=$LOGS/debug.result try
	for try in $(seq 400); do
		! grep -qs '^=== end' "$result" || break
		sleep 1
	done
	say "$try seconds"
	tr -d '\r' <"$result" | awk '/^=== / { to = $2 ".guest"; next } { print >to }'
	[ -s kallsyms.guest ] && [ "$(wc -l <tags.guest)" -gt 60 ] &&
		[ "$(wc -l <callers.guest)" -gt 6 ] && [ "$(wc -l <lookaside.guest)" -gt 2 ]
}

# in_gdb TARGET COMMAND...: TARGET is `live` or `dump`
in_gdb() {
	local target=(-ex "target remote $DEBUG_SOCKETS/gdb") command arguments=()
	[ "$1" = live ] || target=(-ex "target core $DEBUG_WORK/memory")
	shift
	for command; do
		arguments+=(-ex "$command")
	done
	timeout 200 gdb -nx -batch -iex 'set auto-load off' -ex 'set python print-stack full' \
		-ex "source $TOP/tools/debug/ntpool.py" \
		-ex "ntpool-load kallsyms.guest $DEBUG_MODULES/module/ntpool.ko" \
		"${target[@]}" "${arguments[@]}" </dev/null
}

# Rows with one blank between two columns; those of one tag have no order beyond the columns.
rows_of() {
	awk '{ $1 = $1; print }' | sort
}

# same_file TARGET FILE: TARGET may be `kcore`, which was read in the guest
same_file() {
	if [ "$1" = kcore ]; then
		cp kcore.guest shown
	else
		in_gdb "$1" "ntpool-$2" >shown
	fi
	awk -v file="$2" '/^# ntpool / { on = $3 == file } on && !/^\[Inferior/' shown |
		rows_of >"$2.shown"
	rows_of <"$2.guest" | diff - "$2.shown"
}

# The blocks of nt_hold, as its source has them: pool, size, and whether it has a header
HELD=(Nonp:1 Nonp:1000 Nonp:5120 Paged:24 Paged:4096 Paged:9216)

held_blocks() {
	local i commands=() address caller
	address=$(awk '$3 == "held" && $4 == "[nt_hold]" { print $1 }' kallsyms.guest)
	caller=$(awk '$1 == "Hold" { print $6, $7; exit }' callers.guest)
	for i in "${!HELD[@]}"; do
		commands+=("ntpool-block *(unsigned long *)(0x$address + 8 * $i) + ${2:-0}")
	done
	in_gdb "$1" "${commands[@]}" >shown
	cat shown
	for i in "${HELD[@]}"; do
		grep -q "tag Hold, ${i%:*}, ${i#*:} bytes requested" shown
	done
	[ "$(grep -cxF "allocated at $caller" shown)" = ${#HELD[@]} ]
	# Below a page there is a header, whose cookie proves the rest.
	[ "$(grep -cE '^header 0x[0-9a-f]{16}: cookie 0x00b5[0-9a-f]{4}, live, ' shown)" = 3 ]
}

# The sums above have to have them, and blocks of a driver that was loaded again.
special_pool() {
	in_gdb dump 'print ntpool_special.nr_live[0] > 0' >shown
	cat shown
	grep -q ' = 1$' shown
	[ "$(awk '$3 == 3 || $3 == 5' callers.guest | grep -c 'Leak Nonp .* leak_small+')" = 2 ]
}

# A header that was overwritten is told from a good one. The guest is stopped meanwhile.
damaged_header() {
	local address requested
	address=$(awk '$3 == "held" && $4 == "[nt_hold]" { print $1 }' kallsyms.guest)
	requested="*(unsigned short *)(*(unsigned long *)(0x$address + 8) - 12)"
	in_gdb live "set $requested = 999" "ntpool-block *(unsigned long *)(0x$address + 8)" \
		"set $requested = 1000" "ntpool-block *(unsigned long *)(0x$address + 8)" >shown
	cat shown
	[ "$(grep -c ', live, but damaged, ' shown)" = 1 ] && [ "$(grep -c ', live, ' shown)" = 2 ]
}

# fails TEXT COMMAND: the command ends with that error
fails() {
	in_gdb dump "$2" >shown 2>&1 || true
	cat shown
	grep -q "$1" shown
}

memory_dump() {
	python3 "$TOP/tools/debug/qmp.py" "$DEBUG_SOCKETS/qmp" '{"execute": "dump-guest-memory",
		"arguments": {"paging": true, "protocol": "file:'"$DEBUG_WORK/memory"'"}}'
	readelf -h memory | grep -q 'CORE'
}

debug_checks() {
	local target file
	checked "the guest is ready" debug_ready
	checked "QEMU dumps its memory" memory_dump
	for target in kcore live dump; do
		for file in tags callers lookaside; do
			checked "$target: ntpool-$file prints what debugfs has" \
				same_file $target $file
		done
		[ $target != kcore ] || continue
		checked "$target: ntpool-block, at the start of blocks" held_blocks $target
		checked "$target: ntpool-block, inside of them" held_blocks $target 1
	done
	checked "blocks in special pool and of former code are among them" special_pool
	checked "a damaged header" damaged_header
	checked "an address outside of the pools" fails 'is in no block of ntpool' \
		'ntpool-block &ntpool_secret'
	checked "kallsyms without addresses" fails 'has no addresses' 'ntpool-load /dev/null x'
}

debug_tests() {
	local series headers stock helpers initramfs
	say "Debuggers: a live guest, and a dump of its memory"
	need_packages gdb binutils
	checks_in "$DEBUG_WORK" debug
	series=$(stock_series)
	headers=$(stock_headers "$series")
	stock=$(stock_kernel "$series")
	series=$(stock_name "$series")
	DEBUG_MODULES=$(build_modules "$headers" "$series-stock")
	helpers=$(helper_modules "$headers" "$series" "$DEBUG_MODULES")
	initramfs=$(debug_initramfs "$DEBUG_MODULES" "$helpers")
	# A name of a socket is short.
	DEBUG_SOCKETS=$(mktemp -d)
	rm -f "$LOGS/debug.result"
	trap debug_stop EXIT
	in_group boot debug --kernel "$stock/vmlinuz" --initrd "$initramfs" --cpus 2 --mem 512 \
		--timeout 800 --append "quiet nowatchdog" -- \
		-gdb "unix:$DEBUG_SOCKETS/gdb,server=on,wait=off" \
		-qmp "unix:$DEBUG_SOCKETS/qmp,server=on,wait=off"
	debug_checks
	debug_stop
	trap - EXIT
}
