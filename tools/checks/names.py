#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Names of NT's headers that mean something in Linux' headers too.

    names.py NT.i LINUX.i FOLDER

Both files are what the preprocessor makes of a file that includes the one
kind of headers only, with -dD, so that definitions of macros are in them;
FOLDER is where NT's headers are.  Prints every name that both define, whatever
as (macro, type, tag, enumerator, function, variable), and every macro of NT
that is a word somewhere in Linux' headers, since it would be replaced there.
"""

import re
import sys

import ctext

# Names that both may have, and why that does no harm.
ALLOWED = {
    'NULL': 'the same, and defined only where it is not defined yet',
    'PAGE_SIZE': 'an enumerator of the same value, which a macro may shadow',
    'PAGE_SHIFT': 'likewise',
    'TRUE': 'likewise',
    'FALSE': 'likewise',
    '__cdecl': 'nothing in both, and defined only where it is not defined yet',
    '__int64': 'the same type in both, and defined only where it is not',
}

MARKER = re.compile(r'# \d+ "([^"]*)"')
DEFINE = re.compile(r'#define (\w+)(.*)')
TAGS = ('struct', 'union', 'enum')


class File:
    """What a preprocessed file defines: in NT's headers only, or anywhere."""

    def __init__(self, path, folder=None):
        self.macros, self.words = set(), set()
        text, wanted = [], folder is None
        with open(path, encoding='utf-8', errors='replace') as file:
            for line in file:
                marker = MARKER.match(line)
                if marker and folder:
                    wanted = marker[1].startswith(folder)
                elif wanted and not marker:
                    self.line(line, text)
        tokens = ctext.tokens('\n'.join(text))
        self.words |= ctext.identifiers(tokens)
        self.names, self.tags = declared(tokens)

    def line(self, line, text):
        define = DEFINE.match(line)
        if define:
            self.macros.add(define[1])
            self.words |= ctext.identifiers(ctext.tokens(define[2]))
        elif not line.startswith('#'):
            text.append(line)


def enumerators(body):
    """Names in the braces of an enum: those that '{' or ',' stands before."""
    depth = 0
    for before, word in zip(body, body[1:]):
        depth += (before in '({') - (before in ')}')
        if depth == 1 and before in '{,' and ctext.IDENT.match(word):
            yield word


def typedef_names(words):
    """Names that a typedef, without its braces, declares."""
    depth, last = 0, None
    for before, word in zip([''] + words, words + [';']):
        if before == '(' and word == '*' and depth == 1:
            # a pointer to a function: its name comes next
            last, depth = None, 0
        depth += (word == '(') - (word == ')' and depth > 0)
        if word in ',;[' and depth == 0 and last:
            yield last
            last = None
        elif ctext.IDENT.match(word) and depth == 0:
            last = word


def plain(words):
    """Without attributes, which stand anywhere."""
    out, skip = [], None
    for word in words:
        if skip is not None:
            skip += (word == '(') - (word == ')')
            skip = None if skip == 0 else skip
        elif word in ('__attribute__', '__attribute', '__aligned__'):
            skip = 0
        else:
            out.append(word)
    return out


def declared(tokens):
    """(names, tags) at file scope"""
    names, tags = set(), set()
    for item in ctext.items(tokens):
        head = plain(item.head)
        if head[:1] == ['_Static_assert']:
            continue
        for kind, tag, after in zip(head, head[1:], head[2:] + ['']):
            if kind in TAGS and ctext.IDENT.match(tag) and (
                    item.body or after == ''):
                tags.add(tag)
        if 'enum' in head:
            names.update(enumerators(item.body))
        if head[:1] == ['typedef']:
            names.update(typedef_names(head[1:]))
        elif any(kind in head[:2] for kind in TAGS) and item.body and \
                '=' not in head and not item.is_function():
            continue
        elif '=' in head:
            names.add(item.variable())
        elif ctext.Item(head, []).is_function():
            names.add(ctext.Item(head, []).function())
        elif head:
            names.add(head[-1])
    return names - {None}, tags


def main():
    nt, linux = File(sys.argv[1], sys.argv[3]), File(sys.argv[2])
    if len(nt.macros) < 300 or len(nt.names) < 200 or len(linux.names) < 5000:
        print('too few names: these are not the files meant')
    for name in sorted((nt.macros & linux.words) - set(ALLOWED)):
        print(f'{name}: a macro in NT, a word in Linux')
    for name in sorted((nt.macros | nt.names) & linux.macros - set(ALLOWED)):
        print(f'{name}: a macro in Linux')
    for name in sorted(nt.names & linux.names - set(ALLOWED)):
        print(f'{name}: declared by both')
    for name in sorted(nt.tags & linux.tags):
        print(f'{name}: a tag in both')


if __name__ == '__main__':
    main()
