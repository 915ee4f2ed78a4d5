#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Two tables of NT's routines, made by tools that read C.

    routines.py [--write] KERNEL_DOC BUILD

Compares the two tables with the sources and the objects, or writes them.  OUT lists the
routines and how each differs from NT; COVERAGE lists the KUnit cases of each.
KERNEL_DOC is scripts/kernel-doc of a kernel tree.  BUILD is a folder that holds a build
of this project as external modules, the suites included.

A routine is a symbol that ntpool.ko exports, by Module.symvers, or an inline or a macro
of include/nt with kernel-doc.  kernel-doc gives the paragraph that starts with
"Differs:".  The compiler gives the header that declares a routine, and the macros that
are other names of one.  nm gives the cases of a suite, and the routines that it calls.
Inlines and macros leave no symbol in the callers.

A routine's own cases bear its name, alone or with others: ExFoo_test, ExFoo_refused_test,
ExFoo_ExBar_test. A routine without a case of its own is an error. A symbol that no suite
with such a case calls is an error, too.
"""

import glob
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SELF = 'tools/checks/' + os.path.basename(__file__)
OUT = 'include/nt/README.md'
COVERAGE = 'kunit/COVERAGE.md'
BEGIN = '<!-- routines: begin -->\n'
END = '<!-- routines: end -->\n'

HEADERS = ('ntifs.h', 'ntddk.h', 'wdm.h', 'ntintsafe.h')
COMPILER = ('gcc', '-std=gnu11', '-ffreestanding', '-fshort-wchar', '-Wno-multichar',
            '-Iinclude/nt', '-x', 'c')

# Endings of Interlocked names that state a memory order; here all orders are alike
ORDERS = ('Acquire', 'Release', 'NoFence')

# Macros that call an exported routine of another name, in whose stead they are tested
FACES = {'NtpoolPagedCode': 'PAGED_CODE', 'NtpoolPagedCodeLocked': 'PAGED_CODE_LOCKED'}

HEAD = f'''<!-- SPDX-License-Identifier: GPL-2.0 -->
# Routines and the KUnit cases that test them

Written by `{SELF} --write`; `make check` compares.
A routine's own cases bear its name; every routine has one. A suite calls a routine if
its object needs the symbol. Calls of inlines and macros leave no symbol, so their last
column is empty.
'''


def run(*command, text=''):
    """The output of a command; its error messages are shown only if it fails."""
    done = subprocess.run(command, cwd=TOP, input=text, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        sys.exit(f'{SELF}: {" ".join(command[:4])}: {done.stderr[-2000:]}')
    return done.stdout


def sources(folder, ending):
    return sorted(os.path.relpath(path, TOP) for path in
                  glob.glob(os.path.join(TOP, folder, '**', '*' + ending), recursive=True)
                  if '/samples/' not in path)


def documented(kernel_doc, path):
    """Routine or macro -> its text after "Differs:", or nothing"""
    found = {}
    for part in re.split(r'^\.\. c:', run(kernel_doc, '-rst', path), flags=re.M)[1:]:
        name = re.match(r'(?:function|macro):: (?:.*?)(\w+) \(', part)
        differs = re.search(r'^ *Differs: (.*?)\n *\n', part, re.M | re.S)
        if name:
            found[name[1]] = ' '.join(differs[1].split()) if differs else ''
    return found


def exports(build):
    """The symbols that ntpool.ko exports under NT's names"""
    with open(os.path.join(build, 'Module.symvers'), encoding='utf-8') as file:
        rows = [line.split('\t') for line in file]
    return {row[1] for row in rows if row[2].endswith('module/ntpool') and
            not row[1].startswith('ntpool_')}


def declarations():
    """Function -> header that declares it, by the compiler"""
    listing = run(*COMPILER, '-fsyntax-only', '-aux-info', '/dev/stdout', '-',
                  text=''.join(f'#include <{name}>\n' for name in HEADERS))
    return {name: os.path.basename(path) for path, name in
            re.findall(r'^/\* include/nt/([\w.]+):\d+:\w+ \*/ .*?(\w+) \(', listing, re.M)}


def aliases(where):
    """Routine -> macros that are other names of it, in their order"""
    listing = run(*COMPILER, '-dM', '-E', '-',
                  text=''.join(f'#include <{name}>\n' for name in HEADERS))
    target = {name: body for name, body in
              re.findall(r'^#define (\w+)(?:\([^)]*\))? (\w+)', listing, re.M)
              if name not in where and not name.startswith('NTPOOL_') and
              not name.endswith(ORDERS)}
    found = {}
    for name in sorted(target):
        routine, steps = target[name], 0
        while routine in target and steps < 10:
            routine, steps = target[routine], steps + 1
        if routine in where:
            found.setdefault(routine, []).append(name)
    return found


def routines(kernel_doc, exported):
    """(routine -> header, routine -> how it differs)"""
    where, differs = {}, {}
    declared = declarations()
    for path in sources('include/nt', '.h'):
        for name, text in documented(kernel_doc, path).items():
            where[name] = os.path.basename(path)
            differs[name] = text
    for path in sources('module', '.c'):
        differs.update((name, text) for name, text in documented(kernel_doc, path).items()
                       if name in exported)
    for name in exported:
        if name not in declared:
            sys.exit(f'{SELF}: {name} is exported and in no header')
        where[name] = declared[name]
    return where, differs


def reference(where, differs):
    """The table of routines; those that differ alike share a row."""
    others = aliases(where)
    lines = ['| header | routine | differs from NT |', '|---|---|---|']
    for header in sorted(set(where.values())):
        rows = {'': []}
        for routine in sorted(r for r in where if where[r] == header):
            names = ', '.join([routine] + others.get(routine, []))
            rows.setdefault(differs.get(routine, ''), []).append(names)
        lines += [f'| {header} | {"; ".join(some)} | {text.replace("|", chr(92) + "|")} |'
                  for text, some in rows.items() if some]
    return '\n'.join(lines) + '\n'


def symbols(path):
    """(cases, symbols that an object defines, symbols that it needs)"""
    listing = re.findall(r' ([a-zA-Z]) (\S+)$', run('nm', path), re.M)
    return ({name for kind, name in listing if kind == 't' and name.endswith('_test')},
            {name for kind, name in listing if kind.isupper() and kind != 'U'},
            {name for kind, name in listing if kind == 'U'})


def suites(build):
    """Suite -> (its cases, symbols that it needs)

    A suite needs also what the fixtures of its own folder need, if it uses them.
    """
    found = {}
    for source in sources('kunit', '_kunit.c'):
        path = os.path.join(build, source[:-1] + 'o')
        cases, _, needs = symbols(path)
        for fixture in sources(os.path.dirname(source), '.c'):
            if not fixture.endswith('_kunit.c'):
                _, defined, more = symbols(os.path.join(build, fixture[:-1] + 'o'))
                if defined & needs:
                    needs = needs | more
        found[os.path.basename(source).removesuffix('_kunit.c')] = cases, needs
    return found


def borne(case, where):
    """The routines whose names a case bears: the longest that fit, in a row"""
    words = case.split('_')
    found = set()
    while words:
        fits = [n for n in range(1, len(words)) if '_'.join(words[:n]) in where]
        if not fits:
            break
        found.add('_'.join(words[:fits[-1]]))
        words = words[fits[-1]:]
    return found


def coverage(where, found, exported):
    """(table of the cases, routines without a case of their own)"""
    lines, bad = [HEAD], []
    for header in sorted(set(where.values())):
        lines += [f'## {header}', '', '| routine | its own cases | suites that call it |',
                  '|---|---|---|']
        for routine in sorted(r for r in where if where[r] == header):
            name = FACES.get(routine, routine)
            own = {suite: sorted(case for case in cases if name in borne(case, where))
                   for suite, (cases, _) in sorted(found.items())}
            callers = sorted(suite for suite, (_, needs) in found.items()
                             if routine in needs)
            text = '; '.join(f'{suite}: ' + ', '.join(cases)
                             for suite, cases in own.items() if cases)
            lines.append(f'| {routine} | {text or "none"} | {", ".join(callers)} |')
            if not text:
                bad.append(f'{routine}: no case bears its name')
            elif routine in exported and not any(own[suite] for suite in callers):
                bad.append(f'{routine}: no suite with a case of its name calls it')
        lines.append('')
    return '\n'.join(lines), bad


def compare(path, wanted, write):
    """Writes a file, or tells that it differs."""
    path = os.path.join(TOP, path)
    if write:
        with open(path, 'w', encoding='utf-8') as file:
            file.write(wanted)
        return []
    with open(path, encoding='utf-8') as file:
        if file.read() == wanted:
            return []
    return [f'{os.path.relpath(path, TOP)} is out of date: run {SELF} --write']


def with_table(table):
    with open(os.path.join(TOP, OUT), encoding='utf-8') as file:
        text = file.read()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        sys.exit(f'{OUT} has no place for the table')
    before, rest = text.split(BEGIN)
    return before + BEGIN + table + END + rest.split(END)[1]


def main():
    args = [arg for arg in sys.argv[1:] if arg != '--write']
    write = '--write' in sys.argv
    if len(args) != 2:
        sys.exit(__doc__)
    kernel_doc, build = (os.path.abspath(arg) for arg in args)
    exported = exports(build)
    where, differs = routines(kernel_doc, exported)
    cases, bad = coverage(where, suites(build), exported)
    bad += compare(OUT, with_table(reference(where, differs)), write)
    bad += compare(COVERAGE, cases, write)
    for line in bad:
        print(line)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
