#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Finds prose that the project's readers cannot follow.

    prose.py FILE...

Looks at the comments of C, Python, shell and make files, at the docstrings of
Python, at manual pages, and at Markdown outside of code blocks and generated
tables. Prints FILE:LINE: and the words of each sentence whose subject is "What"
or "Who", of each pronoun that names no part of the code, and of each sentence
that has more than 20 words. A colon or a semicolon ends a sentence here. Code in
a sentence of Markdown counts as one word. Nothing is printed where all is right.
"""

import ast
import re
import sys

PRONOUNS = re.compile(r'\b(?:he|him|his|nobody|whoever|whomever|whatever|'
                      r'somebody|anybody|someone|anyone)\b', re.IGNORECASE)
SUBJECT = re.compile(r'(?:^|[.!] )(?:\w+: )?(What|Who)\b(?![^.]*\?)|'
                     r'(?:@\w+|Return|Context): (what|who)\b')
CODE = re.compile(r'`(?:[^`\n]|\n(?!\n))*`')
QUOTED = re.compile(r'"[^"\n]*"|`[^`\n]*`')
C_COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*', re.DOTALL)
C_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
MOST_WORDS = 20
SENTENCE_END = re.compile(r'(?<=[.!?:;]) +')
# A line of Markdown that begins an item of a list or is a heading.
ITEM = re.compile(r'^(?:[-*+]|\d+\.|#+) +')
ROW = re.compile(r'\s*\|')
LINK = re.compile(r'!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\]|:.*)')
HTML = re.compile(r'<!--.*?-->', re.DOTALL)
# A line that begins a paragraph, an item of a list or a part of kernel-doc.
BEGINS = re.compile(r'(?:@\w+:|[-*] |\w+:$|(?:Context|Return|Contract|Differs|Locking):)')
# A line of a table or of a usage, and the line with the licence.
TABLE = re.compile(r'^\t|\S\t|[^.!?:;\s] {2,}\S|^SPDX-')
GENERATED = re.compile(r'<!-- (\w+): begin -->.*?<!-- \1: end -->', re.DOTALL)
FENCE = re.compile(r'^```.*?^```|^    [^\n]*$', re.DOTALL | re.MULTILINE)


def blank(match):
    """As many lines without text, so that line numbers stay right."""
    return '\n' * match[0].count('\n')


def texts(path, source):
    """Pairs of line number and text of one comment or paragraph."""
    if path.endswith(('.c', '.h')):
        source = C_STRING.sub('""', source)
        for match in C_COMMENT.finditer(source):
            yield source.count('\n', 0, match.start()) + 1, match[0]
    elif path.endswith('.md'):
        source = FENCE.sub(blank, GENERATED.sub(blank, source))
        for number, line in enumerate(source.split('\n'), 1):
            yield number, line
    else:
        block, first = [], 0
        for number, line in enumerate(source.split('\n') + [''], 1):
            if re.match(r'\s*#(?![!\w])', line):
                first = first or number
                block.append(line)
            elif block:
                yield first, '\n'.join(block)
                block, first = [], 0


def plain(text):
    """Lines of a comment without its frame and without what is quoted."""
    for line in text.split('\n'):
        line = re.sub(r'^\s*(?:/\*+|\*+/?|//|#)?\s?', '', line)
        yield QUOTED.sub('Q', line.replace('*/', '').strip())


def sentences(text):
    """Pairs of line, counted from 0, and sentence of a comment. Tables are left out."""
    paragraph, first = '', 0
    rows = [re.sub(r'^\s*(?:/\*+|\*+/?|//|#+)? ?', '', line).replace('*/', '')
            for line in text.split('\n')]
    for number, row in enumerate(rows + ['']):
        inner = row.strip()
        if not inner or BEGINS.match(inner) or TABLE.search(row):
            for sentence in SENTENCE_END.split(paragraph):
                yield first, sentence
            paragraph, first = '', number
        if not TABLE.search(row):
            paragraph += ' ' + inner


def paragraphs(source):
    """Pairs of line number and paragraph of Markdown. Tables are left out."""
    for pattern in (FENCE, GENERATED, HTML):
        source = pattern.sub(blank, source)
    source = CODE.sub(lambda match: 'Q' + blank(match), source)
    source = LINK.sub(r'\1', source)
    paragraph, first = '', 1
    for number, line in enumerate(source.split('\n') + [''], 1):
        begins = ITEM.match(line.strip())
        if not line.strip() or begins or ROW.match(line):
            if paragraph:
                yield first, paragraph
            paragraph = ''
        if not ROW.match(line):
            first = first if paragraph else number
            paragraph += ' ' + ITEM.sub('', line.strip(), count=1)


def docstrings(source):
    """Pairs of line number and docstring of a Python file. What is indented is left out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and \
           ast.get_docstring(node):
            text = ast.get_docstring(node)
            yield node.body[0].lineno, re.sub(r'^ +\S.*$', '', text, flags=re.MULTILINE)


def page_paragraphs(source):
    """Pairs of line number and paragraph of a manual page. Code and tables are left out."""
    source = re.sub(r'^```.*?^```', blank, source, flags=re.DOTALL | re.MULTILINE)
    paragraph, first = '', 1
    for number, line in enumerate(source.split('\n') + [''], 1):
        inner = line.strip()
        # A line at the margin begins a definition, whose text is indented.
        if not inner or re.match(r'[#;|\[\]:]', line) or re.match(r'[-.] ', inner) or \
           line[0] == '\t' and paragraph and not inside:
            if paragraph:
                yield first, paragraph
            paragraph = ''
        if inner and not re.match(r'[#;|\[\]:]', line):
            first = first if paragraph else number
            inside = line[0] == '\t'
            paragraph += ' ' + inner


def too_long(first, sentence):
    """A complaint about a sentence, if it is too long."""
    words = [word for word in sentence.split() if re.search(r'\w', word)]
    if len(words) > MOST_WORDS:
        yield first, f'{len(words)} words', sentence.strip()


def long_sentences(path, source):
    """Sentences that are too long, as complaints."""
    if path.endswith(('.md', '.scd')):
        for first, paragraph in (paragraphs if path.endswith('.md') else page_paragraphs)(source):
            for sentence in SENTENCE_END.split(paragraph):
                yield from too_long(first, sentence)
        return
    blocks = list(texts(path, source))
    if path.endswith('.py'):
        blocks += docstrings(source)
    for first, text in blocks:
        for line, sentence in sentences(text):
            yield from too_long(first + line, sentence)


def complaints(path):
    """What is wrong in one file."""
    with open(path, encoding='utf-8') as file:
        source = file.read()
    yield from long_sentences(path, source)
    for first, text in texts(path, source):
        before = '.'
        for number, line in enumerate(plain(text), first):
            for match in PRONOUNS.finditer(line):
                yield number, match[0], line
            start = SUBJECT.search(line)
            begins = before.endswith(('.', ':', '!', '?')) or not before or start and start[2]
            if start and (start.start() > 0 or begins):
                yield number, start[1] or start[2], line
            before = line


def main():
    """Prints what is wrong."""
    bad = 0
    for path in sys.argv[1:]:
        for number, word, line in complaints(path):
            bad += 1
            print(f'{path}:{number}: {word}: {line[:70]}')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
