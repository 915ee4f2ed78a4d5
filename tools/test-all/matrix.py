#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Makes the table of kernels and variants in README.md.

    matrix.py --write   RESULTS KERNELS VARIANTS   replaces the table
    matrix.py --verdict RESULTS KERNELS VARIANTS   prints how many of these cells passed

RESULTS is the folder that test-all.sh writes, with a file KERNEL-VARIANT for each cell:
`PASSED FAILED SKIPPED COMMIT`, `broken COMMIT` for a run without totals, or `none` where
the kernel lacks the variant. A cell without a file keeps its text in README.md, so
results of another clone stay. A new cell without a file is `not run`.
"""

import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
README = os.path.join(TOP, 'README.md')
BEGIN = '<!-- kernels: begin -->\n'
END = '<!-- kernels: end -->\n'


def words_of(folder, kernel, variant):
    """The words of a result; no words: this clone has not run the cell."""
    try:
        with open(os.path.join(folder, f'{kernel}-{variant}'), encoding='utf-8') as file:
            return file.read().split()
    except FileNotFoundError:
        return []


def text_of(words):
    if words[0] == 'none':
        return 'none'
    if words[0] == 'broken':
        return f'no result, {words[1]}'
    return f'{" / ".join(words[:3])}, {words[3]}'


def passed(words):
    """True or False; None where there is nothing to run."""
    if words == ['none']:
        return None
    return len(words) == 4 and words[1] == '0' and words[0] != '0'


def cells_of(table):
    """(kernel, variant) -> text of each cell of a table."""
    rows = [[cell.strip() for cell in line.strip('|').split('|')]
            for line in table.splitlines() if line]
    return {(row[0], variant): text
            for row in rows[2:] for variant, text in zip(rows[0][1:], row[1:])}


def table(folder, kernels, variants, old):
    lines = ['| kernel | ' + ' | '.join(variants) + ' |', '|---' * (len(variants) + 1) + '|']
    for kernel in kernels:
        cells = []
        for variant in variants:
            words = words_of(folder, kernel, variant)
            cells.append(text_of(words) if words else old.get((kernel, variant), 'not run'))
        lines.append(f'| {kernel} | ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines) + '\n'


def write(folder, kernels, variants):
    with open(README, encoding='utf-8') as file:
        text = file.read()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        sys.exit('README.md has no place for the table')
    before, rest = text.split(BEGIN)
    old, after = rest.split(END)
    new = table(folder, kernels, variants, cells_of(old))
    with open(README, 'w', encoding='utf-8') as file:
        file.write(before + BEGIN + new + END + after)


def main():
    if len(sys.argv) != 5 or sys.argv[1] not in ('--write', '--verdict'):
        sys.exit(__doc__)
    folder, kernels, variants = sys.argv[2], sys.argv[3].split(), sys.argv[4].split()
    if sys.argv[1] == '--write':
        write(folder, kernels, variants)
        return 0
    verdicts = [passed(words_of(folder, kernel, variant))
                for kernel in kernels for variant in variants]
    print(f'{verdicts.count(True)} cells passed, {verdicts.count(False)} failed')
    return 0 if verdicts.count(True) and not verdicts.count(False) else 1


if __name__ == '__main__':
    sys.exit(main())
