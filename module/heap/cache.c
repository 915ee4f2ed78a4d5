// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU caches of small blocks in front of the heaps.
 *
 * NT has per-processor lookaside lists for small pool blocks: S-lists, which a
 * double-width compare-and-exchange pops. Here each CPU has a magazine for each pool and
 * block size: an array of pointers to free blocks, used as a stack. A pop or push runs in
 * the per-CPU section of pcpu.h: in any context, without lock or atomic instruction.
 * An interrupt that finds the section entered gets ntpool_cache_none and uses the heap.
 *
 * Caching changes nothing in a block but the state in its header. Cached blocks count as
 * free in every figure. A magazine holds blocks of exactly one size, so no block is larger
 * than its request needs.
 *
 * A miss fills half of the magazine from the depot (depot.c). If the depot is empty, the
 * heap gives blocks, at most a page of them. A full magazine gives its older half to the
 * depot, or a few blocks to the heap. A cache holds only blocks of its CPU's node; others
 * return to the depot of their own heap. So do blocks that an interrupt of the section frees.
 * Blocks above NTPOOL_MAGAZINE_BYTES are not cached: limits.h tells why.
 *
 * Slots. A magazine gets its slots in the first slow path. Each later one doubles them, up to
 * the limit. The limit of a small magazine is higher while the depot is enlarged
 * for batches. All slots of a cache have a budget, so its size is bounded: many sizes in use
 * have short magazines then. If one has found no room at all, the next scan frees the slots of
 * the long ones. The scan also frees the slots of a magazine that stays idle. Slots are
 * allocated and freed outside of the section, and exchanged in it. An observer that reads @top
 * and @floor of different slots counts nothing.
 *
 * An idle magazine is empty, and its top leads to a pair of marks that say "empty" and
 * "full". So the first push of a block takes the slow path, which starts the periodic
 * scan. The scan makes magazines idle that it finds empty twice. It stops when all
 * magazines of all CPUs are idle.
 *
 * A miss leaves the section of the fast path, and the slow path enters one of its own. The
 * fast path is inlined in exported routines. Without a call inside its section, it needs no
 * register that survives one.
 *
 * Locking: none. A CPU's caches are its own. A section takes the locks of a depot and of
 * a heap, one after the other.
 */
#include <linux/err.h>
#include <linux/string.h>
#include <linux/topology.h>

#include "base/irql.h"
#include "base/refuse.h"
#include "heap/cache.h"
#include "heap/depot.h"
#include "heap/limits.h"
#include "heap/scan.h"
#include "memory/record.h"

enum {
	/* The most blocks that a free gives to the heap. */
	FLUSH_BLOCKS = 8,
};

DEFINE_PER_CPU(struct ntpool_cache *, ntpool_caches[NTPOOL_TYPES]);
struct ntpool_cache ntpool_cache_none;

/* A cache has slots left for some blocks of each size. */
static_assert(sizeof(struct ntpool_cache) + NTPOOL_GRANULES * NTPOOL_RECORD_MIN <=
	      NTPOOL_CACHE_BYTES);

DEFINE_PER_CPU(struct ntpool_cache *, ntpool_own_caches[NTPOOL_TYPES]);

/* The marks of idle magazines, and of ntpool_cache_none. */
static struct ntpool_header *idle_marks[] = { NULL, NTPOOL_MAGAZINE_END };

/* Returns the heap of this CPU's node. Preemption is disabled. */
static struct ntpool_heap *heap_here(enum ntpool_type type)
{
	return __this_cpu_read(ntpool_own_caches[type])->heap;
}

static bool magazine_is_idle(const struct ntpool_cache *cache, unsigned int granules)
{
	return READ_ONCE(cache->top[granules]) == idle_marks;
}

/* Called by the owner of @cache. */
static unsigned int magazine_count(const struct ntpool_cache *cache, unsigned int granules)
{
	struct ntpool_header **top = cache->top[granules];

	return top == idle_marks ? 0 : top - cache->floor[granules];
}

/* Called by an observer: 0 while the slots change. */
static unsigned int magazine_observed(const struct ntpool_cache *cache, unsigned int granules)
{
	/* Pairs with the release in magazine_set_slots(). */
	struct ntpool_header **top = smp_load_acquire(&cache->top[granules]);
	unsigned long nr = top - READ_ONCE(cache->floor[granules]);

	return top == idle_marks || nr > READ_ONCE(cache->limit[granules]) ? 0 : nr;
}

/*
 * Slots
 */

struct slots {
	struct ntpool_header **first;
	unsigned int limit;
};

static size_t slots_bytes(struct slots slots)
{
	return slots.first ? ntpool_slots_bytes(slots.limit) : 0;
}

static void slots_free(struct slots slots)
{
	if (slots.first)
		ntpool_sized_free(slots.first, slots_bytes(slots));
}

/* The most blocks of a magazine, and with an enlarged depot. Constant after init. */
static unsigned char magazine_most[2][NTPOOL_GRANULES];

/* True if the magazine has fewer slots than it may have. Every slow path asks: few instructions. */
static bool magazine_is_short(const struct ntpool_cache *cache, unsigned int granules)
{
	unsigned int limit = cache->limit[granules];

	return limit < magazine_most[0][granules] ||
	       (limit < magazine_most[1][granules] &&
		ntpool_depot_is_enlarged(cache->heap, granules));
}

/*
 * Returns the limit that the magazine should grow to, or 0. *@short_of: the budget has no room.
 */
static unsigned int magazine_next_limit(const struct ntpool_cache *cache, unsigned int granules,
					bool *short_of)
{
	unsigned int limit = cache->limit[granules];
	bool enlarged = ntpool_depot_is_enlarged(cache->heap, granules);
	unsigned int most = magazine_most[enlarged][granules];
	size_t had = limit ? ntpool_slots_bytes(limit) : 0;
	size_t bytes = max_t(size_t, 2 * had, NTPOOL_RECORD_MIN);
	unsigned int next = min_t(unsigned int, most, bytes / sizeof(struct ntpool_header *) - 2);

	*short_of = next > limit &&
		    cache->bytes - had + ntpool_slots_bytes(next) > NTPOOL_CACHE_BYTES;
	return next > limit && !*short_of ? next : 0;
}

/* Gives the magazine the slots of @new, and returns its old ones. Called in the section. */
static struct slots magazine_set_slots(struct ntpool_cache *cache, unsigned int granules,
				       struct slots new)
{
	struct slots old = { cache->floor[granules], cache->limit[granules] };
	unsigned int nr = magazine_count(cache, granules);

	if (nr)
		memcpy(new.first + 1, old.first + 1, nr * sizeof(*new.first));
	if (new.first)
		new.first[new.limit + 1] = NTPOOL_MAGAZINE_END;
	WRITE_ONCE(cache->bytes, cache->bytes + slots_bytes(new) - slots_bytes(old));
	WRITE_ONCE(cache->floor[granules], new.first);
	WRITE_ONCE(cache->limit[granules], new.limit);
	if (!magazine_is_idle(cache, granules))
		/* An observer that sees the top sees its floor and limit. */
		smp_store_release(&cache->top[granules], new.first + nr);
	return old;
}

/* Allocates slots if this CPU's magazine should grow. Any context. */
static struct slots slots_wanted(enum ntpool_type type, unsigned int granules)
{
	struct ntpool_cache *cache;
	struct slots slots = {};
	bool short_of;
	int node;

	preempt_disable();
	cache = __this_cpu_read(ntpool_own_caches[type]);
	/* As a hint: the caller may have interrupted a section. */
	slots.limit = data_race(magazine_next_limit(cache, granules, &short_of));
	if (short_of && !READ_ONCE(cache->limit[granules]))
		WRITE_ONCE(cache->starved, true);
	node = numa_mem_id();
	preempt_enable();
	if (slots.limit && !ntpool_raw_atomic() && !ntpool_refused())
		slots.first = ntpool_sized_alloc(ntpool_slots_bytes(slots.limit),
						 GFP_NOWAIT | __GFP_NOWARN, node);
	return slots;
}

/* Lets this CPU's magazine grow, if there is memory. Any context. */
static noinline void magazine_grow(enum ntpool_type type, unsigned int granules)
{
	struct slots slots = slots_wanted(type, granules);
	struct ntpool_cache *cache;
	bool short_of;

	if (!slots.first)
		return;
	preempt_disable();
	cache = ntpool_cache_enter(type);
	/* The caller may be on another CPU now, or an interrupt has used the budget. */
	if (cache != &ntpool_cache_none &&
	    magazine_next_limit(cache, granules, &short_of) == slots.limit)
		slots = magazine_set_slots(cache, granules, slots);
	ntpool_cache_leave(type, cache);
	preempt_enable();
	slots_free(slots);
}

/* Lets this CPU's magazine grow if it should. Called before the section of a slow path. */
static void magazine_prepare(enum ntpool_type type, unsigned int granules)
{
	struct ntpool_cache *cache;
	bool is_short;

	preempt_disable();
	cache = __this_cpu_read(ntpool_own_caches[type]);
	/* As a hint: the caller may have interrupted a section. */
	is_short = data_race(magazine_is_short(cache, granules));
	preempt_enable();
	if (unlikely(is_short))
		magazine_grow(type, granules);
}

/*
 * Blocks
 */

/*
 * Moves the oldest @nr blocks to the depot, as far as that has room. If it has none, some of
 * them go to the heap: the caller may be an interrupt, and the heap merges each block.
 */
static void magazine_flush(struct ntpool_cache *cache, unsigned int granules, unsigned int nr)
{
	struct ntpool_header **first = cache->floor[granules] + 1;
	unsigned int moved = ntpool_depot_give(cache->heap, granules, first, nr), rest;

	if (!moved) {
		moved = min_t(unsigned int, nr, FLUSH_BLOCKS);
		ntpool_heap_give(cache->heap, first, moved);
		ntpool_depot_overflowed(cache->heap, granules, moved);
	}
	rest = magazine_count(cache, granules) - moved;
	memmove(first, first + moved, rest * sizeof(*first));
	WRITE_ONCE(cache->top[granules], cache->floor[granules] + rest);
}

/* Fills an empty magazine by half and takes one of the blocks; NULL: there is none. */
static struct ntpool_header *magazine_fill(struct ntpool_cache *cache, unsigned int granules)
{
	struct ntpool_header **first = cache->floor[granules] + 1;
	unsigned int half, nr;

	half = max(cache->limit[granules] / 2, 1);
	nr = ntpool_depot_take(cache->heap, granules, first, half);
	/* At most a page of one size: other sizes may need the rest. */
	if (!nr) {
		nr = ntpool_heap_take(cache->heap, granules, 0, first,
				      min(half, NTPOOL_GRANULES / granules));
		ntpool_depot_missed(cache->heap, granules, nr);
	}
	if (!nr)
		return NULL;
	WRITE_ONCE(cache->top[granules], first + nr - 2);
	return first[nr - 1];
}

/* Moves all blocks to the heap, where they merge with their neighbours. */
static void magazine_make_idle(struct ntpool_cache *cache, unsigned int granules)
{
	unsigned int nr = magazine_count(cache, granules);

	if (nr)
		ntpool_heap_give(cache->heap, cache->floor[granules] + 1, nr);
	WRITE_ONCE(cache->top[granules], idle_marks);
}

/* The same, and returns the slots. */
static struct slots magazine_empty(struct ntpool_cache *cache, unsigned int granules)
{
	struct slots none = {};

	magazine_make_idle(cache, granules);
	return magazine_set_slots(cache, granules, none);
}

void ntpool_cache_empty(struct ntpool_cache *cache)
{
	unsigned int granules;

	for (granules = 0; granules < NTPOOL_GRANULES; granules++)
		magazine_make_idle(cache, granules);
}

/*
 * Whether the magazine has many slots while another one is short of room. The one without slots is
 * likely the first to ask for the room: each of its operations does. Called for the sizes in order.
 */
static bool magazine_must_share(struct ntpool_cache *cache, unsigned int granules)
{
	bool starved = cache->starved;

	if (granules == NTPOOL_GRANULES - 1)
		WRITE_ONCE(cache->starved, false);
	return starved && ntpool_slots_bytes(cache->limit[granules]) > NTPOOL_RECORD_MIN;
}

/*
 * Empties the magazine if the last scan found as many blocks. Returns its slots if it is idle
 * and was so at that scan, or if it must share them.
 */
static struct slots magazine_age(struct ntpool_cache *cache, unsigned int granules)
{
	bool was_idle = cache->seen[granules] == NTPOOL_SEEN_IDLE;

	if (magazine_must_share(cache, granules) ||
	    (was_idle && magazine_is_idle(cache, granules)))
		return magazine_empty(cache, granules);
	if (cache->seen[granules] == magazine_count(cache, granules))
		magazine_make_idle(cache, granules);
	cache->seen[granules] = magazine_is_idle(cache, granules) ? NTPOOL_SEEN_IDLE :
				magazine_count(cache, granules);
	return (struct slots){};
}

/* Gives the newest blocks, at most @nr, to the heap, and takes one of @granules from it. */
static struct ntpool_header *magazine_trade(struct ntpool_cache *cache, unsigned int from,
					    unsigned int nr, unsigned int granules,
					    unsigned int flags)
{
	struct ntpool_header **top = cache->top[from], *hdr = NULL;

	nr = min(nr, magazine_count(cache, from));
	if (nr) {
		WRITE_ONCE(cache->top[from], top - nr);
		ntpool_heap_give(cache->heap, top - nr + 1, nr);
		ntpool_heap_take(cache->heap, granules, flags, &hdr, 1);
	}
	return hdr;
}

/*
 * Gives blocks to the heap until that has one of @granules. A block that is large enough
 * comes first, the smallest one: it need not merge. Otherwise it depends on luck whether
 * smaller blocks merge, so a caller with interrupts disabled tries with a few only.
 */
static struct ntpool_header *cache_reclaim(struct ntpool_cache *cache, unsigned int granules,
					   unsigned int flags)
{
	struct ntpool_header *hdr = NULL;
	unsigned int from;

	for (from = granules; from < NTPOOL_GRANULES && !hdr; from++)
		hdr = magazine_trade(cache, from, 1, granules, flags);
	for (from = granules - 1; from >= NTPOOL_MIN_GRANULES && !hdr; from--)
		while (!hdr && magazine_count(cache, from)) {
			hdr = magazine_trade(cache, from, FLUSH_BLOCKS, granules, flags);
			if (irqs_disabled())
				return hdr;
		}
	return hdr;
}

struct ntpool_header *ntpool_cache_reclaim(struct ntpool_heap *heap, unsigned int granules,
					   unsigned int flags)
{
	struct ntpool_header *hdr = NULL;
	struct ntpool_cache *cache;

	preempt_disable();
	cache = ntpool_cache_enter(heap->type);
	/* The heap of ntpool_cache_none is an error pointer, equal to no heap. */
	if (cache->heap == heap)
		hdr = cache_reclaim(cache, granules, flags);
	ntpool_cache_leave(heap->type, cache);
	if (!hdr)
		hdr = ntpool_depot_reclaim(heap, granules, flags);
	preempt_enable();
	return hdr;
}

struct ntpool_header *ntpool_cache_pop_slow(enum ntpool_type type, unsigned int granules)
{
	struct ntpool_header *hdr = NULL;
	struct ntpool_cache *cache;

	magazine_prepare(type, granules);
	preempt_disable();
	cache = ntpool_cache_enter(type);
	if (cache != &ntpool_cache_none && cache->limit[granules])
		hdr = ntpool_magazine_pop(cache, granules) ?: magazine_fill(cache, granules);
	else
		ntpool_heap_take(heap_here(type), granules, 0, &hdr, 1);
	ntpool_cache_leave(type, cache);
	preempt_enable();
	ntpool_scan_start();
	return hdr;
}

static void magazine_push(struct ntpool_cache *cache, struct ntpool_header *hdr,
			  unsigned int granules)
{
	if (magazine_is_idle(cache, granules))
		WRITE_ONCE(cache->top[granules], cache->floor[granules]);
	else if (magazine_count(cache, granules) == cache->limit[granules])
		magazine_flush(cache, granules, max(cache->limit[granules] / 2, 1));
	*(cache->top[granules] + 1) = hdr;
	WRITE_ONCE(cache->top[granules], cache->top[granules] + 1);
}

void ntpool_cache_push_slow(struct ntpool_heap *heap, struct ntpool_header *hdr,
			    unsigned int granules)
{
	struct ntpool_cache *cache;

	magazine_prepare(heap->type, granules);
	preempt_disable();
	cache = ntpool_cache_enter(heap->type);
	/* The heap of ntpool_cache_none is an error pointer, equal to no heap. */
	if (cache->heap == heap && cache->limit[granules])
		magazine_push(cache, hdr, granules);
	else if (!ntpool_depot_give(heap, granules, &hdr, 1))
		ntpool_heap_give(heap, &hdr, 1);
	ntpool_cache_leave(heap->type, cache);
	preempt_enable();
	ntpool_scan_start();
	ntpool_heap_trim_surplus(heap);
}

/* Returns slots to be freed outside of the section. */
typedef struct slots (*magazine_fn)(struct ntpool_cache *cache, unsigned int granules);

/* Calls @fn for a magazine of this CPU, in the section of its cache. Process context. */
static void on_magazine(enum ntpool_type type, unsigned int granules, magazine_fn fn)
{
	struct slots slots = {};
	struct ntpool_cache *cache;
	struct ntpool_heap *heap;

	preempt_disable();
	heap = heap_here(type);
	cache = ntpool_cache_enter(type);
	/* A thread never interrupts a section. */
	if (!WARN_ON_ONCE(cache == &ntpool_cache_none))
		slots = fn(cache, granules);
	ntpool_cache_leave(type, cache);
	preempt_enable();
	slots_free(slots);
	ntpool_heap_trim_surplus(heap);
}

/* Calls @fn for all magazines of this CPU, each in a section of its own. Process context. */
static void on_this_cpu(magazine_fn fn)
{
	enum ntpool_type type;
	unsigned int granules;

	for (type = 0; type < NTPOOL_TYPES; type++)
		for (granules = 0; granules < NTPOOL_GRANULES; granules++)
			on_magazine(type, granules, fn);
}

void ntpool_cache_age(void)
{
	on_this_cpu(magazine_age);
}

void ntpool_cache_drain(void)
{
	on_this_cpu(magazine_empty);
}

unsigned long ntpool_cache_observe(const struct ntpool_cache *cache)
{
	unsigned long bytes = 0;
	unsigned int granules;

	for (granules = NTPOOL_MIN_GRANULES; cache && granules < NTPOOL_GRANULES; granules++)
		bytes += ((unsigned long)magazine_observed(cache, granules) * granules)
			 << NTPOOL_GRANULE_SHIFT;
	return bytes;
}

bool ntpool_cache_has_slots(const struct ntpool_cache *cache)
{
	return cache && READ_ONCE(cache->bytes) > sizeof(*cache);
}

static void cache_init(struct ntpool_cache *cache)
{
	unsigned int granules;

	for (granules = 0; granules < NTPOOL_GRANULES; granules++)
		cache->top[granules] = idle_marks;
	cache->bytes = sizeof(*cache);
}

void ntpool_cache_prepare(void)
{
	unsigned int granules;

	for (granules = 0; granules < NTPOOL_GRANULES; granules++) {
		ntpool_cache_none.top[granules] = idle_marks;
		magazine_most[false][granules] = ntpool_magazine_limit(granules);
		magazine_most[true][granules] = ntpool_magazine_grown(granules);
	}
	/* Not NULL, which is the heap of a run of pages. */
	ntpool_cache_none.heap = ERR_PTR(-ENOENT);
}

struct ntpool_cache *ntpool_cache_create(int node)
{
	struct ntpool_cache *cache;

	cache = ntpool_refused() ? NULL :
		ntpool_guarded_alloc(sizeof(*cache), GFP_KERNEL,
				     node_online(node) ? node : NUMA_NO_NODE);
	if (cache)
		cache_init(cache);
	return cache;
}

void ntpool_cache_destroy(struct ntpool_cache *cache)
{
	unsigned int granules;

	for (granules = 0; cache && granules < NTPOOL_GRANULES; granules++)
		slots_free((struct slots){ cache->floor[granules], cache->limit[granules] });
	ntpool_guarded_free(cache);
}
