# SPDX-License-Identifier: GPL-2.0
"""Commands for gdb that show ntpool in a running kernel or in a memory dump.

    (gdb) source FILE
    (gdb) ntpool-load KALLSYMS NTPOOL.KO
    (gdb) ntpool-tags | ntpool-callers | ntpool-lookaside | ntpool-block ADDRESS

KALLSYMS is a copy of the machine's /proc/kallsyms, made by root while ntpool and its drivers
were loaded. NTPOOL.KO is the module with its debug information, as make leaves it. The kernel
needs none. The first three commands print the columns of the files in debugfs.

gdb must see virtual addresses: /proc/kcore, QEMU's gdb server, and a dump that QEMU's
`dump-guest-memory -p` made are such targets. A running kernel changes meanwhile.
"""

import bisect
import collections
import struct
import subprocess

import gdb

PAGE = 4096
GRANULES = 256
GRANULE = 16
HEADER = struct.Struct('<IHHQ')
LIVE = 0xb5
STATES = {0x1e: 'free', 0x63: 'cached', LIVE: 'live'}
TYPES = ('Nonp', 'Paged')
MASK = (1 << 64) - 1
NEEDED = ('__per_cpu_offset', '__cpu_possible_mask', 'nr_cpu_ids')
# Where the kernel lacks one, its value is constant.
OPTIONAL = {'nr_node_ids': 1, 'page_offset_base': 0xffff888000000000,
            'vmemmap_base': 0xffffea0000000000}

Block = collections.namedtuple('Block', 'addr tag type bytes requested caller')


class Symbols:
    """The symbols of kallsyms that are needed: those of modules, and a few of the kernel."""

    def __init__(self, path):
        self.address = {}
        self.modules = collections.defaultdict(dict)
        rows = []
        with open(path, encoding='ascii') as file:
            for line in file:
                address, kind, name, *module = line.split()
                address = int(address, 16)
                if module:
                    self.modules[module[0]][name] = address
                    rows.append((address, kind, name, module[0]))
                elif name in NEEDED or name in OPTIONAL:
                    self.address[name] = address
        if not all(self.address.get(name) for name in NEEDED):
            raise gdb.GdbError(f'{path} has no addresses: was it read by root?')
        self.rows = sorted(rows)
        self.starts = [row[0] for row in self.rows]

    def text(self, address):
        """As the kernel's %pS: the size of the last function reaches to the end of its page."""
        at = bisect.bisect_right(self.starts, address) - 1
        if at < 0 or self.rows[at][1] not in 'tT':
            return hex(address)
        start, _, name, module = self.rows[at]
        following = [row[0] for row in self.rows[at + 1:at + 9]
                     if row[0] > start and row[3] == module and row[1] in 'tT']
        end = following[0] if following else (start // PAGE + 1) * PAGE
        if address > end:
            return hex(address)
        return f'{name}+{address - start:#x}/{end - start:#x} {module}'


class Kernel:
    """What the commands have loaded."""

    symbols = None

    @classmethod
    def get(cls):
        """The symbols."""
        if not cls.symbols:
            raise gdb.GdbError('first: ntpool-load KALLSYMS NTPOOL.KO')
        return cls.symbols


def memory(address, size):
    """Bytes of the machine."""
    return bytes(gdb.selected_inferior().read_memory(int(address), size))


def number(address, size=8):
    """An unsigned number of the machine."""
    return int.from_bytes(memory(address, size), 'little')


def variable(name, file):
    """A variable of the module; static ones have the name of their file."""
    return gdb.parse_and_eval(f"'{file}'::{name}")


def optional(name, size=8):
    """A number of the kernel, which may be a constant."""
    address = Kernel.get().address.get(name)
    return number(address, size) if address else OPTIONAL[name]


def pointer_to(type_name, address):
    """The address as a pointer to a type of the module."""
    return gdb.Value(int(address)).cast(gdb.lookup_type(type_name).pointer())


def offset_of(type_name, field):
    """Bytes before a field."""
    return int(gdb.parse_and_eval(f'(unsigned long)&(({type_name} *)0)->{field}'))


def list_of(head, type_name, field):
    """Entries of a list_head, as pointers."""
    start, at = int(head.address), head['next']
    while int(at) != start:
        yield pointer_to(type_name, int(at) - offset_of(type_name, field))
        at = at['next']


def tree_of(node):
    """Nodes of a red-black tree, in order."""
    stack = []
    while stack or int(node):
        while int(node):
            stack.append(node)
            node = node['rb_left']
        node = stack.pop()
        yield node
        node = node['rb_right']


def cpus():
    """Offsets of the possible CPUs' per-CPU data."""
    address = Kernel.get().address
    mask = number(address['__cpu_possible_mask'])
    for cpu in range(number(address['nr_cpu_ids'], 4)):
        if cpu >= 64 or mask >> cpu & 1:
            yield number(address['__per_cpu_offset'] + 8 * cpu)


def tag_text(tag):
    """A tag as one word."""
    return ''.join(chr(c) if 0x20 < c < 0x7f and c != 0x5c else f'\\{c:03o}'
                   for c in tag.to_bytes(4, 'little'))


def past_codes():
    """Records of call sites in code that was freed, the oldest first."""
    return list_of(gdb.parse_and_eval('ntpool_past_codes'), 'struct ntpool_past_code', 'link')


def caller_text(caller):
    """A call site. The text of freed code counts until other code is loaded over it."""
    if not caller:
        return 'unknown'
    text = Kernel.get().text(caller)
    for past in past_codes():
        if int(past['caller']) == caller:
            if past['pinned'] or not past['covered']:
                return past['text'].string()
            if text.startswith('0x'):
                text = past['text'].string()
    return text


def print_rows(name, columns, rows):
    """A table as in debugfs."""
    print(f'# ntpool {name} 1\n# {columns}')
    for row in sorted(rows):
        print(*row)


# ---- Tags

def tag_row(record, kind):
    """A row of `tags`: the counters that CPUs share, and those of each CPU."""
    size = gdb.lookup_type('struct ntpool_tag_counts').sizeof
    sums = collections.Counter()
    shared = record['shared'][kind]
    for field in shared.type.fields():
        sums[field.name] += int(shared[field.name]['counter'])
    counts = int(record['counts'])
    for cpu in cpus() if counts else ():
        here = pointer_to('struct ntpool_tag_counts', counts + cpu + kind * size)
        for flow in (here['inside'], here['outside']):
            for field in flow.type.fields():
                sums[field.name] += int(flow[field.name])
    return (tag_text(int(record['tag'])), TYPES[kind], sums['allocs'], sums['frees'],
            sums['allocs'] - sums['frees'],
            (sums['alloc_granules'] - sums['free_granules']) * GRANULE,
            sums['alloc_requested'] - sums['free_requested'], sums['failed'])


def tags():
    """Rows of all tags that were used."""
    size = gdb.lookup_type('struct ntpool_tag').sizeof
    index = gdb.parse_and_eval('ntpool_tag_all')
    for chunk in list_of(index['chunks'], 'struct ntpool_tag_chunk', 'link'):
        for i in range(int(chunk['nr'])):
            record = pointer_to('struct ntpool_tag', int(chunk['values']) + i * size)
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
    total = total * int(gdb.parse_and_eval('ntpool_secret')) & MASK
    live = cookie == (total >> 48 | LIVE << 16 | cookie >> 24 << 24)
    caller = owner >> 32
    if caller >> 31:
        caller |= 0xffffffff00000000
    return {'cookie': cookie, 'requested': requested, 'granules': granules,
            'tag': owner & 0xffffffff, 'caller': caller, 'live': live}


def bits(page, field):
    """Numbers of the granules whose bit is set."""
    value = int.from_bytes(memory(page[field].address, GRANULES // 8), 'little')
    return [i for i in range(GRANULES) if value >> i & 1]


def pages():
    """Pages with blocks, and their pool types. Cursors of iterations have no base."""
    heaps = variable('heaps', 'heap.c')
    for kind in range(2):
        for node in range(optional('nr_node_ids', 4)):
            heap = heaps[kind][node]
            if int(heap):
                for page in list_of(heap['pages'], 'struct ntpool_page', 'link'):
                    if int(page['base']):
                        yield page, kind


def page_blocks(page, kind):
    """Live blocks of a page."""
    base = int(page['base'])
    data, starts, free = memory(base, PAGE), bits(page, 'start'), set(bits(page, 'free'))
    for start, end in zip(starts, starts[1:] + [GRANULES]):
        at = start * GRANULE
        header = header_at(base + at, data[at:at + HEADER.size])
        if start in free or header['cookie'] >> 16 & 0xff == 0x63:
            continue
        if not header['live']:
            header.update(tag=0x3f3f3f3f, requested=0, caller=0)
        yield Block(base + at + HEADER.size, header['tag'], kind, (end - start) * GRANULE,
                    header['requested'], header['caller'])


def run_blocks():
    """Live runs of pages."""
    offset = offset_of('struct ntpool_run', 'node')
    for node in tree_of(variable('run_tree', 'run.c')['rb_node']):
        run = pointer_to('struct ntpool_run', int(node) - offset)
        if int(run['state']) & 3 == 1:
            yield Block(int(run['base']), int(run['tag']), int(run['type']),
                        int(run['pages']) * PAGE, int(run['requested']), int(run['caller']))


def linear(page):
    """The address of a page in the linear map."""
    number_of_page = (int(page) - optional('vmemmap_base')) // page.dereference().type.sizeof
    return optional('page_offset_base') + number_of_page * PAGE


def special_blocks():
    """Live blocks of special pool. One that was sampled has its address in the linear map."""
    special = gdb.parse_and_eval('ntpool_special')
    for i in range(int(special['nr'])):
        slot = special['slots'][i]
        if int(slot['state']) == 2:
            base = linear(slot['page']) if slot['linear'] else int(slot['base'])
            yield Block(base + int(slot['offset']), int(slot['tag']), int(slot['type']),
                        int(slot['pages']) * PAGE, int(slot['size']),
                        int(slot['allocated']['caller']))


def blocks():
    """All live blocks."""
    for page, kind in pages():
        yield from page_blocks(page, kind)
    yield from run_blocks()
    yield from special_blocks()


def past_share(past, key, row):
    """The part of a sum that is the record's. A covered record noted its blocks."""
    if not past['covered']:
        return list(row)
    if int(past['left']):
        note = past['left'].cast(gdb.lookup_type('struct past_note').pointer())
        for i in range(int(note['nr'])):
            left = note['sum'][i]
            if int(left['past']) == int(past['number']) and \
                    key == (int(left['tag']), int(left['type']), int(left['caller'])):
                if int(left['count']) >= row[0]:
                    return list(row)
                return [min(int(left[field]), row[j])
                        for j, field in enumerate(('count', 'bytes', 'requested'))]
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
            share = past_share(past, key, row) if key[2] == int(past['caller']) else [0]
            if share[0]:
                row[:] = (old - new for old, new in zip(row, share))
                yield (tag_text(key[0]), TYPES[key[1]], *share, past['text'].string())
    for (tag, kind, caller), row in sums.items():
        if row[0]:
            yield (tag_text(tag), TYPES[kind], *row, caller_text(caller))


# ---- Lookaside lists

def list_row(each):
    """A row of `lookaside`."""
    head, desc = each['head'], each['desc']
    total = [int(head['total'][i]) - int(each['folded'][i]) for i in range(4)]
    cached = 0
    for cpu in cpus():
        here = pointer_to('struct ntpool_lookaside_cpu', int(each['cpus']) + cpu)
        cached += int(here['nr'])
        total = [total[i] + int(here['own'][i]) for i in range(4)]
    return (tag_text(int(desc['tag'])), TYPES[int(desc['type'])], int(desc['size']),
            int(head['depth']['now']), int(head['depth']['max']), cached,
            *(count & 0xffffffff for count in total), caller_text(int(desc['creator'])))


def lookasides():
    """Rows of the lists whose structure is still theirs."""
    none = Kernel.get().modules['[ntpool]']['ntpool_lookaside_none']
    for each in list_of(variable('lists', 'lookaside_registry.c'),
                        'struct ntpool_lookaside', 'link'):
        if each['dead'] or each['lost']:
            continue
        head = each['head']
        if int(head['magic']) == int(head) ^ 0x6b6f6f4c and \
                int(head['cpus']) == int(each['cpus']) - none & MASK:
            yield list_row(each)


# ---- One block

def print_block(block):
    """The allocation."""
    print(f'block {block.addr:#x}: tag {tag_text(block.tag)}, {TYPES[block.type]}, '
          f'{block.requested} bytes requested, {block.bytes} taken')
    print(f'allocated at {caller_text(block.caller)}')


def print_header(base, start, end, data):
    """The header of a block below a page, and the verdict on it."""
    at = base + start * GRANULE
    header = header_at(at, data[start * GRANULE:start * GRANULE + HEADER.size])
    state = STATES.get(header['cookie'] >> 16 & 0xff, 'damaged')
    if state == 'live' and not header['live']:
        state = 'live, but damaged'
    print(f'header {at:#x}: cookie {header["cookie"]:#010x}, {state}, '
          f'{header["granules"]} granules, {end - start} in the bitmap')


def page_of(address):
    """The page of a heap that the address lies in."""
    for page, kind in pages():
        if int(page['base']) == address & -PAGE:
            return page, kind
    return None, None


def show_block(address):
    """All that is known of an address."""
    page, kind = page_of(address)
    if page:
        base = int(page['base'])
        starts = bits(page, 'start')
        start = max((s for s in starts if base + s * GRANULE <= address), default=None)
        if start is None:
            raise gdb.GdbError(f'{address:#x} is in a page of the pool, before its first block')
        end = min((s for s in starts if s > start), default=GRANULES)
        found = [b for b in page_blocks(page, kind)
                 if b.addr == base + start * GRANULE + HEADER.size]
        print_header(base, start, end, memory(base, PAGE))
        print_block(found[0]) if found else print('no driver has it')
        return
    for block in list(run_blocks()) + list(special_blocks()):
        if block.addr & -PAGE <= address < (block.addr & -PAGE) + block.bytes:
            print_block(block)
            return
    raise gdb.GdbError(f'{address:#x} is in no block of ntpool')


# ---- Commands

def sections(symbols, module):
    """Addresses of the module's sections, from symbols that its file and kallsyms share."""
    names = symbols.modules.get('[ntpool]')
    if not names:
        raise gdb.GdbError('ntpool is not in this kallsyms')
    table = subprocess.run(['objdump', '-tw', module], check=True, text=True,
                           capture_output=True).stdout
    seen = collections.Counter(line.split()[-1] for line in table.splitlines() if line)
    found = {}
    for line in table.splitlines():
        words = line[17:].split()
        if len(words) < 3 or not line[:16].strip().isalnum():
            continue
        section, name = words[-3], words[-1]
        if section.startswith('.') and seen[name] == 1 and name in names:
            found.setdefault(section, names[name] - int(line[:16], 16))
    return found


class Load(gdb.Command):
    """ntpool-load KALLSYMS NTPOOL.KO: where the module is, and what its data mean"""

    def invoke(self, argument, from_tty):
        """The command."""
        kallsyms, module = gdb.string_to_argv(argument)
        symbols = Symbols(kallsyms)
        found = sections(symbols, module)
        text = found.pop('.text')
        found.pop('.data..percpu', None)
        others = ' '.join(f'-s {name} {address:#x}' for name, address in found.items())
        gdb.execute(f'add-symbol-file {module} {text:#x} {others}', to_string=True)
        Kernel.symbols = symbols


class Table(gdb.Command):
    """A table as in debugfs"""

    def __init__(self, name, columns, rows):
        super().__init__(f'ntpool-{name}', gdb.COMMAND_DATA)
        self.table = name, columns, rows

    def invoke(self, argument, from_tty):
        """The command."""
        name, columns, rows = self.table
        Kernel.get()
        print_rows(name, columns, rows())


class ShowBlock(gdb.Command):
    """ntpool-block ADDRESS: the block that the address lies in, and its header"""

    def invoke(self, argument, from_tty):
        """The command."""
        Kernel.get()
        show_block(int(gdb.parse_and_eval(argument)) & MASK)


Load('ntpool-load', gdb.COMMAND_FILES)
Table('tags', 'tag type allocs frees diff bytes requested failed', tags)
Table('callers', 'tag type count bytes requested caller', callers)
Table('lookaside', 'tag type size depth max_depth cached allocs alloc_misses frees free_misses'
      ' owner', lookasides)
ShowBlock('ntpool-block', gdb.COMMAND_DATA)
