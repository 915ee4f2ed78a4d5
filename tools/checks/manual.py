#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compares the manual page with the module.

    manual.py MODULE.ko

The page has no others than these, and all of them:

    each parameter with its default, its range and whether it changes at run time
    each file in debugfs with its columns and whether it can be written
    each tracepoint with its fields
    each stop code with its name

Nothing is printed where all is right.
"""

import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
PAGE = TOP / 'tools/packaging/ntpool.4.scd'
# A kernel with KUnit has them, for the suites.
FOR_TESTS = {'fail_part', 'fail_step'}


def paragraphs(section):
    """Pairs of the head of a definition and its text, of one section of the page."""
    body = re.search(rf'^# {section}\n(.*?)(?=^# |\Z)', PAGE.read_text(), re.M | re.S)[1]
    return re.findall(r'^(\S[^\n]*)\n((?:\t[^\n]*(?:\n|\Z))+)', body, re.M)


def one_line(text):
    return ' '.join(text.split()).replace('\\', '')


def parameters(module):
    """Name, description of each parameter, as modinfo tells them."""
    out = subprocess.run(['modinfo', '-p', module], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    rows = (line.split(':', 1) for line in out.splitlines())
    return {name: text for name, text in rows if name not in FOR_TESTS}


def load_only():
    """Names of the parameters whose files are only read."""
    rows = []
    for path in (TOP / 'module').rglob('*.c'):
        rows += re.findall(r'^module_param\w*\((\w+),[^;]*, 0444\);', path.read_text(), re.M)
    return set(rows) - FOR_TESTS


def check_parameters(module):
    page = {re.match(r'\*(\w+)\*=', head)[1]: one_line(text)
            for head, text in paragraphs('PARAMETERS')}
    known = parameters(module)
    yield from differences('parameter', page, known)
    for name in page.keys() & known.keys():
        default = re.search(r'\(default (.*)\)$', known[name])[1]
        if not page[name].endswith(f'Default: {default}.'):
            yield f'{name}: the default is {default}'
        bounds = re.search(r'(?:\w+ to|up to) (?:0x)?\w*\d\w*', known[name])
        if bounds and bounds[0] not in page[name]:
            yield f'{name}: the range is {bounds[0]}'
        if ('At load only.' in page[name]) != (name in load_only()):
            yield f'{name}: the page is wrong about changes at run time'


def files():
    """Columns of each file in debugfs, and whether it can be written."""
    rows = {}
    for path in (TOP / 'module/observe').glob('*_view.c'):
        for entry in re.split(r'\.name = ', path.read_text())[1:]:
            match = re.match(r'"([a-z/]+)",\s*\.columns =\s*"([^"]*)",', entry)
            if match:
                rows[match[1]] = (match[2], '.write =' in entry.split('}')[0])
    return rows


def check_files():
    page = {head.strip('_'): one_line(text) for head, text in paragraphs('FILES')}
    known = files()
    yield from differences('file', page, known)
    for name in page.keys() & known.keys():
        columns, written = known[name]
        if not page[name].endswith(f'Columns: {columns}.'):
            yield f'{name}: the columns are {columns}'
        if ('Can be written' in page[name]) != written:
            yield f'{name}: the page is wrong about writes'


def tracepoints():
    """Fields of each tracepoint, in their order."""
    text = (TOP / 'module/base/trace.h').read_text()
    fields, rows = {}, {}
    for kind, name, body in re.findall(
            r'^(DECLARE_EVENT_CLASS|TRACE_EVENT)\((\w+),(.*?)^\);', text, re.M | re.S):
        fields[name] = ' '.join(re.findall(r'__(?:field|array)\([^,]*, (\w+)', body))
        if kind == 'TRACE_EVENT':
            rows[name] = fields[name]
    for kind, name in re.findall(r'^DEFINE_EVENT\w*\((\w+), (\w+),', text, re.M):
        rows[name] = fields[kind]
    return rows


def check_tracepoints():
    page = {head.strip('*'): one_line(text) for head, text in paragraphs('TRACEPOINTS')
            if head.startswith('*ntpool_')}
    known = tracepoints()
    yield from differences('tracepoint', page, known)
    for name in page.keys() & known.keys():
        if not page[name].endswith(f'Fields: {known[name]}.'):
            yield f'{name}: the fields are {known[name]}'


def stop_codes():
    """Name and number of each stop code that the module reports."""
    header = (TOP / 'module/base/report.h').read_text()
    text = (TOP / 'module/base/text.c').read_text()
    numbers = dict(re.findall(r'\b(NTPOOL_STOP_\w+) = 0x([0-9a-f]+)', header))
    names = re.findall(r'case (NTPOOL_STOP_\w+):\s*return "(\w+)";', text)
    return {name: f'0x{int(numbers[symbol], 16):08X}' for symbol, name in names}


def check_stop_codes():
    heads = ' '.join(head for head, text in paragraphs('REPORTS'))
    page = {name: number for number, name in re.findall(r'\*(0x[0-9A-F]+)\* (\w+)', heads)}
    known = stop_codes()
    yield from differences('stop code', page, known)
    for name in page.keys() & known.keys():
        if page[name] != known[name]:
            yield f'{name}: the code is {known[name]}'


def differences(what, page, known):
    """Nothing known is something that was not found: the sources look different now."""
    if not known:
        yield f'no {what} was found in the sources'
    for name in sorted(known.keys() - page.keys()):
        yield f'{what} {name} is not in the page'
    for name in sorted(page.keys() - known.keys()):
        yield f'{what} {name} does not exist'


def main():
    for line in (*check_parameters(sys.argv[1]), *check_files(), *check_tracepoints(),
                 *check_stop_codes()):
        print(f'{PAGE.relative_to(TOP)}: {line}')


main()
