# SPDX-License-Identifier: GPL-2.0
"""The little of C that the scripts coverage and routines must read.

No compiler: a tokenizer, macros, and what stands at file scope, namely
functions, prototypes, tables, and calls of macros.  The references of a thing
are all identifiers in its body; what none of the files defines says nothing.
Both branches of an #if are read.
"""

import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'
                     r"'(?:\\.|[^'\\\n])*'", re.S)
TOKEN = re.compile(r'[A-Za-z_]\w*|\d[\w.]*|"(?:\\.|[^"\\\n])*"|'
                   r"'(?:\\.|[^'\\\n])*'|[=!<>+*/&|^-]=|\S")
DIRECTIVE = re.compile(r'^[ \t]*#(?:\\\n|[^\n])*', re.M)
DEFINE = re.compile(r'#\s*define\s+(\w+)(\([^)]*\))?(.*)', re.S)
IDENT = re.compile(r'[A-Za-z_]\w*$')
DOC = re.compile(r'^/\*\*\n(.*?)\*/', re.M | re.S)
DOC_NAME = re.compile(r'(\w+)\(\) - (.*)')
EXPORT = re.compile(r'^EXPORT_SYMBOL_GPL\((\w+)\);', re.M)


def paths(folder, ending):
    """Files of a folder of the project and of those in it, without samples."""
    found = []
    for where, folders, names in os.walk(os.path.join(TOP, folder)):
        folders[:] = [name for name in folders if name != 'samples']
        found += [os.path.relpath(os.path.join(where, name), TOP)
                  for name in names if name.endswith(ending)]
    return sorted(found)


def read(path):
    with open(os.path.join(TOP, path), encoding='utf-8') as file:
        return file.read()


def strip_comments(text):
    return COMMENT.sub(lambda m: ' ' if m[0][0] == '/' else m[0], text)


def tokens(text):
    return TOKEN.findall(text)


def identifiers(words):
    return {word for word in words if IDENT.match(word)}


def docs(text):
    """The kernel-doc of functions and macros: name -> lines of its comment."""
    found = {}
    for comment in DOC.findall(text):
        lines = [re.sub(r'^ \* ?', '', line) for line in comment.split('\n')]
        name = DOC_NAME.match(lines[0])
        if name:
            found[name[1]] = lines
    return found


def exports():
    """What ntpool.ko exports under NT's names: name -> file."""
    return {name: path for path in paths('module', '.c')
            for name in EXPORT.findall(read(path))
            if not name.startswith('ntpool_')}


class Item:
    """One thing at file scope: the tokens before its braces, and within."""

    def __init__(self, head, body):
        self.head = head
        self.body = body

    def calls(self):
        """Names that a parenthesis follows, outside all parentheses."""
        depth = 0
        for index, word in enumerate(self.head):
            if word == '(':
                before = self.head[index - 1] if index else ''
                if depth == 0 and IDENT.match(before):
                    yield before
                depth += 1
            elif word == ')':
                depth -= 1

    def is_function(self):
        return '=' not in self.head and self.head[:1] != ['typedef'] and \
            any(self.calls())

    def function(self):
        """The last name that may be one: attributes come before, or are __."""
        names = [n for n in self.calls() if not n.startswith('__')]
        return names[-1] if names else None

    def variable(self):
        head = self.head[:self.head.index('=')]
        if '[' in head:
            head = head[:head.index('[')]
        elif head[-1:] == [')']:
            # a pointer to a function: (*name)(arguments)
            head = head[:head.index(')')]
        names = [w for w in head if IDENT.match(w)]
        return names[-1] if names else None


def items(words):
    """Splits the tokens of a file at file scope."""
    head, body, depth, parens = [], [], 0, 0
    for word in words:
        parens += (word == '(') - (word == ')')
        if word == '{':
            depth += 1
        if depth:
            body.append(word)
        elif word != ';' or parens:
            head.append(word)
        if word == '}':
            depth -= 1
        if depth or parens:
            continue
        if word == ';' or (word == '}' and Item(head, body).is_function()):
            yield Item(head, body)
            head, body = [], []


class Source:
    """One file: what it defines, and the names that each definition uses."""

    def __init__(self, path):
        self.path = path
        self.text = read(path)
        self.refs = {}		# name -> identifiers in its body
        self.static = set()
        self.functions = set()
        self.macros = {}	# name -> tokens of its body
        self.prototypes = []
        self.items = []
        text = strip_comments(self.text)
        for directive in DIRECTIVE.findall(text):
            self.add_macro(DEFINE.match(directive.strip()))
        for item in items(tokens(DIRECTIVE.sub('', text))):
            self.items.append(item)
            self.add_item(item)

    def add_macro(self, define):
        if not define:
            return
        words = tokens(define[3].replace('\\\n', ' '))
        name, uses = define[1], identifiers(words)
        if name in self.macros:
            # two definitions: what both use is used for sure
            uses &= self.refs[name]
        self.refs[name] = uses
        self.macros[name] = words

    def define(self, name, item, body):
        if not name:
            return
        self.refs.setdefault(name, set()).update(identifiers(body))
        if 'static' in item.head:
            self.static.add(name)

    def add_item(self, item):
        if item.head[:1] == ['KUNIT_ARRAY_PARAM']:
            self.define(item.head[2] + '_gen_params', item, item.head[3:])
            self.static.add(item.head[2] + '_gen_params')
        elif '=' in item.head:
            value = item.head[item.head.index('='):]
            self.define(item.variable(), item, item.body + value)
        elif item.is_function() and item.body:
            self.define(item.function(), item, item.body)
            self.functions.add(item.function())
        elif item.is_function():
            self.prototypes.append(item.function())


def headers():
    return [Source(path) for path in paths('include/nt', '.h')]


def routines(sources):
    """Routine -> name of the header that declares it.

    Those that ntpool.ko exports, and the inlines and macros with kernel-doc.
    """
    exported = exports()
    where = {}
    for header in sources:
        name = os.path.basename(header.path)
        for routine in docs(header.text):
            if routine in header.refs:
                where[routine] = name
        for routine in header.prototypes:
            if routine in exported:
                where[routine] = name
    for routine, path in exported.items():
        where.setdefault(routine, path)
    return where
