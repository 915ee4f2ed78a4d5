#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compares the screens in poolmon(1) with those of poolmon, or writes them.

    manual.py [--write] POOLMON

A comment of the page stands before each: `; batch ARGUMENT...` for the output of a command,
`; screen COLUMNSxLINES ARGUMENT... [KEY...]` for a terminal, which tmux is. poolmon reads
recorded files. Its clock is left out.
"""

import difflib
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, '..', 'poolmon.1.scd')
RECORDED = os.path.join(HERE, 'recorded')
BLOCK = re.compile(r'^(; (batch|screen) ([^\n]*)\n\n```\n)(.*?)^```\n', re.MULTILINE | re.DOTALL)
CLOCK = re.compile(r'\b\d\d:\d\d:\d\d\b')
ENVIRONMENT = dict(os.environ, LC_ALL='C', TERM='screen', ASAN_OPTIONS='detect_leaks=0')


def tidy(text):
    """Without blanks at the ends of lines, empty lines at the end, and the time of day."""
    lines = [line.rstrip() for line in CLOCK.sub('12:00:00', text).rstrip().split('\n')]
    return '\n'.join(lines) + '\n'


def batch(poolmon, arguments):
    """The command and its output."""
    output = subprocess.run([poolmon, '--debugfs', RECORDED, *arguments], check=True, text=True,
                            capture_output=True, env=ENVIRONMENT).stdout
    return f'# poolmon {" ".join(arguments)}\n{output}'


def settled(terminal, before):
    """The terminal with its colours, when it differs from before and no longer changes."""
    old = None
    for _ in range(100):
        time.sleep(0.2)
        text = terminal('capture-pane', '-e', '-p')
        if text == old and text.strip() and text != before:
            return text
        old = text
    sys.exit(f'the screen does not change:\n{old}')


def screen(poolmon, size, arguments):
    """The text of the terminal after the keys. It has a server of tmux for itself."""
    tmux = ['tmux', '-L', f'ntpool-manual-{time.time_ns()}', '-f', '/dev/null']

    def terminal(*command):
        return subprocess.run(tmux + list(command), check=True, text=True, env=ENVIRONMENT,
                              stdout=subprocess.PIPE).stdout

    columns, lines = size.split('x')
    options = [word for word in arguments if not word[0].isupper()]
    terminal('new-session', '-d', '-x', columns, '-y', lines, poolmon, '--debugfs', RECORDED,
             '-d', '60', *options)
    try:
        text = settled(terminal, '')
        for key in arguments[len(options):]:
            terminal('send-keys', key)
            text = settled(terminal, text)
        return terminal('capture-pane', '-p')
    finally:
        terminal('kill-server')


def generated(poolmon, match):
    """A block with the text that poolmon shows now."""
    arguments = match[3].split()
    if match[2] == 'batch':
        text = batch(poolmon, arguments)
    else:
        text = screen(poolmon, arguments[0], arguments[1:])
    return f'{match[1]}{tidy(text)}```\n'


def main():
    """Writes the page, or prints the difference."""
    poolmon = os.path.abspath(sys.argv[-1])
    with open(PAGE, encoding='utf-8') as file:
        page = file.read()
    if len(BLOCK.findall(page)) != page.count('```') // 2 or '```' not in page:
        sys.exit('poolmon.1.scd: a screen without the comment that says how it is made')
    new = BLOCK.sub(lambda match: generated(poolmon, match), page)
    if sys.argv[1] == '--write':
        with open(PAGE, 'w', encoding='utf-8') as file:
            file.write(new)
        return
    sys.stdout.writelines(difflib.unified_diff(page.splitlines(True), new.splitlines(True),
                                               'poolmon.1.scd', 'poolmon'))
    sys.exit(page != new)


main()
