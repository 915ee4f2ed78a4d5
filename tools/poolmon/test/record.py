#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Writes a record with known growth, as poolmon record would, to the file of its argument.

40 samples, one a minute: Leak grows by 100 bytes a sample, Burs has one burst, Flat does
not change, Fall shrinks. Call sites of Leak: one leaks, one does not.
"""

import sys
import zlib

TAGS = '# ntpool tags 1\n# tag type allocs frees diff bytes requested failed\n'
CALLERS = '# ntpool callers 1\n# tag type count bytes requested caller\n'


def sample(i):
    """The texts of both files."""
    burst = 5000000 if i == 20 else 1000
    tags = (f'{TAGS}Burs Nonp 5 0 5 {burst} 10 0\nFall Nonp 90 0 90 {9000 - i} 10 0\n'
            f'Flat Nonp 5 0 5 1000 10 0\n<&>" Paged {i + 2} 0 {i + 2} {100 * i + 150} 9 0\n')
    callers = (f'{CALLERS}<&>" Paged {i + 1} {100 * (i + 1)} 10 leak_it+0x1/0x2 [nt_leak]\n'
               '<&>" Paged 1 50 10 keep_it+0x1/0x2 [nt_leak]\n')
    return tags, callers


def main():
    """Writes the file."""
    with open(sys.argv[1], 'wb') as file:
        file.write(b'# poolmon record 1\n')
        for i in range(40):
            tags, callers = sample(i)
            text = (tags + callers).encode()
            file.write(b'sample %d.%09d %d %d %08x\n' % (
                1700000000 + 60 * i, 500, len(tags), len(callers), zlib.crc32(text)))
            file.write(text)


main()
