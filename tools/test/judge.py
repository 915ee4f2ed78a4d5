#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Judges one guest run: KTAP results, how the run ended, splats in the log.

    judge.py kunit  RESULT CONSOLE --kunit TOOL --out BASE --suites N
    judge.py system RESULT CONSOLE --kunit TOOL --out BASE
    judge.py demo   RESULT CONSOLE

RESULT is the text from the result port, CONSOLE the console log.  TOOL is kunit.py
of a kernel tree, which parses the KTAP and decides on each test.  BASE.ktap, BASE.json
and BASE.txt receive its input and its output.  Prints one line per suite, details of
each failure, and `counts PASSED FAILED SKIPPED` last.

kunit.py counts a result once, at the innermost level that has results: the parameters
of a parametrised case, else the case. It reports a missing result as a crash. kunit.py
does not read the plan of the suites and the parameters of a skipped case. This tool adds
them, and the steps of the guest, a missing END, leaks and splats.
"""

import argparse
import collections
import json
import re
import subprocess
import sys

SUITE = re.compile(r'^ {4}# Subtest: ')
PLAN = re.compile(r'^ {4}1\.\.\d+$')
CASE_RESULT = re.compile(r'^ {4}(not )?ok \d+ ')
PARAM_RESULT = re.compile(r'^ {8}ok \d+ ')
SKIP = re.compile(r'# SKIP\b')

# The time of an NMI handler is no fault: a busy host may stop the emulated processor there.
SPLAT = re.compile(
    r'\bBUG[: ]|WARNING:|KASAN:|UBSAN:|possible circular locking|INFO: (?!NMI handler )|'
    r'deprecated workqueue|'
    r'scheduling while atomic|sleeping function called|Oops|'
    r'general protection|Unable to handle|unreferenced object|rcu: INFO|'
    r'Call [Tt]race|Internal error:|SError|ODEBUG:|list_(?:add|del) corruption|Kernel panic|'
    r'Bad page state|stack guard page|refcount_t:|inconsistent lock state|'
    r'suspicious RCU usage|Voluntary context switch')
# A title of KCSAN's names the functions of both accesses. A function of a module has the
# module's name behind it. A race is ours too where ntpool called the helper that accessed.
# The stack of an access follows the line about it. Below an interrupt it goes on with code
# that has no part in the race.
RACE = re.compile(r'BUG: KCSAN: ')
RACE_END = re.compile(r'={20}')
ACCESS = re.compile(r' to 0x[0-9a-f]+ of \d+ bytes by ')
STAMP = r'^(?:\[[^\]]*\] *)*'
MEMORY_HELPER = re.compile(
    STAMP + r'(?:_*mem(?:cpy|move|set|cmp|chr)\w*|'
    r'(?:sized_)?_*str(?:n?cpy|scpy|lcpy|n?cat|lcat|n?len|n?cmp|n?casecmp|n?chr|rchr|n?str)|'
    r'_*copy_(?:to|from)_user\w*|__list_\w+_valid\w*|llist_\w+)\+0x')
OWN_FRAME = re.compile(STAMP + r'\S+\+0x\S+ \[ntpool')
OURS = re.compile(r'^(?:\[[ 0-9.]+\])?(?:\[[ A-Z0-9]+\])? ?ntpool: ')


class Counts:
    """The counts of a run, with a line for each failure."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.problems = []

    def fail(self, text, times=1):
        self.failed += times
        self.problems.append(text)

    def leaf(self, path, status):
        """One result as kunit.py has decided it."""
        if status == 'PASS':
            self.passed += 1
        elif status == 'SKIP':
            self.skipped += 1
        else:
            name = ': '.join(part or 'missing result' for part in path)
            self.fail(name + (' (crashed)' if status == 'ERROR' else ''))

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.problems += other.problems


# ---- KTAP

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


def with_plan(lines, suites):
    """The modules of Linux 6.1 print neither version nor plan at the top level."""
    if 'KTAP version 1' in lines:
        return lines
    return ['KTAP version 1', f'1..{suites}'] + lines


def with_skips(lines):
    """Linux 6.1 marks a skipped case and none of its parameters as skipped."""
    params = []
    for index, line in enumerate(lines):
        if PARAM_RESULT.match(line):
            params.append(index)
        elif CASE_RESULT.match(line):
            if SKIP.search(line):
                for param in params:
                    if not SKIP.search(lines[param]):
                        lines[param] += ' # SKIP'
            params = []
    return lines


def leaves(group, path=()):
    """(path of names, status) of each innermost result of kunit.py"""
    for case in group['test_cases']:
        yield path + (case['name'],), case['status']
    for inner in group['sub_groups']:
        yield from leaves(inner, path + (inner['name'],))


def judge_ktap(lines, tool, out, counts):
    with open(out + '.ktap', 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines) + '\n')
    run = subprocess.run(
        [sys.executable, tool, 'parse', f'--json={out}.json', out + '.ktap'],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors='replace', check=False)
    with open(out + '.txt', 'w', encoding='utf-8') as file:
        file.write(run.stdout)
    summary = re.findall(r'Testing complete\. (.*)$', run.stdout, re.M)
    if not summary:
        counts.fail(f'kunit.py failed: {out}.txt')
        return
    suites = {}
    with open(out + '.json', encoding='utf-8') as file:
        for path, status in leaves(json.load(file)):
            suites.setdefault(path[0], Counts()).leaf(path, status)
    for name, got in suites.items():
        print(f'  {"FAILED" if got.failed else "ok":6} {name or "missing"}: {got.passed} passed, '
              f'{got.failed} failed, {got.skipped} skipped')
        counts.add(got)
    judge_summary(lines, run.returncode, summary[-1], counts)


def judge_summary(lines, status, summary, counts):
    """A failure that is no result: an error of the format, or an outer `not ok`."""
    if 'errors: ' in summary:
        counts.fail(f'kunit.py: {summary}')
    if sum(map(bool, map(SUITE.match, lines))) != sum(map(bool, map(PLAN.match, lines))):
        counts.fail('a suite has no plan')
    for line in lines:
        if line.lstrip().startswith('not ok') and not counts.failed:
            counts.fail(line.strip())
    # kunit.py fails a run of skipped tests only.
    if status and not counts.failed and (counts.passed or not counts.skipped):
        counts.fail(f'kunit.py ended with status {status}: {summary}')


# ---- The guest and its log

def judge_end(lines, counts):
    ends = [line for line in lines if line.startswith('END ')]
    if not ends:
        counts.fail('the guest did not reach its end')
    elif ends[-1] != 'END 0':
        counts.fail(f'the guest ended with status {ends[-1][4:]}')


def leaks_since_begin(lines):
    """Suspects of kmemleak that are not older than the modules."""
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


def foreign_race(lines, start):
    """Whether the line begins a report of a race in which ntpool has no part."""
    if not RACE.search(lines[start]) or '[ntpool' in lines[start]:
        return False
    top = helper = False
    for line in lines[start + 1:]:
        if RACE_END.search(line):
            break
        if helper and OWN_FRAME.search(line):
            return False
        helper = bool((top or helper) and MEMORY_HELPER.search(line))
        top = bool(ACCESS.search(line))
    return True


def judge_console(lines, allow, counts):
    allowed = re.compile(allow) if allow else None
    splats = [line for number, line in enumerate(lines) if SPLAT.search(line)
              and not OURS.match(line) and not foreign_race(lines, number)
              and not (allowed and allowed.search(line))]
    if splats:
        counts.fail('kernel log:\n    ' + '\n    '.join(splats[:20]))


def read(path):
    try:
        with open(path, encoding='utf-8', errors='replace', newline='') as f:
            return f.read().replace('\r', '').split('\n')
    except FileNotFoundError:
        return []


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument('kind', choices=('kunit', 'system', 'demo'))
    parser.add_argument('result')
    parser.add_argument('console')
    parser.add_argument('--kunit', help='kunit.py of a kernel tree')
    parser.add_argument('--out', help='start of the names of the output files')
    parser.add_argument('--suites', type=int, help='suites in the module')
    parser.add_argument('--allow', help='pattern of splats to expect')
    return parser.parse_args()


def main():
    args = arguments()
    counts = Counts()
    result = read(args.result)
    if args.kind == 'kunit':
        lines = with_skips(with_plan(list(kernel_lines(result)), args.suites))
        judge_ktap(lines, args.kunit, args.out, counts)
        judge_steps(result, counts)
    elif args.kind == 'system':
        judge_ktap(result, args.kunit, args.out, counts)
    else:
        judge_demo(result, counts)
    judge_end(result, counts)
    judge_console(read(args.console), args.allow, counts)
    for problem, times in collections.Counter(counts.problems).items():
        print(f'  FAILED {problem}' + (f', {times} times' if times > 1 else ''))
    print(f'counts {counts.passed} {counts.failed} {counts.skipped}')
    return 1 if counts.failed else 0


if __name__ == '__main__':
    sys.exit(main())
