#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The verifier's parameters and files: their initial contents, the input that they
# accept, and the input that they refuse. Sampling must find some allocations.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 48

verifier=$debug/verifier

mode() { same "$(stat -c %a "$verifier/$1")" "$2"; }
text() { tail -n +3 "$verifier/$1"; }
value() { text "$1" | awk -v n="$2" '$1 == n { print $2 }'; }
takes() { echo "$2" >"$verifier/$1" && same "$(text "$1" | head -n 1)" "$3"; }
param() { echo "$2" >"$params/$1" && same "$(cat "$params/$1")" "$2"; }
# A file is written back as it was read
restored() {
	before=$(cat "$1")
	echo "$before" >"$1" && same "$(cat "$1")" "$before"
}
load_refused() { not load ntpool "$1" && not grep -q '^ntpool ' /proc/modules; }
# Allocations go on until one of them is sampled
sampled() {
	n=0
	while [ $n -lt 100 ]; do
		echo 100 >/sys/module/nt_hold/parameters/churn
		[ "$(value counters allocations_succeeded_special_pool)" -gt 0 ] && return 0
		n=$((n + 1))
	done
	false
}

for bad in special_start=2 special_pages=15 special_pages=65537 sample_ms=3600001 \
	   sample_ms=x "verifier_drivers=a,,b" verifier_drivers=a/b; do
	is "load with $bad is refused" load_refused "$bad"
done
is "it loads" load ntpool special_pages=64 verifier_drivers=nt_*
is "verifier_drivers is what was given" same "$(cat "$params/verifier_drivers")" 'nt_*'
is "the file says the same" same "$(text drivers)" 'nt_*'
is "special_pages is what was given" same "$(cat "$params/special_pages")" 64
is "special_pages cannot be written" same "$(stat -c %a "$params/special_pages")" 444
for file in flags drivers tags faults; do
	is "verifier/$file: mode 600" mode $file 600
done
for file in counters outstanding failures; do
	is "verifier/$file: mode 400" mode $file 400
done
is "all tags to begin with" same "$(text tags)" '*'
is "tags are taken" takes tags 'Fred, Ab*,0x20-0x40' 'Fred,Ab*,0x20-0x40'
is "a bad range is refused" refused "$verifier/tags" '0x40-0x20'
is "no tag is refused" refused "$verifier/tags" ''
for bad in 'A b1' Fredd 0x10000000000000040 0x; do
	is "$bad is refused" refused "$verifier/tags" "$bad"
done
is "an octal code is taken" takes tags 'A\040b1,A\054b1' 'A\040b1,A\054b1'
is "all that the file shows is taken" restored "$verifier/tags"
is "two drivers are not joined" refused "$verifier/drivers" 'nt_hold other'
is "drivers are taken" takes drivers 'nt_hold,other' 'nt_hold,other'
is "and seen by the parameter" same "$(cat "$params/verifier_drivers")" 'nt_hold,other'
is "an empty driver is refused" refused "$verifier/drivers" 'a,,b'
is "6 per cent by default" same "$(value faults probability)" 600
is "no delay by default" same "$(value faults delay_ms)" 0
is "a fault setting is taken" takes faults 'probability 17' 'probability 17'
is "an unknown one is refused" refused "$verifier/faults" 'chance 17'
is "too much is refused" refused "$verifier/faults" 'probability 10001'
is "special_start is taken" param special_start 1
is "special_start 2 is refused" refused "$params/special_start" 2
is "sample_ms is taken" param sample_ms 10
is "sample_ms -1 is refused" refused "$params/sample_ms" -1
echo '*' >"$verifier/tags"
is "a driver that allocates" load nt_hold
is "is sampled" sampled
is "sampling can be switched off" param sample_ms 0
samples=$(value counters allocations_succeeded_special_pool)
is "the samples were counted" [ "$samples" -gt 0 ]
is "and nothing else" same "$(value counters allocations_attempted)" "$samples"
is "nothing was reported" not logged 'ntpool: \*\*\* STOP.*'
rmmod nt_hold ntpool
