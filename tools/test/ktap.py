#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Judges one guest run: KTAP results, how the run ended, splats in the log.

    ktap.py kunit  RESULT CONSOLE --module FILE.ko --ktap OUT
    ktap.py system RESULT CONSOLE --scenarios N
    ktap.py demo   RESULT CONSOLE

RESULT is what came over the result port, CONSOLE the console log.  Prints one
line per suite, details of what failed, and `counts PASSED FAILED SKIPPED` last.

A result is counted once, at the innermost level that has results: the
parameters of a parametrised case, else the case.  What a plan promises and
does not come is a failure, as is a step of the guest that ended badly, a
missing END and every splat.  A skipped case counts as skipped and as nothing
else.  KUnit modules on 6.1 print no plan of suites, so their number is read
from the section of the module that lists them.
"""

import argparse
import re
import struct
import sys

RESULT_LINE = re.compile(r'^( *)(not )?ok (\d+)(?: - | )?(.*)$')
PLAN_LINE = re.compile(r'^( *)1\.\.(\d+)$')
SKIP = re.compile(r'# SKIP\b', re.IGNORECASE)
INDENT = 4

SPLAT = re.compile(
    r'\bBUG[: ]|WARNING:|KASAN:|UBSAN:|possible circular locking|INFO: |'
    r'scheduling while atomic|sleeping function called|Oops|'
    r'general protection|Unable to handle|unreferenced object|rcu: INFO|'
    r'Call Trace|ODEBUG:|list_(?:add|del) corruption|Kernel panic|'
    r'Bad page state|stack guard page|refcount_t:|inconsistent lock state|'
    r'suspicious RCU usage|Voluntary context switch')
OURS = re.compile(r'^(?:\[[ 0-9.]+\])?(?:\[[ A-Z0-9]+\])? ?ntpool: ')


def suites_in_module(path):
    """Number of suites listed in a module, of 64 or 32 bits."""
    with open(path, 'rb') as file:
        elf = file.read()
    # Where the header has the table of sections, where an entry of that has
    # offset and size, and the bytes of a pointer.
    at, layout, field, pointer = {
        1: (0x20, '<I', 0x10, 4), 2: (0x28, '<Q', 0x18, 8)}[elf[4]]
    shoff, = struct.unpack_from(layout, elf, at)
    entsize, count, names = struct.unpack_from(
        '<HHH', elf, 0x2e if pointer == 4 else 0x3a)

    def section(index):
        base = shoff + index * entsize
        name, = struct.unpack_from('<I', elf, base)
        offset, size = struct.unpack_from(layout + layout[1], elf, base + field)
        return name, offset, size

    strings = section(names)[1]
    total = 0
    for index in range(count):
        name, _, size = section(index)
        start = strings + name
        if elf[start:elf.index(b'\0', start)] == b'.kunit_test_suites':
            total += size // pointer
    return total


class Counts:
    """What a run came to, with a line for each thing that went wrong."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.problems = []

    def fail(self, text, times=1):
        self.failed += times
        self.problems.append(text)


class Suite:
    """The cases of one suite while its lines are read."""

    def __init__(self):
        self.name = '?'
        self.plan = None
        self.seen = 0
        self.params = []
        self.counts = Counts()

    def one(self, bad, name):
        if bad:
            self.counts.fail(f'{self.name}: {name}')
        elif SKIP.search(name):
            self.counts.skipped += 1
        else:
            self.counts.passed += 1

    def case(self, number, bad, name):
        self.seen += 1
        if number != self.seen:
            self.counts.fail(f'{self.name}: {name}: number {number}, '
                             f'expected {self.seen}')
        for param_bad, param in self.params:
            self.one(param_bad, f'{name}: {param}')
        if not self.params:
            self.one(bad, name)
        elif bad and not any(p for p, _ in self.params):
            self.one(True, name)
        self.params = []

    def finish(self, bad):
        counts = self.counts
        if self.plan is None:
            counts.fail(f'{self.name}: no plan')
        elif self.seen < self.plan:
            counts.fail(f'{self.name}: {self.plan - self.seen} of '
                        f'{self.plan} results are missing',
                        self.plan - self.seen)
        elif self.seen > self.plan:
            counts.fail(f'{self.name}: {self.seen} results, '
                        f'{self.plan} planned')
        if self.params:
            counts.fail(f'{self.name}: ended within a case')
        if bad and not counts.failed:
            counts.fail(f'{self.name}: the suite itself failed')


class Ktap:
    """Reads KTAP of the depth that KUnit prints: suite, case, parameter."""

    def __init__(self, total):
        self.total = total
        self.suite = Suite()
        self.done = []

    def line(self, text):
        plan = PLAN_LINE.match(text)
        if plan and len(plan[1]) == INDENT:
            self.suite.plan = int(plan[2])
        name = re.match(r' *# Subtest: (.*)$', text)
        if name and self.suite.plan is None:
            self.suite.name = name[1]
        result = RESULT_LINE.match(text)
        if result:
            self.result(len(result[1]) // INDENT, int(result[3]),
                        bool(result[2]), result[4])

    def result(self, depth, number, bad, name):
        if depth == 0:
            self.suite.name = name
            self.end(bad)
        elif depth == 1:
            self.suite.case(number, bad, name)
        else:
            self.suite.params.append((bad, name))

    def end(self, bad):
        self.suite.finish(bad)
        self.done.append(self.suite)
        self.suite = Suite()

    def sum(self, counts):
        if self.suite.plan is not None or self.suite.seen:
            self.end(True)
        for suite in self.done:
            counts.passed += suite.counts.passed
            counts.failed += suite.counts.failed
            counts.skipped += suite.counts.skipped
            counts.problems += suite.counts.problems
        if len(self.done) != self.total:
            counts.fail(f'{len(self.done)} suites ran, '
                        f'{self.total} were expected',
                        max(1, self.total - len(self.done)))

    def show(self):
        for suite in self.done:
            got = suite.counts
            word = 'FAILED' if got.failed else 'ok'
            print(f'  {word:6} {suite.name.split(" # ")[0]}: '
                  f'{got.passed} passed, {got.failed} failed, '
                  f'{got.skipped} skipped')


def unescape(text):
    return re.sub(r'\\x([0-9a-f]{2})', lambda m: chr(int(m[1], 16)), text)


def kernel_lines(lines):
    """Text of kernel records between the markers that the guest wrote."""
    active = False
    for line in lines:
        record = re.match(r'^(\d+),\d+,\d+,[^;]*;(.*)$', line)
        if not record:
            continue
        if int(record[1]) >> 3:
            if record[2].startswith('ntpool-run: '):
                active = record[2] == 'ntpool-run: begin'
        elif active:
            yield from unescape(record[2]).split('\n')


def judge_end(lines, counts):
    ends = [line for line in lines if line.startswith('END ')]
    if not ends:
        counts.fail('the guest did not reach its end')
    elif ends[-1] != 'END 0':
        counts.fail(f'the guest ended with status {ends[-1][4:]}')


def leaks_since_begin(lines):
    """What kmemleak suspects of the objects that the modules can have made."""
    begin = [int(line[6:]) for line in lines if line.startswith('begin ')]
    report = ''.join(line[5:] + '\n' for line in lines
                     if line.startswith('leak '))
    for leak in re.split(r'^(?=unreferenced )', report, flags=re.M):
        born = re.search(r'jiffies (\d+)', leak)
        if leak and not (born and begin and int(born[1]) < begin[0]):
            yield leak


def judge_steps(lines, counts):
    steps = dict(re.findall(r'^do (\S+) (\d+)$', '\n'.join(lines), re.M))
    for name in ('insmod-ntpool', 'insmod-kunit', 'rmmod-kunit',
                 'rmmod-ntpool'):
        if steps.pop(name, 'not reached') != '0':
            counts.fail(f'{name} did not succeed')
    for name, status in steps.items():
        if status != '0':
            counts.fail(f'{name} ended with status {status}')
    for leak in leaks_since_begin(lines):
        counts.fail('kmemleak: ' + leak.rstrip().replace('\n', '\n    '))


def judge_demo(lines, counts):
    """The guest's own verdict, and the kernel log that it sent along."""
    verdicts = [line for line in lines if line.startswith('RESULT ')]
    if verdicts == ['RESULT OK']:
        counts.passed += 1
    elif verdicts:
        counts.fail(verdicts[-1].replace('RESULT FAIL ', '', 1))
    else:
        counts.fail('the guest gave no result')
    judge_console([line[4:] for line in lines if line.startswith('log ')],
                  None, counts)


def judge_console(lines, allow, counts):
    allowed = re.compile(allow) if allow else None
    splats = [line for line in lines if SPLAT.search(line)
              and not OURS.match(line)
              and not (allowed and allowed.search(line))]
    if splats:
        counts.fail('kernel log:\n    ' + '\n    '.join(splats[:20]))


def read(path):
    try:
        with open(path, encoding='utf-8', errors='replace', newline='') as f:
            return f.read().replace('\r', '').split('\n')
    except FileNotFoundError:
        return []


def save_ktap(path, lines):
    """KTAP for the kernel's own reader, with the header 6.1 leaves out."""
    with open(path, 'w', encoding='utf-8') as file:
        if not any(line == 'KTAP version 1' for line in lines):
            total = sum(bool(re.match(r'(not )?ok ', line)) for line in lines)
            file.write(f'KTAP version 1\n1..{total}\n')
        file.write('\n'.join(lines) + '\n')


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument('kind', choices=('kunit', 'system', 'demo'))
    parser.add_argument('result')
    parser.add_argument('console')
    parser.add_argument('--module')
    parser.add_argument('--scenarios', type=int)
    parser.add_argument('--ktap')
    parser.add_argument('--allow', help='splats to expect, as a pattern')
    return parser.parse_args()


def judge_ktap(lines, suites, counts):
    ktap = Ktap(suites)
    for line in lines:
        ktap.line(line)
    ktap.sum(counts)
    ktap.show()


def main():
    args = arguments()
    counts = Counts()
    result = read(args.result)
    if args.kind == 'kunit':
        lines = list(kernel_lines(result))
        judge_ktap(lines, suites_in_module(args.module), counts)
        judge_steps(result, counts)
        save_ktap(args.ktap, lines)
    elif args.kind == 'system':
        judge_ktap(result, args.scenarios, counts)
    else:
        judge_demo(result, counts)
    judge_end(result, counts)
    judge_console(read(args.console), args.allow, counts)
    for problem in counts.problems:
        print(f'  FAILED {problem}')
    print(f'counts {counts.passed} {counts.failed} {counts.skipped}')
    return 1 if counts.failed else 0


if __name__ == '__main__':
    sys.exit(main())
