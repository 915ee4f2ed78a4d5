# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Completion of poolmon's commands and options.  The program itself lists its columns. Where
# the function leaves the reply empty, bash completes names of files, and quotes their blanks.

# _poolmon_options COMMAND...: the options in its help
_poolmon_options() {
	"$@" --help | grep -oE -- '(^|[ ,[(])--?[a-zA-Z(][a-z-]*' | tr -d ' ,['
}

_poolmon() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} list head=
	local command=${COMP_WORDS[1]}
	COMPREPLY=()
	case $before in
	-s | --sort) list=$(poolmon -o help) ;;
	-o | --output)
		[[ $word != *,* ]] || head=${word%,*},
		list=$(poolmon -o help | sed "s/^/$head/")
		;;
	-g | --pooltag | --snapshot | /n | /g) return ;;
	--debugfs)
		compopt +o default -o dirnames
		return
		;;
	*)
		case $command in
		record | diff | report)
			if [[ $COMP_CWORD -gt 1 && $word != -* ]]; then
				return
			fi
			;;
		esac
		if [[ $COMP_CWORD -gt 1 && $command == @(record|diff|report) ]]; then
			list=$(_poolmon_options poolmon "$command")
		else
			list=$(_poolmon_options poolmon)
			[ "$COMP_CWORD" -gt 1 ] || list+=$'\nrecord\ndiff\nreport'
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$list" -- "$word")
}
complete -o default -F _poolmon poolmon
