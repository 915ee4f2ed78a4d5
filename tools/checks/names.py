#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Macros of NT's or of Linux' headers that would change the other kind of headers.

    names.py NT.i LINUX.i FOLDER

Both files are the preprocessor's output for a file that includes one kind of headers
only. With -dD they hold the definitions of macros. FOLDER holds NT's headers.
Prints each macro of NT that is a word anywhere in Linux' headers. Prints each macro of
Linux that is a word in NT's. The compiler finds other names that both declare: the
check of the headers compiles both kinds together, in either order.
"""

import re
import sys

# Names that both may have, and why that does no harm.
ALLOWED = {
    'NULL': 'the same, and defined only where it is not defined yet',
    'PAGE_SIZE': 'an enumerator of the same value, which a macro may shadow',
    'PAGE_SHIFT': 'likewise',
    'TRUE': 'likewise',
    'FALSE': 'likewise',
    '__cdecl': 'nothing in both, and defined only where it is not defined yet',
    '__int64': 'the same type in both, and defined only where it is not',
    'va_start': 'the same tokens in both',
    'va_end': 'likewise',
    'va_arg': 'likewise',
    'va_copy': 'likewise',
}

# The names of C in nt_c.h: a type is the same in both, and a prototype is left out where
# Linux' header came first. A file that repeats either with another meaning does not compile.
ALLOWED |= dict.fromkeys(
    ('bool size_t ptrdiff_t wchar_t va_list int8_t uint8_t int16_t uint16_t int32_t '
     'uint32_t int64_t uint64_t intptr_t uintptr_t memcpy memmove memset memcmp memchr '
     'strlen strnlen strcmp strncmp strchr strrchr strstr strcpy strncpy strcat').split(),
    'a name of C, with the same meaning')

MARKER = re.compile(r'# \d+ "([^"]*)"')
DEFINE = re.compile(r'#define (\w+)(.*)')
STRING = re.compile(r'"(?:\\.|[^"\\])*"')


def read(path, folder=None):
    """(macros, words) of a preprocessed file: of the headers in a folder, or of all"""
    macros, words, wanted = set(), set(), folder is None
    with open(path, encoding='utf-8', errors='replace') as file:
        for line in file:
            marker, define = MARKER.match(line), DEFINE.match(line)
            if marker:
                wanted = (marker[1].startswith(folder) if folder
                          else marker[1] != '<built-in>')
            elif wanted and define:
                macros.add(define[1])
                words.update(re.findall(r'\w+', STRING.sub('', define[2])))
            elif wanted and not line.startswith('#'):
                words.update(re.findall(r'\w+', STRING.sub('', line)))
    return macros, words


def main():
    nt_macros, nt_words = read(sys.argv[1], sys.argv[3])
    linux_macros, linux_words = read(sys.argv[2])
    if len(nt_macros) < 300 or len(nt_words) < 500 or len(linux_words) < 20000:
        print('too few names: these are not the files meant')
    for name in sorted((nt_macros & linux_words) - set(ALLOWED)):
        print(f'{name}: a macro in NT, a word in Linux')
    for name in sorted((nt_macros | nt_words) & linux_macros - set(ALLOWED)):
        print(f'{name}: a macro in Linux, a word in NT')


if __name__ == '__main__':
    main()
