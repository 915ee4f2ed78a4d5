#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Proves from the symbols of built objects that calls go down only.

    floors.py MODULE_DIR OBJECT_DIR

MODULE_DIR is module/ among the sources; its Makefile lists the floors, the
lowest first. OBJECT_DIR is the same folder of a build. It prints an object or
include that uses a higher floor, and a cycle of objects. It prints an object on
no floor, and a sample that uses a symbol that is not exported. Nothing is printed,
and the status is 0, where all is right.
"""

import os
import re
import subprocess
import sys

TOP_FILES = ('main.o',)
# Every part declares its init and exit there.
FOR_ALL = ('parts.h',)
# Drivers of their own. They may include any header, but call exported functions only.
SAMPLES = 'samples'
INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)
EXPORT = re.compile(r'__(?:ksymtab|export_symbol)_(\w+)$')


def floors(module):
    """Rank of each folder: the lowest floor has 0."""
    with open(os.path.join(module, 'Makefile'), encoding='utf-8') as file:
        names = re.search(r'^floors := (.*)$', file.read(), re.M)[1].split()
    return {name: rank for rank, name in enumerate(names)}


def files_below(top, ending):
    """Files with that ending, as names relative to the folder."""
    for where, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name != SAMPLES]
        for name in names:
            if name.endswith(ending) and not name.endswith('.mod.o'):
                yield os.path.relpath(os.path.join(where, name), top)


def objects(module, folder):
    """Objects with a source; others are links of objects, or left by older builds."""
    for name in files_below(folder, '.o'):
        if os.path.exists(os.path.join(module, name[:-1] + 'c')):
            yield name


def names_in(folder, name, *options):
    """Pairs of kind and name, as nm prints them."""
    out = subprocess.run(['nm', *options, os.path.join(folder, name)], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return [line.split()[-2:] for line in out.splitlines()]


def symbols(folder, name):
    """Names that an object defines for others, and those that it wants."""
    defined, wanted = set(), set()
    for kind, symbol in names_in(folder, name, '-g'):
        # The small letters are those of weak names without a definition.
        (wanted if kind in 'Uwv' else defined).add(symbol)
    return defined, wanted


def exports(folder, name):
    """Names that an object exports to modules."""
    found = (EXPORT.match(symbol) for _, symbol in names_in(folder, name))
    return {match[1] for match in found if match}


def edges(folder, names):
    """Object -> {object it uses: one symbol}."""
    tables = {name: symbols(folder, name) for name in names}
    home = {symbol: name for name, (defined, _) in tables.items()
            for symbol in defined}
    return {name: {home[symbol]: symbol for symbol in sorted(wanted)
                   if home.get(symbol, name) != name}
            for name, (_, wanted) in tables.items()}


def rank_of(name, ranks):
    """Rank of an object or a file. main.c is above all floors; headers beside it are on the top."""
    return ranks.get(os.path.dirname(name), len(ranks) - name.endswith('.h'))


def upward(graph, ranks):
    """Objects that use a symbol of a higher floor."""
    for name, uses in sorted(graph.items()):
        for other, symbol in sorted(uses.items()):
            if rank_of(other, ranks) > rank_of(name, ranks):
                yield f'{name} uses {symbol} of {other}, a higher floor'


def cycles(graph):
    """Groups of objects that use each other, by Tarjan's algorithm."""
    index, low, stack, found = {}, {}, [], []

    def visit(name):
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in graph[name]:
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            place = stack.index(name)
            found.append(stack[place:])
            del stack[place:]

    for name in sorted(graph):
        if name not in index:
            visit(name)
    return [group for group in found if len(group) > 1]


def headers(module, ranks):
    """Files that include a header of a higher floor.

    A hook that a file includes is a part of it; its symbols are in that object.
    """
    for name in sorted(files_below(module, ('.c', '.h'))):
        with open(os.path.join(module, name), encoding='utf-8') as file:
            for other in INCLUDE.findall(file.read()):
                if not other.endswith('_hooks.c') and other not in FOR_ALL and \
                   os.path.exists(os.path.join(module, other)) and \
                   rank_of(other, ranks) > rank_of(name, ranks):
                    yield f'{name} includes {other}, of a higher floor'


def private(module, folder, names):
    """Samples that use a symbol of ntpool that is not exported."""
    exported = set().union(*(exports(folder, name) for name in names))
    if not exported:
        yield f'no exported symbols in {folder}'
    inside = set().union(*(symbols(folder, name)[0] for name in names)) - exported
    module, folder = (os.path.join(top, SAMPLES) for top in (module, folder))
    tables = {name: symbols(folder, name) for name in objects(module, folder)}
    own = set().union(*(defined for defined, _ in tables.values()))
    for name, (_, wanted) in sorted(tables.items()):
        for symbol in sorted(wanted & inside - own):
            yield f'{SAMPLES}/{name} uses {symbol}, which is not exported'


def main():
    """Prints what is wrong."""
    module, folder = sys.argv[1:]
    ranks = floors(module)
    names = sorted(objects(module, folder))
    lines = [f'{name} is in no floor' for name in names
             if os.path.dirname(name) not in ranks and name not in TOP_FILES]
    graph = edges(folder, names)
    if len(names) < 10 or not any(graph.values()):
        lines.append(f'no objects of ntpool in {folder}')
    up = list(upward(graph, ranks))
    lines += up
    # A call that goes up closes a cycle through most objects: its own line says more.
    for group in [] if up else cycles(graph):
        lines.append('a cycle: ' + ' '.join(sorted(group)))
        for name in sorted(group):
            lines += [f'  {name} uses {symbol} of {other}'
                      for other, symbol in sorted(graph[name].items())
                      if other in group]
    lines += headers(module, ranks)
    lines += private(module, folder, names)
    for line in lines:
        print(line)
    return 1 if lines else 0


if __name__ == '__main__':
    sys.exit(main())
