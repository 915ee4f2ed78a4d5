#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Which KUnit cases call which routine of NT.

    coverage.py            prints what is wrong with kunit/COVERAGE.md
    coverage.py --write    writes it

Rows are the routines that ntpool.ko exports and the inlines and macros of
include/nt that have kernel-doc.  A case covers a routine if its function names
it, or anything that the function reaches: functions and tables of the kunit
folder, the generator of its parameters, NT's inlines and macros.  That a
routine is named shows that it is called and not that all it promises is
checked.

A case is a routine's own if it bears its name, alone or with others, as in
ExFoo_test, ExFoo_refused_test and ExFoo_ExBar_test, and calls it.  A routine
without a case of its own is an error.
"""

import itertools
import os
import sys

import ctext

SELF = 'tools/checks/' + os.path.basename(__file__)
OUT = 'kunit/COVERAGE.md'
OTHERS = 6	# cases that call a routine by the way, as far as they are listed
HEAD = f'''<!-- SPDX-License-Identifier: GPL-2.0 -->
# Routines and the KUnit cases that call them

Written by `{SELF} --write`; `make check` compares. A case stands here if
its function calls the routine, directly or through functions and tables of this
folder. A routine's own cases are those that bear its name; every routine has one.
Of the others some are listed, from as many suites as there are. The suites are
named without `ntpool_`.
'''


class Program:
    """All files of include/nt and kunit, and what a name means in each."""

    def __init__(self):
        self.headers = ctext.headers()
        self.tests = [ctext.Source(p) for p in
                      ctext.paths('kunit', '.h') + ctext.paths('kunit', '.c')]
        self.common = {}
        for source in self.headers + self.tests:
            for name in source.refs:
                if source.path.endswith('.h') or name not in source.static:
                    self.common.setdefault(name, source)

    def reach(self, source, names):
        """Every name that is used, beginning with some of one file's."""
        seen, todo = set(), [(source, name) for name in names]
        while todo:
            at, name = todo.pop()
            home = at if name in at.refs else self.common.get(name)
            key = (home.path if home else '', name)
            if key in seen:
                continue
            seen.add(key)
            if home:
                todo += [(home, ref) for ref in home.refs[name]]
        return {name for _, name in seen}


def fields(item):
    """Initialisers of a structure: .name = value, of one token each."""
    body = item.body
    return {body[i + 1]: body[i + 3] for i in range(len(body) - 3)
            if body[i] == '.' and body[i + 2] == '='}


def arguments(words):
    """Arguments of the macro KUNIT_CASE or one like it, of one token each."""
    return [w for w in words[:words.index(')')] if w not in '(,']


def cases(source, table):
    """(case, names that its run starts from) in the order of the table."""
    for item in source.items:
        if '=' not in item.head or item.variable() != table:
            continue
        for index, word in enumerate(item.body):
            if word.startswith('KUNIT_CASE'):
                names = arguments(item.body[index + 1:])
                yield names[0], names


def suites(program):
    """(suite, source, table of its cases), sorted by name"""
    found = []
    for source in program.tests:
        for item in source.items:
            if 'kunit_suite' in item.head and '=' in item.head:
                field = fields(item)
                name = field['name'].strip('"').removeprefix('ntpool_')
                found.append((name, source, field['test_cases']))
    return sorted(found, key=lambda suite: suite[0])


def borne(case, where):
    """The routines whose names a case bears: the longest that fit, in a row."""
    words = case.split('_')
    found = set()
    while words:
        fits = [n for n in range(1, len(words)) if '_'.join(words[:n]) in where]
        if not fits:
            break
        found.add('_'.join(words[:fits[-1]]))
        words = words[fits[-1]:]
    return found


def faces(program, where):
    """Routine -> names that it goes by.

    What a macro alone is to call, and has Ntpool in its name for that, goes by
    the name of the macro.
    """
    names = {routine: {routine} for routine in where}
    for header in program.headers:
        for macro in header.macros:
            for routine in header.refs[macro] & names.keys():
                if routine.startswith('Ntpool') and macro in where:
                    names[routine].add(macro)
    return names


def coverage(program, where):
    """Routine -> suite -> cases"""
    table = {routine: {} for routine in where}
    for suite, source, case_table in suites(program):
        for case, names in cases(source, case_table):
            for name in program.reach(source, names):
                if name in table:
                    table[name].setdefault(suite, []).append(case)
    return table


def split(table, where, names):
    """Routine -> (suite -> own cases, suite -> other cases)"""
    found = {}
    for routine, by_suite in table.items():
        own, others = {}, {}
        for suite, cases_of in by_suite.items():
            for case in cases_of:
                mine = borne(case, where) & names[routine]
                (own if mine else others).setdefault(suite, []).append(case)
        found[routine] = own, others
    return found


def listed(by_suite):
    return '; '.join(f'{suite}: ' + ', '.join(by_suite[suite])
                     for suite in sorted(by_suite) if by_suite[suite])


def abridged(by_suite):
    """Some cases, the first of each suite before the second of any."""
    turns = itertools.zip_longest(*([(suite, case) for case in by_suite[suite]]
                                    for suite in sorted(by_suite)))
    every = [pair for turn in turns for pair in turn if pair]
    shown = {suite: [] for suite in by_suite}
    for suite, case in every[:OTHERS]:
        shown[suite].append(case)
    more = len(every) - OTHERS
    return listed(shown) + (f'; and {more} more' if more > 0 else '')


def render(where, found):
    lines = [HEAD]
    for header in sorted(set(where.values())):
        lines += [f'## {header}', '', '| routine | its own cases | other cases |',
                  '|---|---|---|']
        for routine in sorted(r for r in where if where[r] == header):
            own, others = found[routine]
            lines.append(f'| {routine} | {listed(own) or "none"} '
                         f'| {abridged(others)} |')
        lines.append('')
    return '\n'.join(lines)


def main():
    program = Program()
    where = ctext.routines(program.headers)
    table = coverage(program, where)
    found = split(table, where, faces(program, where))
    text = render(where, found)
    bad = [f'{r}: no case calls it' if not table[r] else
           f'{r}: no case bears its name'
           for r in sorted(table) if not found[r][0]]
    path = os.path.join(ctext.TOP, OUT)
    if sys.argv[1:] == ['--write']:
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
    elif sys.argv[1:]:
        sys.exit(__doc__)
    elif not os.path.exists(path) or ctext.read(OUT) != text:
        bad.append(f'{OUT} is out of date: run {SELF} --write')
    print('\n'.join(bad), end='\n' if bad else '')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
