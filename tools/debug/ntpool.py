#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Shows ntpool in the running kernel or in a memory dump, by drgn.

    tags, callers, lookaside    the columns of these files in debugfs
    blocks TAG                  the live blocks of a tag
    block ADDRESS               the block around an address, and its header

NTPOOL.KO is the loaded module with its debug information, as make leaves it. Its build ID has
to be that of the loaded module. The kernel needs no debug information. VMCOREINFO leads to the
kernel's table of symbols, and that to the tables of the modules. The structures of both are in
the debug information of ntpool. A running kernel changes meanwhile. The kernel is one for x86-64.
"""

import argparse
import bisect
import collections
import struct
import sys

from drgn import FaultError, MissingDebugInfoError, Object, Program, sizeof
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.rbtree import rbtree_inorder_for_each_entry

KCORE = '/proc/kcore'
SEGMENT = struct.Struct('<IIQQQQQQ')
PT_NOTE = 4
SHT_NOTE = 7
BUILD_ID = struct.pack('<I4s', 3, b'GNU\0')
PAGE = 4096
GRANULES = 256
GRANULE = 16
HEADER = struct.Struct('<IHHQ')
SYMBOL = struct.Struct('<IBBHQQ')
LIVE = 0xb5
STATES = {0x1e: 'free', 0x63: 'cached', LIVE: 'live'}
TYPES = ('Nonp', 'Paged')
MASK = (1 << 64) - 1
NEEDED = ('modules', '__per_cpu_offset', '__cpu_possible_mask', 'nr_cpu_ids')
# Where the kernel lacks one, its value is constant.
OPTIONAL = {'nr_node_ids': 1, 'page_offset_base': 0xffff888000000000,
            'vmemmap_base': 0xffffea0000000000}

Block = collections.namedtuple('Block', 'addr tag type bytes requested caller')


def fail(text):
    """Ends with a message."""
    sys.exit(f'ntpool: {text}')


def number(address, size=8):
    """An unsigned number of the machine."""
    return int.from_bytes(prog.read(address, size), 'little')


def at(type_name, address):
    """A structure of the machine."""
    return Object(prog, type_name, address=int(address))


# ---- Symbols

def notes(path):
    """Names and contents of an ELF file's first segment of notes."""
    with open(path, 'rb') as file:
        head = file.read(64)
        table, = struct.unpack_from('<Q', head, 32)
        file.seek(table)
        for _ in range(struct.unpack_from('<H', head, 56)[0]):
            kind, _, start, _, _, size, _, _ = SEGMENT.unpack(file.read(SEGMENT.size))
            if kind == PT_NOTE:
                break
        file.seek(start)
        data = file.read(size)
    while data:
        name_size, size, _ = struct.unpack_from('<III', data)
        name, data = data[12:12 + name_size], data[12 + -(-name_size // 4) * 4:]
        yield name, data[:size]
        data = data[-(-size // 4) * 4:]


def kernel_places(path):
    """Addresses in VMCOREINFO. drgn has read it too, but 0.0.22 does not pass it on."""
    text = dict(notes(path)).get(b'VMCOREINFO\0')
    if not text:
        fail(f'{path} has no VMCOREINFO')
    return {line[7:].split(')')[0]: int(line.split('=')[1], 16)
            for line in text.decode().splitlines() if line.startswith('SYMBOL(')}


def addresses_of(place, offsets):
    """A function from the number of a symbol to its address."""
    start = place['kallsyms_offsets']
    if 'kallsyms_relative_base' not in place:
        # An offset is relative to its own place.
        return lambda i: start + 4 * i + offsets[i] & MASK
    base = number(place['kallsyms_relative_base'])
    if min(offsets) >= 0:
        return lambda i: base + offsets[i]
    # Where some are negative, the others are addresses and not offsets.
    return lambda i: offsets[i] if offsets[i] >= 0 else base - 1 - offsets[i]


def kernel_symbols(place):
    """Addresses of the kernel's symbols that are needed. Names are packed as in kallsyms.c."""
    try:
        count = number(place['kallsyms_num_syms'], 4)
        offsets = struct.unpack(f'<{count}i', prog.read(place['kallsyms_offsets'], 4 * count))
        names, table = place['kallsyms_names'], place['kallsyms_token_table']
        index = struct.unpack('<256H', prog.read(place['kallsyms_token_index'], 512))
    except KeyError as missing:
        fail(f'VMCOREINFO of this kernel has no {missing}')
    data = prog.read(names, table - names)
    text = prog.read(table, index[255] + 64)
    tokens = [text[start:text.index(0, start)] for start in index]
    address = addresses_of(place, offsets)
    found, position = {}, 0
    for i in range(count):
        size = data[position]
        position += 1
        if size & 0x80:
            size = size & 0x7f | data[position] << 7
            position += 1
        name = b''.join([tokens[c] for c in data[position:position + size]])[1:].decode()
        position += size
        if name in NEEDED or name in OPTIONAL:
            found[name] = address(i)
    for name in NEEDED:
        if name not in found:
            fail(f'the kernel has no symbol {name}')
    return found


def build_note(path):
    """The section with the build ID of a module's file. The kernel loads it as it is."""
    with open(path, 'rb') as file:
        data = file.read()
    table, = struct.unpack_from('<Q', data, 40)
    size, count = struct.unpack_from('<HH', data, 58)
    for i in range(count):
        _, kind, _, _, start, length = struct.unpack_from('<IIQQQQ', data, table + i * size)
        note = data[start:start + length]
        if kind == SHT_NOTE and note[8:16] == BUILD_ID:
            return note
    return fail(f'{path} has no build ID')


def memory_of(module):
    """The memory of a module, without that of its start. Linux 6.4 made several areas of one."""
    for area in list(module.mem)[:4] if hasattr(module, 'mem') else [module.core_layout]:
        if area.size:
            yield prog.read(int(area.base), int(area.size))


def check_module(path, module):
    """Fails where the file is of another build, whose structures may differ."""
    note = build_note(path)
    if not any(note in data for data in memory_of(module)):
        fail(f'{path} is not the module that is loaded: its build ID differs')


def module_symbols(module):
    """Rows of a module: address, type as in kallsyms, and name."""
    table = module.kallsyms
    count = int(table.num_symtab)
    rows = list(SYMBOL.iter_unpack(prog.read(int(table.symtab), count * SYMBOL.size)))
    kinds = prog.read(int(table.typetab), count).decode('latin-1')
    for row, kind in zip(rows, kinds):
        if row[0]:
            yield row[4], kind, (table.strtab + row[0]).string_().decode('latin-1')


class Symbols:
    """The symbols of modules, and a few of the kernel."""

    def __init__(self, path):
        self.address = kernel_symbols(kernel_places(path))
        self.ntpool = collections.defaultdict(list)
        rows = []
        head = at('struct list_head', self.address['modules']).address_of_()
        for module in list_for_each_entry('struct module', head, 'list'):
            name = module.name.string_().decode()
            own = list(module_symbols(module))
            if name == 'ntpool':
                check_module(given.module, module)
                for row in own:
                    self.ntpool[row[2]].append(row[0])
            rows += [(*row, f'[{name}]') for row in own]
        if not self.ntpool:
            fail('ntpool is not loaded')
        self.rows = sorted(rows)
        self.starts = [row[0] for row in self.rows]

    def text(self, address):
        """As the kernel's %pS: the size of the last function reaches to the end of its page."""
        i = bisect.bisect_right(self.starts, address) - 1
        if i < 0 or self.rows[i][1] not in 'tT':
            return hex(address)
        start, _, name, module = self.rows[i]
        following = [row[0] for row in self.rows[i + 1:i + 9]
                     if row[0] > start and row[3] == module and row[1] in 'tT']
        end = following[0] if following else (start // PAGE + 1) * PAGE
        if address > end:
            return hex(address)
        return f'{name}+{address - start:#x}/{end - start:#x} {module}'


def address_of(name):
    """The address of a variable of the module, whose name no other one has."""
    addresses = SYMBOLS.ntpool[name]
    if len(addresses) != 1:
        fail(f'the loaded ntpool has {len(addresses)} symbols {name}')
    return addresses[0]


def variable(name):
    """A variable of the module."""
    return Object(prog, prog[name].type_, address=address_of(name))


def optional(name, size=8):
    """A number of the kernel, which may be a constant."""
    address = SYMBOLS.address.get(name)
    return number(address, size) if address else OPTIONAL[name]


def list_of(head, type_name, field):
    """Entries of a list_head, as pointers."""
    return list_for_each_entry(type_name, head.address_of_(), field)


def cpus():
    """Offsets of the possible CPUs' per-CPU data."""
    address = SYMBOLS.address
    count = number(address['nr_cpu_ids'], 4)
    mask = number(address['__cpu_possible_mask'], -(-count // 64) * 8)
    return [number(address['__per_cpu_offset'] + 8 * cpu)
            for cpu in range(count) if mask >> cpu & 1]


def tag_text(tag):
    """A tag as one word."""
    return ''.join(chr(c) if 0x20 < c < 0x7f and c != 0x5c else f'\\{c:03o}'
                   for c in tag.to_bytes(4, 'little'))


def past_codes():
    """Records of call sites in code that was freed, the oldest first."""
    return list_of(variable('ntpool_past_codes'), 'struct ntpool_past_code', 'link')


def caller_text(caller):
    """A call site. The text of freed code counts until other code is loaded over it."""
    if not caller:
        return 'unknown'
    text = SYMBOLS.text(caller)
    for past in past_codes():
        if int(past.caller) == caller:
            if past.pinned or not past.covered:
                return past.text.string_().decode()
            if text.startswith('0x'):
                text = past.text.string_().decode()
    return text


def print_rows(name, columns, rows):
    """A table as in debugfs."""
    print(f'# ntpool {name} 1\n# {columns}')
    for row in sorted(rows):
        print(*row)


# ---- Tags

def tag_row(record, kind):
    """A row of `tags`: the counters that CPUs share, and those of each CPU."""
    size = sizeof(prog.type('struct ntpool_tag_counts'))
    shared = record.shared[kind].value_()
    sums = collections.Counter({field: count['counter'] for field, count in shared.items()})
    counts = int(record.counts)
    for cpu in cpus() if counts else ():
        here = at('struct ntpool_tag_counts', counts + cpu + kind * size).value_()
        sums.update(here['inside'])
        sums.update(here['outside'])
    return (tag_text(int(record.tag)), TYPES[kind], sums['allocs'], sums['frees'],
            sums['allocs'] - sums['frees'],
            (sums['alloc_granules'] - sums['free_granules']) * GRANULE,
            sums['alloc_requested'] - sums['free_requested'], sums['failed'])


def tags():
    """Rows of all tags that were used."""
    size = sizeof(prog.type('struct ntpool_tag'))
    for chunk in list_of(variable('ntpool_tag_all').chunks, 'struct ntpool_tag_chunk', 'link'):
        for i in range(int(chunk.nr)):
            record = at('struct ntpool_tag', int(chunk.values) + i * size)
            for kind in range(2):
                row = tag_row(record, kind)
                if row[2] or row[7]:
                    yield row


# ---- Blocks

def header_at(address, data):
    """The fields of a header, and whether its cookie is that of a live block."""
    cookie, requested, granules, owner = HEADER.unpack(data)
    size = granules << 16 | requested
    total = (owner ^ size ^ (cookie >> 24) << 56 ^ (address + HEADER.size)) & MASK
    total = total * int(variable('ntpool_secret')) & MASK
    live = cookie == (total >> 48 | LIVE << 16 | cookie >> 24 << 24)
    caller = owner >> 32
    if caller >> 31:
        caller |= 0xffffffff00000000
    return {'cookie': cookie, 'requested': requested, 'granules': granules,
            'tag': owner & 0xffffffff, 'caller': caller, 'live': live}


def bits(field):
    """Numbers of the granules whose bit is set."""
    value = number(field.address_, GRANULES // 8)
    return [i for i in range(GRANULES) if value >> i & 1]


def pages():
    """Pages with blocks, and their pool types. Cursors of iterations have no base."""
    heaps = variable('heaps')
    for kind in range(2):
        for node in range(optional('nr_node_ids', 4)):
            heap = heaps[kind][node]
            if heap:
                for page in list_of(heap.pages, 'struct ntpool_page', 'link'):
                    if page.base:
                        yield page, kind


def page_blocks(page, kind):
    """Live blocks of a page."""
    base = int(page.base)
    data, starts, free = prog.read(base, PAGE), bits(page.start), set(bits(page.free))
    for start, end in zip(starts, starts[1:] + [GRANULES]):
        offset = start * GRANULE
        header = header_at(base + offset, data[offset:offset + HEADER.size])
        if start in free or header['cookie'] >> 16 & 0xff == 0x63:
            continue
        if not header['live']:
            header.update(tag=0x3f3f3f3f, requested=0, caller=0)
        yield Block(base + offset + HEADER.size, header['tag'], kind, (end - start) * GRANULE,
                    header['requested'], header['caller'])


def run_blocks():
    """Live runs of pages."""
    root = variable('run_tree').address_of_()
    for run in rbtree_inorder_for_each_entry('struct ntpool_run', root, 'node'):
        if int(run.state) & 3 == 1:
            yield Block(int(run.base), int(run.tag), int(run.type), int(run.pages) * PAGE,
                        int(run.requested), int(run.caller))


def linear(page):
    """The address of a page in the linear map."""
    number_of_page = (int(page) - optional('vmemmap_base')) // sizeof(prog.type('struct page'))
    return optional('page_offset_base') + number_of_page * PAGE


def special_blocks():
    """Live blocks of special pool. One that was sampled has its address in the linear map."""
    special = variable('ntpool_special')
    for i in range(int(special.nr)):
        slot = special.slots[i]
        if int(slot.state) == 2:
            base = linear(slot.page) if slot.linear else int(slot.base)
            yield Block(base + int(slot.offset), int(slot.tag), int(slot.type),
                        int(slot.pages) * PAGE, int(slot.size), int(slot.allocated.caller))


def blocks():
    """All live blocks."""
    for page, kind in pages():
        yield from page_blocks(page, kind)
    yield from run_blocks()
    yield from special_blocks()


def past_share(past, key, row):
    """The part of a sum that is the record's. A covered record noted its blocks."""
    if not past.covered:
        return list(row)
    if past.left:
        note = Object(prog, 'struct past_note *', value=int(past.left))
        for i in range(int(note.nr)):
            left = note.sum[i]
            if int(left.past) == int(past.number) and \
                    key == (int(left.tag), int(left.type), int(left.caller)):
                if int(left.count) >= row[0]:
                    return list(row)
                return [min(int(field), row[j])
                        for j, field in enumerate((left.count, left.bytes, left.requested))]
    return [0, 0, 0]


def callers():
    """Rows of `callers`: blocks of freed code are separate from those of loaded code."""
    sums = collections.defaultdict(lambda: [0, 0, 0])
    for block in blocks():
        row = sums[block.tag, block.type, block.caller]
        for i, value in enumerate((1, block.bytes, block.requested)):
            row[i] += value
    for past in past_codes():
        for key, row in sums.items():
            share = past_share(past, key, row) if key[2] == int(past.caller) else [0]
            if share[0]:
                row[:] = (old - new for old, new in zip(row, share))
                yield (tag_text(key[0]), TYPES[key[1]], *share, past.text.string_().decode())
    for (tag, kind, caller), row in sums.items():
        if row[0]:
            yield (tag_text(tag), TYPES[kind], *row, caller_text(caller))


# ---- Lookaside lists

def list_row(each):
    """A row of `lookaside`."""
    head, desc = each.head, each.desc
    total = [int(head.total[i]) - int(each.folded[i]) for i in range(4)]
    cached = 0
    for cpu in cpus():
        here = at('struct ntpool_lookaside_cpu', int(each.cpus) + cpu)
        cached += int(here.nr)
        total = [total[i] + int(here.own[i]) for i in range(4)]
    return (tag_text(int(desc.tag)), TYPES[int(desc.type)], int(desc.size),
            int(head.depth.now), int(head.depth.max), cached,
            *(count & 0xffffffff for count in total), caller_text(int(desc.creator)))


def lookasides():
    """Rows of the lists whose structure is still theirs."""
    none = address_of('ntpool_lookaside_none')
    for each in list_of(variable('lists'), 'struct ntpool_lookaside', 'link'):
        if each.dead or each.lost:
            continue
        head = each.head
        if int(head.magic) == int(head) ^ 0x6b6f6f4c and \
                int(head.cpus) == int(each.cpus) - none & MASK:
            yield list_row(each)


# ---- One block

def blocks_of(tag):
    """Rows of `blocks`: addresses of a tag's blocks, in order."""
    for block in sorted(blocks()):
        if tag_text(block.tag) == tag:
            yield (f'{block.addr:#x}', TYPES[block.type], block.bytes, block.requested,
                   caller_text(block.caller))


def print_block(block):
    """The allocation."""
    print(f'block {block.addr:#x}: tag {tag_text(block.tag)}, {TYPES[block.type]}, '
          f'{block.requested} bytes requested, {block.bytes} taken')
    print(f'allocated at {caller_text(block.caller)}')


def print_header(base, start, end, data):
    """The header of a block below a page, and the verdict on it."""
    address = base + start * GRANULE
    header = header_at(address, data[start * GRANULE:start * GRANULE + HEADER.size])
    state = STATES.get(header['cookie'] >> 16 & 0xff, 'damaged')
    if state == 'live' and not header['live']:
        state = 'live, but damaged'
    print(f'header {address:#x}: cookie {header["cookie"]:#010x}, {state}, '
          f'{header["granules"]} granules, {end - start} in the bitmap')


def page_of(address):
    """The page of a heap that the address lies in."""
    for page, kind in pages():
        if int(page.base) == address & -PAGE:
            return page, kind
    return None, None


def show_block(address):
    """All that is known of an address."""
    page, kind = page_of(address)
    if page:
        base = int(page.base)
        starts = bits(page.start)
        start = max((s for s in starts if base + s * GRANULE <= address), default=None)
        if start is None:
            fail(f'{address:#x} is in a page of the pool, before its first block')
        end = min((s for s in starts if s > start), default=GRANULES)
        found = [b for b in page_blocks(page, kind)
                 if b.addr == base + start * GRANULE + HEADER.size]
        print_header(base, start, end, prog.read(base, PAGE))
        print_block(found[0]) if found else print('no driver has it')
        return
    for block in list(run_blocks()) + list(special_blocks()):
        if block.addr & -PAGE <= address < (block.addr & -PAGE) + block.bytes:
            print_block(block)
            return
    fail(f'{address:#x} is in no block of ntpool')


# ---- Commands

TABLES = {
    'tags': ('tag type allocs frees diff bytes requested failed', tags),
    'callers': ('tag type count bytes requested caller', callers),
    'lookaside': ('tag type size depth max_depth cached allocs alloc_misses frees free_misses'
                  ' owner', lookasides),
}


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('-c', '--core', metavar='DUMP', help='a dump, not the running kernel')
    parser.add_argument('module', metavar='NTPOOL.KO')
    commands = parser.add_subparsers(dest='command', required=True, metavar='COMMAND')
    for name in TABLES:
        commands.add_parser(name)
    commands.add_parser('blocks').add_argument('tag')
    commands.add_parser('block').add_argument('address', type=lambda text: int(text, 0))
    return parser.parse_args()


def main(options):
    """One command."""
    if options.command == 'block':
        show_block(options.address & MASK)
    elif options.command == 'blocks':
        print_rows('blocks', 'address type bytes requested caller', blocks_of(options.tag))
    else:
        columns, rows = TABLES[options.command]
        print_rows(options.command, columns, rows())


if __name__ == '__main__':
    given = arguments()
    prog = Program()
    try:
        if given.core:
            prog.set_core_dump(given.core)
        else:
            prog.set_kernel()
        try:
            prog.load_debug_info([given.module])
        except MissingDebugInfoError:
            # It complains that it cannot place the module, and has loaded the types.
            pass
        SYMBOLS = Symbols(given.core or KCORE)
        main(given)
    except LookupError as error:
        fail(f'{given.module} lacks debug information of ntpool: {error}')
    except (FaultError, OSError, ValueError, struct.error) as error:
        fail(error)
