#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The table of routines in include/nt/README.md.

    routines.py            prints what is wrong with it
    routines.py --write    writes it between its two markers

A routine is what ntpool.ko exports, or an inline or a macro of include/nt with
kernel-doc.  How it differs from NT is what its kernel-doc says after
"Differs:", up to the next empty line; most differ in nothing.  Other names of
a routine, defined to be it, stand beside it.
"""

import os
import sys

import ctext

SELF = 'tools/checks/' + os.path.basename(__file__)
OUT = 'include/nt/README.md'
BEGIN = '<!-- routines: begin -->\n'
END = '<!-- routines: end -->\n'

# Endings of Interlocked names that say how it orders memory: all alike here
ORDERS = ('Acquire', 'Release', 'NoFence')


def differences():
    """Routine -> what its kernel-doc says, as one line"""
    found = {}
    for path in ctext.paths('module', '.c') + ctext.paths('include/nt', '.h'):
        for name, lines in ctext.docs(ctext.read(path)).items():
            starts = [i for i, line in enumerate(lines)
                      if line.startswith('Differs: ')]
            if starts:
                text = lines[starts[0]:lines.index('', starts[0])]
                found[name] = ' '.join(text).removeprefix('Differs: ')
    return found


def aliases(headers, where):
    """Routine -> its other names, in their order"""
    target = {}
    for header in headers:
        for name, words in header.macros.items():
            if words and name not in where and not name.startswith('NTPOOL_'):
                if not name.endswith(ORDERS):
                    target[name] = words[0]
    found = {}
    for name in sorted(target):
        routine, steps = target[name], 0
        while routine in target and steps < 10:
            routine, steps = target[routine], steps + 1
        if routine in where:
            found.setdefault(routine, []).append(name)
    return found


def escape(text):
    return text.replace('|', '\\|')


def table(headers):
    where = ctext.routines(headers)
    differs = differences()
    others = aliases(headers, where)

    def names(routine):
        return ', '.join([routine] + others.get(routine, []))

    lines = ['| header | routine | differs from NT |', '|---|---|---|']
    for header in sorted(set(where.values())):
        rows = {'': []}
        for routine in sorted(r for r in where if where[r] == header):
            rows.setdefault(differs.get(routine, ''), []).append(names(routine))
        lines += [f'| {header} | {"; ".join(some)} | {escape(text)} |'
                  for text, some in rows.items() if some]
    return '\n'.join(lines) + '\n'


def main():
    text = ctext.read(OUT)
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        print(f'{OUT} has no place for the table')
        return 1
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    wanted = before + BEGIN + table(ctext.headers()) + END + after
    if sys.argv[1:] == ['--write']:
        with open(os.path.join(ctext.TOP, OUT), 'w', encoding='utf-8') as file:
            file.write(wanted)
    elif sys.argv[1:]:
        sys.exit(__doc__)
    elif wanted != text:
        print(f'{OUT} is out of date: run {SELF} --write')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
