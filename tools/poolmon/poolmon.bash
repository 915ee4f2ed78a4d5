# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Completion of poolmon's options.  The program itself lists its columns.

_poolmon() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} list
	case $before in
	-s | --sort) list=$(poolmon -o help) ;;
	-o | --output)
		local head=
		[[ $word != *,* ]] || head=${word%,*},
		list=$(poolmon -o help | sed "s/^/$head/")
		;;
	-g | --pooltag | --snapshot | /n | /g)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--debugfs)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
		;;
	*) list=$(poolmon --help | grep -oE -- '(^| )--?[a-z]+[a-z-]*' ) ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$list" -- "$word")
}
complete -F _poolmon poolmon
