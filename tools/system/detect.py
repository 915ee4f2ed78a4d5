#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The table of what is detected, in module/verify/README.md.

    detect.py TABLE...          prints where that file says something else
    detect.py --write TABLE...  writes it between its two markers

The files are what runs of `make test` have left: build/log/detect-*.table, with rows
`error | context | step | report`, and build/log/peers-*.table, with `error | tool |
step | report`.  Columns that none of the files is about stay as they are.  Errors of
one row must have come out alike.  What Driver Verifier does is nothing
that can be measured here; its column is taken from its documentation.
"""

import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SELF = 'tools/system/' + os.path.basename(__file__)
OUT = 'module/verify/README.md'
BEGIN = '<!-- detect: begin -->\n'
END = '<!-- detect: end -->\n'

CONTEXTS = {'thread': 'thread', 'softirq': 'softirq', 'hardirq': 'interrupt'}
TOOLS = ('kasan', 'kfence', 'slub')
HEADS = ('error', 'in', 'ntpool', 'KASAN', 'KFENCE', 'slub_debug=FZPU', 'Driver Verifier')

WHEN = {'access': 'at the instruction', 'free': 'at free', 'unload': 'at unload',
        'allocate': 'at the call', 'initialise': 'at the call', 'others': 'at reuse',
        '': 'no'}

UNKNOWN = 'not documented'
START = ' (special_start)'

# Text, errors, Driver Verifier
ROWS = (
    ('overrun by 1, 8 or 64 bytes', ('overrun_1', 'overrun_8', 'overrun_64'),
     'at the instruction'),
    ('overrun, `special_start=1`', ('overrun_1' + START,), 'at free'),
    ('overrun within alignment', ('overrun_slack',), 'at free'),
    ('underrun by 1 or 16 bytes', ('underrun_1', 'underrun_16'), 'at free'),
    ('underrun, `special_start=1`', ('underrun_1' + START, 'underrun_16' + START),
     'at the instruction'),
    ('overrun of 4096 bytes', ('overrun_page',), 'no'),
    ('overrun of 5120 bytes, within the page', ('overrun_large',), 'no'),
    ('underrun of 5120 bytes', ('underrun_large',), 'no'),
    ('read after free, at once or 1,000 operations later',
     ('read_freed', 'read_freed_later'), 'at the instruction'),
    ('write after free, likewise', ('write_freed', 'write_freed_later'),
     'at the instruction'),
    ('read after free of 5120 bytes', ('read_freed_large',), 'no'),
    ('read after free by memcpy() or copy_to_user()',
     ('memcpy_freed', 'copy_to_user_freed'), 'at the instruction'),
    ('double free of 5120 bytes', ('double_free_large',), 'at free'),
    ('double free, at once or after reuse', ('double_free', 'double_free_reused'),
     'at free'),
    ('free of the middle of a block', ('interior_free',), 'at free'),
    ('free of other memory', ('foreign_free',), 'at free'),
    ('free with a wrong tag', ('wrong_tag',), 'at free'),
    ("a list's block freed to the pool, and the reverse",
     ('wrong_pool', 'pool_to_list'), UNKNOWN),
    ('block freed to a list of another tag or type', ('wrong_list',), UNKNOWN),
    ('block freed to a list of another size', ('wrong_size',), 'at free'),
    ('double free to a list', ('list_double_free',), 'at free'),
    ('use of a list that is not initialised (zeroed)', ('list_uninitialised',),
     'at its deletion'),
    ('list initialised twice', ('list_twice',), 'at the call'),
    ('list of blocks that are too small', ('list_too_small',), 'at the call'),
    ('free of memory with a list in it', ('list_freed',), 'at free'),
    ('list not deleted', ('list_undeleted',), 'at unload'),
    ('zone: double free, free of what is not its',
     ('zone_double_free', 'zone_foreign_free'), 'no'),
    ('zone: free list overwritten', ('zone_overwritten',), 'no'),
    ('zone: its memory freed with blocks in use', ('zone_freed',), 'no'),
    ('S-list: pop of an entry that was freed', ('slist_freed',), 'at the instruction'),
    ('interlocked list: use of an entry that was freed',
     ('insert_head_freed', 'insert_tail_freed', 'remove_head_freed', 'push_freed',
      'pop_freed'), 'at the instruction'),
    ('leak', ('leak',), 'at unload'),
    ('paged pool allocated at DISPATCH_LEVEL or above', ('paged_at_dispatch',),
     'at the call'),
    ('paged pool freed there', ('paged_free_at_dispatch',), 'at free'),
    ('nonpaged pool allocated in an interrupt (0x2)', ('nonpaged_in_interrupt',),
     'at the call'),
    ('nonpaged pool freed there (0x2)', ('free_in_interrupt',), 'at free'),
    ('size 0', ('size_0',), 'at the call'),
    ('tag 0', ('zero_tag',), 'at the call'),
    ('tag BIG', ('big_tag',), 'at the call'),
    ('tag without letter or digit; size and tag swapped', ('bad_tag', 'swapped'),
     'at the call'),
    ('type that does not exist', ('bad_type',), UNKNOWN),
    ('more than a page of MustSucceed', ('must_succeed_large',), 'at the call'),
)


def measured(paths):
    """(error, context or tool) -> (step, report)"""
    found = {}
    for path in paths:
        rows = 0
        with open(path, encoding='utf-8') as file:
            for line in file:
                error, where, step, report = (
                    cell.strip() for cell in line.split('|'))
                if where not in CONTEXTS and where not in TOOLS:
                    sys.exit(f'{SELF}: {path}: {where}?')
                found[error, where] = step, report
                rows += 1
        if not rows:
            sys.exit(f'{SELF}: {path}: nothing was measured')
    return found


def same(error, cells):
    if len(set(cells)) != 1:
        sys.exit(f'{SELF}: {error}: not alike: {"; ".join(cells)}')
    return cells[0]


def ntpool(found, errors):
    """Where it can be made, and what is found"""
    cells, names = [], []
    for error in errors:
        made = [name for name in CONTEXTS
                if found.get((error, name), ('-',))[0] != '-']
        names.append('all' if len(made) == len(CONTEXTS)
                     else ', '.join(CONTEXTS[name] for name in made))
        for name in made:
            step, report = found[error, name]
            report = '/'.join('0x' + number.rjust(2, '0')
                              for number in report.split('/') if number)
            cells.append(f'{WHEN[step]}, {report}' if report else WHEN[step])
    return same(errors[0], names), same(errors[0], cells)


def peer_cell(found, error, tool):
    """KFENCE has two places for an object: what differs is told of both."""
    error = error.removesuffix(START)
    if (error, tool) in found:
        return WHEN[found[error, tool][0]]
    if (error + ' (end)', tool) not in found:
        return '-'
    end, start = (WHEN[found[f'{error} ({place})', tool][0]]
                  for place in ('end', 'start'))
    return end if end == start else f'{end} or {start}'


def table(found, old):
    about = {where for _, where in found}
    lines = [HEADS, ('---',) * len(HEADS)]
    for text, errors, verifier in ROWS:
        cells = [text] + old.get(text, ['?'] * len(HEADS))[1:-1] + [verifier]
        if about & set(CONTEXTS):
            cells[1:3] = ntpool(found, errors)
        for column, tool in enumerate(TOOLS, 3):
            if tool in about:
                cells[column] = same(errors[0], [peer_cell(found, error, tool)
                                                 for error in errors])
        lines.append(cells)
    missing = ({error for error, where in found if where in CONTEXTS} -
               {error for row in ROWS for error in row[1]})
    if missing:
        sys.exit(f'{SELF}: no row for {", ".join(sorted(missing))}')
    return ''.join('|' + '|'.join(row) + '|\n' if row[0] == '---' else
                   '| ' + ' | '.join(row) + ' |\n' for row in lines)


def main():
    paths = [arg for arg in sys.argv[1:] if arg != '--write']
    if not paths:
        sys.exit(__doc__)
    with open(os.path.join(TOP, OUT), encoding='utf-8') as file:
        text = file.read()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        sys.exit(f'{OUT} has no place for the table')
    before, rest = text.split(BEGIN)
    present, after = rest.split(END)
    rows = [line.strip('| ').split(' | ') for line in present.splitlines()]
    wanted = table(measured(paths), {row[0]: row for row in rows})
    if wanted == present:
        return 0
    if '--write' not in sys.argv:
        for line in sorted(set(wanted.splitlines()) - set(present.splitlines())):
            print(f'{OUT} does not say: {line}')
        return 1
    with open(os.path.join(TOP, OUT), 'w', encoding='utf-8') as file:
        file.write(before + BEGIN + wanted + END + after)
    return 0


if __name__ == '__main__':
    sys.exit(main())
