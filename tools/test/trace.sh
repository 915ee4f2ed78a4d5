# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# PARTS=trace: perf, trace-cmd and the bpftrace scripts of tools/bpf/, in a guest with the
# stock kernel.  Sourced by test.sh.

TRACE_PACKAGES=(linux-perf trace-cmd bpftrace)

# trace_initramfs NTPOOL HELPERS: prints the archive with the tools and their libraries
trace_initramfs() {
	local root=$BUILD/guest/trace archive
	archive=$(system_initramfs trace "$1" "$2" "$TOP"/tools/system/trace-*.sh)
	mkdir "$root/bpf"
	cp "$TOP"/tools/bpf/*.bt "$root/bpf/"
	add_program "$root" perf trace-cmd bpftrace
	pack "$root" "$archive"
	say "$archive"
}

trace_part() {
	local series headers stock modules helpers initramfs name
	stock_set
	say "Tools that read the tracepoints, stock kernel ${stock##*/}"
	need_packages "${TRACE_PACKAGES[@]}"
	helpers=$(helper_modules "$headers" "$series" "$modules")
	initramfs=$(trace_initramfs "$modules" "$helpers")
	name=trace-$series
	# The libraries of bpftrace take a quarter of a gigabyte.
	boot "$name" --kernel "$stock/vmlinuz" --initrd "$initramfs" --cpus "${CPUS:-2}" \
		--mem 2048 --timeout 1200 --append "loglevel=7 nowatchdog nt_seconds:500"
	judge "$name" system "$KERNEL"
}
