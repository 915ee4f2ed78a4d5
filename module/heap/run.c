// SPDX-License-Identifier: GPL-2.0
/*
 * Whole pages: requests that do not fit into a page together with a header.
 *
 * As in NT they are page aligned, without a header, and take exactly as many
 * pages as needed; a table outside says what they are. NT's is a hash of
 * addresses. Here it is a tree, ordered by address, because a pointer into the
 * middle of an allocation is to be recognised too, and because its nodes are
 * allocated with the pages: entering it can neither fail nor need memory.
 *
 * The memory of the Mm routines is in the same tree, so that every figure, list and
 * report of leaks has it too; each record says which routines may free it.
 *
 * In front of all this are the CPUs' caches of whole pages (bigcache.c). A record
 * stays in the tree while its pages are cached there; for short runs of the linear map
 * the page map leads to it as well, so that a free finds it without the lock.
 *
 * Locking: big_lock, raw and with interrupts off, a leaf, guards the tree. One lock
 * for both pools and all nodes: who gets here goes to the page allocator anyway. Whose
 * a record is, live or not, is not under the lock, but decided by its state (big.h).
 * Records are freed by RCU.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/topology.h>

#include "heap/run_cache.h"
#include "memory/backing.h"
#include "memory/pagemap.h"

/* How many a walker copies under one taking of the lock. */
#define WALK_BATCH	64

static DEFINE_RAW_SPINLOCK(big_lock);
static struct rb_root big_tree = RB_ROOT;
static unsigned long big_pages[NTP_KINDS];
static unsigned long big_count[NTP_KINDS];

static bool big_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct ntp_big, node)->base < rb_entry(b, struct ntp_big, node)->base;
}

/* Short runs of the linear map are worth a place in the page map, if there is one. */
static bool big_is_mapped(const struct ntp_big *big)
{
	return big->use == NTP_USE_POOL && big->pages <= NTP_BIG_CACHED_PAGES &&
	       ntp_in_linear_map(big->base);
}

void ntp_big_enter(struct ntp_big *big)
{
	unsigned long flags;

	/* Without it a free takes the longer way. */
	if (big_is_mapped(big))
		ntp_map_enter(big->base, &big->map);
	raw_spin_lock_irqsave(&big_lock, flags);
	rb_add(&big->node, &big_tree, big_less);
	big_pages[big->kind] += big->pages;
	big_count[big->kind]++;
	ntp_big_make_live(big);
	raw_spin_unlock_irqrestore(&big_lock, flags);
}

/* The last allocation that begins at or before @p. */
static struct ntp_big *big_at_or_before(const void *p)
{
	struct rb_node *node = big_tree.rb_node;
	struct ntp_big *big, *found = NULL;

	lockdep_assert_held(&big_lock);
	while (node) {
		big = rb_entry(node, struct ntp_big, node);
		if (big->base <= p) {
			found = big;
			node = node->rb_right;
		} else {
			node = node->rb_left;
		}
	}
	return found;
}

/* The allocation that @p lies in. */
static struct ntp_big *big_around(const void *p)
{
	struct ntp_big *big = big_at_or_before(p);

	return big && p < big->base + (big->pages << PAGE_SHIFT) ? big : NULL;
}

struct ntp_big *ntp_big_create(void)
{
	gfp_t gfp = ntp_backing_gfp();

	return gfp && !ntp_backing_refused() ? kmalloc(sizeof(struct ntp_big), gfp) : NULL;
}

int ntp_big_nid(const void *base)
{
	return is_vmalloc_addr(base) ? numa_mem_id() : page_to_nid(virt_to_page(base));
}

struct ntp_big *ntp_big_alloc(enum ntp_kind kind, size_t size, u32 tag, u8 flags,
			      unsigned long caller)
{
	unsigned long pages = ntp_big_pages_for(size);
	struct ntp_big *big;
	void *base;

	if (pages > min(totalram_pages(), ULONG_MAX >> PAGE_SHIFT))
		return NULL;
	big = ntp_big_create();
	if (!big)
		return NULL;
	base = ntp_backing_alloc(kind, pages, numa_mem_id(), 0);
	if (!base) {
		kfree(big);
		return NULL;
	}
	*big = (struct ntp_big){
		.base = base,
		.pages = pages,
		.requested = size,
		.caller = caller,
		.kind = kind,
		.tag = tag,
		.flags = flags,
		.use = NTP_USE_POOL,
		.nid = ntp_big_nid(base),
	};
	return big;
}

enum ntp_verdict ntp_big_claim(enum ntp_use use, void *p, struct ntp_big **out,
			       struct ntp_big *copy)
{
	enum ntp_verdict verdict = NTP_FREE_UNOWNED;
	struct ntp_big *big;
	unsigned long flags;

	raw_spin_lock_irqsave(&big_lock, flags);
	big = big_around(p);
	if (big && big->use == use) {
		*out = big;
		/* Fast paths may be at it; its state decides. */
		*copy = data_race(*big);
		if (!ntp_big_state_is_live(copy->state))
			verdict = NTP_FREE_TWICE;
		else if (big->base != p)
			verdict = NTP_FREE_MIDDLE;
		else
			verdict = ntp_big_take(big, copy->state) ? NTP_FREE_OK : NTP_FREE_TWICE;
	}
	raw_spin_unlock_irqrestore(&big_lock, flags);
	return verdict;
}

static void big_leave(struct ntp_big *big)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&big_lock, flags);
	rb_erase(&big->node, &big_tree);
	big_pages[big->kind] -= big->pages;
	big_count[big->kind]--;
	raw_spin_unlock_irqrestore(&big_lock, flags);
	if (big_is_mapped(big))
		ntp_map_leave(big->base);
}

static void big_free_pages(struct ntp_big *big)
{
	switch (big->use) {
	case NTP_USE_POOL:
		ntp_backing_free(big->base, big->pages);
		break;
	case NTP_USE_CONTIGUOUS:
		ntp_phys_free(big->base, big->pages, big->cache);
		break;
	case NTP_USE_NONCACHED:
		ntp_phys_unmap(big->base, big->pages, big->page);
		break;
	}
}

void ntp_big_release(struct ntp_big *big)
{
	big_leave(big);
	big_free_pages(big);
	kfree_rcu(big, rcu);
}

bool ntp_big_is_paged(const void *p)
{
	struct ntp_big *big;
	unsigned long flags;
	bool paged;

	raw_spin_lock_irqsave(&big_lock, flags);
	big = big_around(p);
	paged = big && big->kind == NTP_PAGED && ntp_big_state_is_live(READ_ONCE(big->state));
	raw_spin_unlock_irqrestore(&big_lock, flags);
	return paged;
}

bool ntp_big_peek(const void *p, struct ntp_big *copy)
{
	struct ntp_big *big;
	unsigned long flags;
	bool found;

	raw_spin_lock_irqsave(&big_lock, flags);
	big = big_around(p);
	found = big && big->base == p;
	if (found)
		/* As in ntp_big_claim(). */
		*copy = data_race(*big);
	raw_spin_unlock_irqrestore(&big_lock, flags);
	return found && ntp_big_state_is_live(copy->state);
}

unsigned long ntp_big_count(enum ntp_kind kind)
{
	return READ_ONCE(big_count[kind]);
}

unsigned long ntp_big_pages(enum ntp_kind kind)
{
	return READ_ONCE(big_pages[kind]);
}

/* False: not live, or no longer the same. Fast paths use the record meanwhile. */
static bool big_describe(const struct ntp_big *big, struct ntp_block *block)
{
	/* Pairs with the release in ntp_big_make_live(). */
	u32 state = smp_load_acquire(&big->state);

	*block = (struct ntp_block){
		.addr = big->base,
		.tag = READ_ONCE(big->tag),
		.kind = big->kind,
		.bytes = big->pages << PAGE_SHIFT,
		.requested = READ_ONCE(big->requested),
		.caller = READ_ONCE(big->caller),
	};
	/* Pairs with the compare-and-exchange in ntp_big_take(): what follows it is not here. */
	smp_rmb();
	return ntp_big_state_is_live(state) && READ_ONCE(big->state) == state;
}

/* Up to WALK_BATCH allocations from address *@from on, which moves behind them. */
static unsigned int big_copy(struct ntp_block *blocks, void **from)
{
	struct rb_node *node;
	struct ntp_big *big;
	unsigned int n = 0;

	raw_spin_lock_irq(&big_lock);
	big = big_at_or_before(*from);
	node = !big ? rb_first(&big_tree) :
	       big->base == *from ? &big->node : rb_next(&big->node);
	for (; node && n < WALK_BATCH; node = rb_next(node)) {
		big = rb_entry(node, struct ntp_big, node);
		*from = big->base + PAGE_SIZE;
		n += big_describe(big, &blocks[n]);
	}
	raw_spin_unlock_irq(&big_lock);
	return n;
}

int ntp_big_for_each(ntp_block_fn fn, void *arg)
{
	struct ntp_block *blocks = kmalloc_array(WALK_BATCH, sizeof(*blocks), GFP_KERNEL);
	unsigned int i, n;
	void *from = NULL;
	int ret = 0;

	if (!blocks)
		return -ENOMEM;
	do {
		n = big_copy(blocks, &from);
		for (i = 0; i < n && !ret; i++)
			ret = fn(&blocks[i], arg);
		cond_resched();
	} while (n && !ret);
	kfree(blocks);
	return ret;
}

/* What drivers never freed goes as well: nobody is left. */
void ntp_big_exit(void)
{
	struct ntp_big *big, *next;

	rbtree_postorder_for_each_entry_safe(big, next, &big_tree, node) {
		if (big_is_mapped(big))
			ntp_map_leave(big->base);
		big_free_pages(big);
		kfree(big);
	}
	big_tree = RB_ROOT;
}
