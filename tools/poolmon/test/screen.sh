# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The screen under tmux: keys are sent, and the text of the terminal is compared.
# Sourced by tools/test/poolmon.sh.

TMUX_SOCKET=ntpool-test-$$

term() { tmux -L "$TMUX_SOCKET" -f /dev/null "$@"; }

# screen_start COLUMNS LINES ARG...: a terminal of its own with poolmon, C locale
screen_start() {
	local columns=$1 lines=$2
	shift 2
	rm -rf live ended
	cp -r "$RECORDED" live
	TERM=${SCREEN_TERM:-xterm} term new-session -d -x "$columns" -y "$lines" \
		"LC_ALL=C TERM=${SCREEN_TERM:-screen} ASAN_OPTIONS=detect_leaks=0:log_path=asan \
		$BUILD/poolmon-asan/poolmon --debugfs live $*; echo ended \$? >ended; sleep 60"
}

screen_stop() { term kill-server 2>/dev/null || true; }

screen_text() { term capture-pane -p; }

# shows PATTERN: within ten seconds a line of the terminal matches
shows() {
	local try
	for try in $(seq 100); do
		if screen_text 2>/dev/null | grep -qE -- "$1"; then
			return 0
		fi
		sleep 0.1
	done
	say "no $1 after $try tries:"
	screen_text
	return 1
}

shows_not() {
	local try
	for try in $(seq 100); do
		screen_text | grep -qE -- "$1" || return 0
		sleep 0.1
	done
	say "still $1 after $try tries:"
	screen_text
	return 1
}

# key KEY PATTERN: the pattern is not shown before the key, and is after it
key() {
	if screen_text | grep -qE -- "$2"; then
		say "$2 was there before $1:"
		screen_text
		return 1
	fi
	term send-keys "$1"
	shows "$2"
}

ended() {
	local try
	for try in $(seq 100); do
		[ ! -s ended ] || break
		sleep 0.1
	done
	say "$(cat ended), $try tries"
	grep -qx "ended $1" ended
}

quits() {
	screen_start 80 24
	shows '^Tag' && term send-keys "$1" && ended 0
}

# no_keys FROM: without a terminal to read keys from there is no screen
no_keys() {
	screen_start 80 24 "$1"
	ended 1 && shows 'standard input is no terminal'
}

grows() {
	printf 'Grow Nonp 17 6 11 1500 900 1\n' | cat live/ntpool/tags - >next
	sed -i 's/^Hold Nonp           3 /Hold Nonp          33 /' next
	mv next live/ntpool/tags
	shows '^Grow' && shows '^Hold Nonp +33 +\(30\)'
}

returns() {
	mv live/ntpool live/gone
	shows 'not loaded: waiting' && mv live/gone live/ntpool && shows_not 'not loaded: waiting'
}

pauses() {
	key Space PAUSED
	printf 'Late Nonp 17 6 11 1500 900 1\n' >>live/ntpool/tags
	sleep 1
	screen_text | grep -q '^Late' && return 1
	term send-keys Space
	shows '^Late'
}

filters() {
	term send-keys / && shows '^Filter' && term send-keys -l List &&
		term send-keys Enter || return 1
	shows 'filter: List' && shows_not '^Hold' || return 1
	term send-keys / && shows '^Filter' && term send-keys Enter && shows '^Hold'
}

# ESC leaves the filter as it was, a backspace corrects it, and a signal ends poolmon meanwhile.
prompts() {
	term send-keys / && shows '^Filter' && term send-keys -l Listx &&
		term send-keys BSpace Enter && shows 'filter: List$' &&
		shows_not '^Hold' || return 1
	term send-keys / && shows '^Filter' && term send-keys -l Hold &&
		term send-keys Escape || return 1
	shows_not '^Filter' && shows 'filter: List$' && shows '^List' || return 1
	term send-keys w && shows '^Save' && term resize-window -x 90 -y 20 && shows '^Save' &&
		term send-keys Escape && shows_not '^Save' && shows '^Tag' || return 1
	term send-keys s && shows '^Seconds' && term send-keys C-c && ended 0
}

shows_bad_rows() {
	say 'Bad row' >>live/ntpool/tags
	shows 'unreadable rows: 1'
}

sets_interval() {
	term send-keys s && shows '^Seconds' && term send-keys -l 0.3 &&
		term send-keys Enter || return 1
	shows 'every 0.3 s'
	term send-keys s && shows '^Seconds' && term send-keys -l 0 &&
		term send-keys Enter || return 1
	shows '0.1 or more'
}

saves() {
	rm -f live/saved
	term send-keys w && shows '^Save' && term send-keys -l live/saved &&
		term send-keys Enter || return 1
	shows 'saved: live/saved' && grep -q '^Hold' live/saved || return 1
	term send-keys w && shows '^Save' && term send-keys -l nowhere/saved &&
		term send-keys Enter && shows 'not saved: No such file'
}

resizes() {
	term resize-window -x 40 -y 10
	shows '^Tag' && term resize-window -x 120 -y 30 && shows 'nt_hold'
}

# At any width, a row is the first columns of the wide one, and no number is cut.
whole_numbers() {
	local width
	term resize-window -x 150 -y 24 && shows ' 6121 +0' || return 1
	screen_text | grep '^Hold Nonp' | sed 's/ *$//' | tr -s ' ' >wide
	for width in 24 40 52 60 66 72 80 86 95; do
		term resize-window -x $width -y 24
		# The row of the width before would do, too.
		sleep 0.6
		awaits row_fits $width || { screen_text; return 1; }
	done
}

# row_fits WIDTH: the row is as long as the width allows
row_fits() {
	screen_text | grep '^Hold Nonp' | sed 's/ *$//' >narrow
	[ "$(wc -c <narrow)" -le $(($1 + 1)) ] && [ "$(wc -c <narrow)" -gt $(($1 - 15)) ] &&
		[[ "$(cat wide) " == "$(tr -s ' ' <narrow) "* ]]
}

# The selected line is the one with the mark.
marked() {
	local try
	for try in $(seq 50); do
		! term capture-pane -e -p | grep -aE $'\e\\[([0-9]+;)*7m' |
			grep -aq "$1" || return 0
		sleep 0.1
	done
	say "$1 is not marked after $try tries:"
	term capture-pane -e -p
	return 1
}

moves() {
	local pair
	for pair in Home=Fs Down='Hold Nonp' Up=Fs NPage=List PPage=Fs End=List; do
		term send-keys "${pair%%=*}" && marked "${pair#*=}" || return 1
	done
}

shifts() {
	key Right '^Tag. +Type +Frees' || key Right '^Tag. +Type +\(?.*Frees'
	term send-keys Left
	shows '^Tag. +Type +Allocs'
}

# tag_page ROW HEAD KEY...: ENTER on the row opens its page, whose text is in `page`
tag_page() {
	local row=$1 head=$2
	shift 2
	term send-keys Home "$@" && marked "$row" && key Enter "$head" &&
		screen_text | tail -n +3 >page
}

# part HEADING: the lines of a page from there to an empty line
part() { sed -n "/^$1/,/^\$/p" page | sed '1d;$d'; }

# ENTER shows all about a tag in one pool. ESC goes back, and so does ENTER.
opens_tag() {
	nonpaged_page && paged_page && list_page && return
	cat page
	return 1
}

nonpaged_page() {
	tag_page 'Hold Nonp' '^Tag Hold, nonpaged pool$' Down &&
		grep -q '^3 live allocations, 14352 b' page &&
		part 'Call sites' | grep -q 'hold_init+0x2d/0x1000 \[nt_hold\]' &&
		[ "$(part 'Lookaside lists')" = none ] &&
		[ "$(part 'Sizes above' | tr -s ' ')" = 'Hold Nonp 5120 2 3072 1' ] &&
		[ "$(part 'Blocks and stacks' | cut -c1-26)" = '000000005d9b1f0c Hold Nonp
 hold_init+0x2d/0x1000 [nt
 do_one_initcall+0x59/0x22
 do_init_module+0x4a/0x1f0' ] &&
		key Escape '^Fs'
}

paged_page() {
	tag_page 'Hold Paged' '^Tag Hold, paged pool$' Down Down &&
		part 'Lookaside lists' | grep -qE '^Hold Paged +64 +4 .*hold_init\+0xc4' &&
		[ "$(part 'Sizes above' | tr -s ' ')" = 'Hold Paged 9216 3 3072 1' ] &&
		[ "$(part 'Blocks and stacks' | wc -l)" = 3 ] &&
		part 'Blocks and stacks' | grep -q '^00000000a81c7e40 Hold Paged' &&
		key Enter '^Fs'
}

list_page() {
	tag_page 'List Nonp' '^Tag List, nonpaged' End &&
		part 'Lookaside lists' | grep -qE '^List Nonp +128 .*hold_init\+0x9a' &&
		[ "$(part 'Blocks and stacks')" = none ] &&
		key q '^Fs'
}

# Of many blocks the first 200 lines are shown, and the number of the others.
scrolls_page() {
	seq -f '%016.0f Fs\040\040 Nonp 1 1 1 1 f+0x1/0x2 [fs_rec]' 250 \
		>>live/ntpool/verifier/outstanding
	term send-keys Home && key Enter '^Tag Fs' && key End '^52 lines more' &&
		shows_not '^Tag Fs' && key Home '^Tag Fs' && shows_not 'lines more' &&
		key NPage '^0000000000000018 ' && shows_not '^Tag Fs' && key PPage '^Tag Fs' &&
		term send-keys Down && shows_not '^Tag Fs' && key Up '^Tag Fs' && key q '^Hold'
}

sort_keys() {
	key a 'sort: allocs' && key f 'sort: frees' && key d 'sort: diff' &&
		key b 'sort: bytes' && key m 'sort: per_alloc' && key t 'sort: tag' &&
		key '>' 'sort: type' && key '<' 'sort: tag' && term send-keys b &&
		key '(' 'bytes, by change' && term send-keys ')' && shows_not 'by change' &&
		term send-keys t && shows 'sort: tag' && key '(' 'bytes, by change' &&
		term send-keys ')' t && shows 'sort: tag$'
}

page_keys() {
	key h 'nonpaged pool, paged pool, both' && key h '^Tag' && key '?' 'back, or quit' &&
		key q '^Tag' && key c 'Call site' && key c 'PerAlloc' &&
		key L 'Owner' && key L 'PerAlloc'
}

pool_keys() {
	term send-keys p && shows_not '^Hold Paged' && term send-keys p &&
		shows_not '^Hold Nonp' && term send-keys p && shows '^Hold Nonp' &&
		shows '^Hold Paged'
}

totals_key() { key e '^Total? +Paged|^Total Paged' && term send-keys e && shows_not '^Total'; }

# changes_shown KEY ARG...: a terminal without colours with the options; then the key, and a change
changes_shown() {
	local key=$1
	shift
	SCREEN_TERM=vt100 screen_start 100 24 -d 2 "$@" && shows '^Hold' || return 1
	[ -z "$key" ] || term send-keys "$key"
	grows && sleep 0.2
}

grown_is_bold() {
	term capture-pane -e -p | grep 'Grow' | grep -aqE $'\e\\[([0-9]+;)*1m'
}

highlights() { changes_shown "$@" && grown_is_bold; }
highlights_not() { changes_shown "$@" && ! grown_is_bold; }

# The counters of the ntpool that returns begin again: a larger one is no change.
reloads() {
	screen_start 80 24 -d 1.5 && shows '^Hold Nonp +3 ' || return 1
	mv live/ntpool live/gone
	sed -i 's/^Hold Nonp           3 /Hold Nonp          50 /' live/gone/tags
	shows 'not loaded: waiting' || return 1
	mv live/gone live/ntpool
	shows '^Hold Nonp +50 ' || return 1
	screen_text | tee shown | grep -qE '^Hold Nonp +50 +\(0\)' && return
	cat shown
	return 1
}

# A file of an unknown format ends the screen: the message follows it.
ends_on_format() {
	screen_start 80 24 -d 0.2 && shows '^Hold' || return 1
	sed -i '1s/1$/2/' live/ntpool/callers
	ended 7 && shows 'a format that this version does not know'
}

# Text of another program on the terminal
redraws() {
	screen_start 80 24 -d 60 && shows '^Hold' || return 1
	printf '\033[20;5Hanother program' >"$(term display-message -p '#{pane_tty}')"
	shows 'another program' && term send-keys C-l && shows_not 'another program' &&
		shows '^Hold'
}

shows_rude_names() {
	rude_folder rude
	screen_start 150 24 -d 0.2 && shows '^Hold' || return 1
	cp rude/ntpool/{tags,callers} live/ntpool/
	printf '1 Rude Nonp 1 1 1 1 g\033[31m\377+0x1/0x2\n f\033[31m\377end\n' \
		>live/ntpool/verifier/outstanding
	shows '^Rude .* nt_\?' && key c 'f\?\[31m\?\?<b>\+0x1/0x2 \[nt_\?\]0;x\?\?"\]' &&
		key q PerAlloc && key Enter '^1 Rude .* g\?\[31m\?\+0x1' && shows '^ f\?\[31m\?end'
}

screen_checks() {
	checked "screen: q quits" quits q
	screen_stop
	checked "screen: ESC quits" quits Escape
	screen_stop
	checked "screen: not without keys" no_keys '</dev/null'
	screen_stop
	checked "screen: not with a closed input" no_keys '<&-'
	screen_stop
	checked "screen: 80 columns, C locale" screen_start 80 24 -d 0.2
	checked "screen: the tags" shows '^Hold Paged +4 '
	checked "screen: sort keys" sort_keys
	checked "screen: help, call sites, lookaside lists" page_keys
	checked "screen: arrows, pages, Home, End" moves
	checked "screen: left and right" shifts
	checked "screen: ENTER opens a tag" opens_tag
	checked "screen: PgUp, PgDn, Home, End on a page" scrolls_page
	checked "screen: p chooses pools" pool_keys
	checked "screen: e shows totals" totals_key
	checked "screen: / filters" filters
	checked "screen: s sets the interval" sets_interval
	checked "screen: w saves" saves
	checked "screen: waits while ntpool is unloaded" returns
	checked "screen: SPACE pauses" pauses
	checked "screen: the terminal changes its size" resizes
	checked "screen: rows that cannot be read" shows_bad_rows
	checked "screen: questions are answered, corrected, left and ended" prompts
	screen_stop
	checked "screen: l marks changes (with a terminal without colours)" highlights l
	screen_stop
	checked "screen: -l marks changes" highlights '' -l
	screen_stop
	checked "screen: --highlight marks changes" highlights '' --highlight
	screen_stop
	checked "screen: without it nothing is marked" highlights_not ''
	screen_stop
	checked "screen: no changes across a reload" reloads
	screen_stop
	checked "screen: a file of an unknown format" ends_on_format
	screen_stop
	checked "screen: Ctrl-L draws all lines again" redraws
	screen_stop
	checked "screen: escapes and octets that are no ASCII" shows_rude_names
	screen_stop
	checked "screen: 150 columns" screen_start 150 24 -d 0.2 -o tag,type,allocs,allocs_delta,\
frees,frees_delta,diff,bytes,bytes_delta,per_alloc,requested,failed
	checked "screen: no number is cut" whole_numbers
	screen_stop
	checked "the manual page has these screens" python3 "$POOLMON_TESTS/manual.py" \
		"$BUILD/poolmon-asan/poolmon"
}
