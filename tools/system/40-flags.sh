#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# verifier/flags: bad writes change nothing, good ones are the parameter's.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 9

flags=$debug/verifier/flags

both_are() { same "$(tail -n 1 "$flags")" "$1" && same "$(cat "$params/verifier")" "$1"; }
switch() { echo "$2" >"$1" && both_are "$3"; }

load ntpool
for bad in 0x10 abc -1 0x10000000000000000 "8 8" \
	   0x0000000000000000000000000000000000000000000000000000000000000000000000008; do
	is "$bad is refused" refused "$flags" "$bad"
done
is "0x8 written to the file" switch "$flags" 0x8 8
is "0x3 written to the parameter" switch "$params/verifier" 0x3 3
is "0 written to the file" switch "$flags" 0 0
rmmod ntpool
