#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The installed module, the installed example driver, and a kernel that is locked down.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 17

# busybox has a modprobe of its own.
modprobe() { /sbin/modprobe "$@"; }

param() { same "$(cat "$params/$1")" "$2"; }
loaded() { grep -q "^$1 " /proc/modules; }
parameters_kept() { echo "$2" >"$params/$1" && param "$1" "$3"; }

# files_with MODE: names of the files whose mode has a bit of it
files_with() {
	(cd "$debug" && find . -type f -perm "/$1" | sed 's|^\./||' | sort | tr '\n' ' ')
}

all_readable() {
	count=0
	for file in $(cd "$debug" && find . -type f ! -perm /222); do
		if ! cat "$debug/$file" >/tmp/content || [ ! -s /tmp/content ]; then
			echo "$file cannot be read"
			return 1
		fi
		count=$((count + 1))
	done
	[ $count -gt 10 ] || { echo "$count files"; return 1; }
}

none_opens() {
	for file in $(cd "$debug" && find . -type f -perm /222); do
		! cat "$debug/$file" >/tmp/content 2>&1 || { echo "$file was read"; return 1; }
	done
}

new_log
is "modprobe loads the driver" modprobe hello
is "and ntpool before it" loaded ntpool
is "modprobe.d: verifier" param verifier 9
is "modprobe.d: verifier_drivers" param verifier_drivers 'acme*'
is "the block of the driver is counted" same "$(of_tag Demo 5) $(of_tag Demo 7)" "1 64"
is "its call site is the driver's" grep -qE \
	'^Demo Nonp +1 +[0-9]+ +64 hello_init\+0x[0-9a-f]+/0x[0-9a-f]+ \[hello\]$' \
	"$debug/callers"
is "rmmod of the driver" rmmod hello
is "it left nothing" same "$(of_tag Demo 5)" 0
is "and no leak was logged" not sh -c 'dmesg | grep "ntpool: leak"'

written="verifier/drivers verifier/faults verifier/flags verifier/tags "
is "only the controls have a write bit" same "$(files_with 222)" "$written"
is "before the lockdown a control can be read" cat "$debug/verifier/flags"
mount -t securityfs none /sys/kernel/security
echo integrity >/sys/kernel/security/lockdown
is "the kernel is locked down" grep -q '\[integrity\]' /sys/kernel/security/lockdown
is "all files without a write bit can be read" all_readable
is "no control opens" none_opens
is "the parameter verifier can be written" parameters_kept verifier 0x8 8
is "the parameter verifier_drivers can be written" parameters_kept verifier_drivers 'mydrv' mydrv
is "a module without a trusted signature is refused" not modprobe hello
rmmod ntpool
