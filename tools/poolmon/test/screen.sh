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
	shows 'saved: live/saved' && grep -q '^Hold' live/saved
}

resizes() {
	term resize-window -x 40 -y 10
	shows '^Tag' && term resize-window -x 120 -y 30 && shows 'nt_hold'
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

# opens_tag: ENTER on the second row shows all about it, ESC goes back
opens_tag() {
	term send-keys Home Down && marked 'Hold Nonp' || return 1
	key Enter '^Tag Hold, nonpaged pool: 3 live' &&
		shows 'hold_init\+0x2d/0x1000 \[nt_hold\]' &&
		shows '^Hold Nonp +5120 ' && key Escape '^Fs'
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

# A changed line is bold with l, and only then.
highlights() {
	term send-keys l
	grows && sleep 0.2
	term capture-pane -e -p | grep 'Grow' | grep -aqE $'\e\\[([0-9]+;)*1m'
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
	checked "screen: l marks changes (with a terminal without colours)" eval \
		"SCREEN_TERM=vt100 screen_start 100 24 -d 2 && shows '^Hold' && highlights"
	screen_stop
	checked "the manual page has these screens" python3 "$POOLMON_TESTS/manual.py" \
		"$BUILD/poolmon-asan/poolmon"
}
