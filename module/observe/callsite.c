// SPDX-License-Identifier: GPL-2.0
/*
 * Live allocations summed up, and the names of the code that made them.
 *
 * Every block carries its caller, so nothing is counted by call site while drivers
 * run: whoever wants sums walks all blocks. A walk adds each block to a hash table
 * with open addressing that doubles when it is half full; at the end the table is
 * packed and sorted in place and becomes the snapshot, an array that belongs to who
 * asked for it. A million blocks of a hundred sites need a hundred entries.
 *
 * Code that has gone. An address means something only as long as its code is there.
 * The initialisation code of a module goes after its init, with blocks that live
 * on; all code of a module goes when it is unloaded, and what it leaked is kept. And
 * later the same addresses are given to another module, whose blocks may then carry
 * the very same caller. (NT keeps callers only under the verifier, by address.) So
 * when code goes, each call in it that has made live blocks becomes a record, struct
 * past_code, with its text. As long as no other code takes the address, all blocks
 * with that caller are the record's. From then on the record is "covered", and what
 * it had at that moment, noted by tag and pool, is all that is ever taken for its
 * own. So a module that is loaded again at the same place is charged with its own
 * blocks only. Old blocks that are freed one by one cannot be told from new ones with
 * the same tag and caller; that is the one inexact case. A record without blocks is
 * dropped at the next walk. Lookaside lists that initialisation code has set up need
 * the same: their records are pinned, and last as long as the module.
 *
 * past_mutex guards the list of records and what they note, and is held over a whole
 * walk: a record that was added meanwhile would seem to have no blocks. Texts are
 * read under RCU alone, because ntpool_report() wants them in any context; a record's
 * text, caller and number never change.
 */
#include <linux/bsearch.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "base/report.h"
#include "heap/run.h"
#include "memory/backing.h"
#include "observe/callsite.h"

enum {
	SITES_FIRST_ROOM = 256,		/* a power of two, as all that follow */
};

/**
 * struct past_code - a call in code that has gone
 * @link: in past_codes, oldest first
 * @rcu: frees it
 * @number: what struct ntpool_callsite.past says
 * @caller: the address
 * @owner: whose initialisation code it was; NULL: the module has gone as well
 * @covered: other code has been loaded over it
 * @pinned: kept without blocks, until the owner goes
 * @left: once covered: its blocks at that moment
 * @text: as ntpool_callsite_text() had it
 */
struct past_code {
	struct list_head link;
	struct rcu_head rcu;
	unsigned int number;
	unsigned long caller;
	const struct module *owner;
	bool covered;
	bool pinned;
	struct ntpool_callsites left;
	char text[NTPOOL_CALLSITE_TEXT];
};

static DEFINE_MUTEX(past_mutex);
static LIST_HEAD(past_codes);
static unsigned int past_last;		/* number of the newest record */

static int site_compare(const void *a, const void *b)
{
	const struct ntpool_callsite *x = a, *y = b;
	int order = ntpool_tag_cmp(x->tag, y->tag);

	if (order)
		return order;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->caller != y->caller)
		return x->caller < y->caller ? -1 : 1;
	if (x->past != y->past)
		return x->past < y->past ? -1 : 1;
	return 0;
}

static struct ntpool_callsite *sites_alloc(size_t room)
{
	if (ntpool_backing_refused())
		return NULL;
	return kvcalloc(room, sizeof(struct ntpool_callsite), GFP_KERNEL);
}

static int sites_init(struct ntpool_callsites *sites)
{
	sites->nr = 0;
	sites->room = SITES_FIRST_ROOM;
	sites->site = sites_alloc(sites->room);
	return sites->site ? 0 : -ENOMEM;
}

void ntpool_callsites_free(struct ntpool_callsites *sites)
{
	kvfree(sites->site);
	sites->site = NULL;
	sites->nr = 0;
}

/* The entry with the key of @key, or the unused one (no count) where it belongs. */
static struct ntpool_callsite *sites_slot(struct ntpool_callsites *sites,
					  const struct ntpool_callsite *key)
{
	u64 mix = key->caller ^ ((u64)key->tag << 32) ^ ((u64)key->type << 63);
	size_t i = hash_64(mix, ilog2(sites->room));
	struct ntpool_callsite *site;

	for (;; i = (i + 1) & (sites->room - 1)) {
		site = &sites->site[i];
		if (!site->count || !site_compare(site, key))
			return site;
	}
}

static int sites_grow(struct ntpool_callsites *sites)
{
	struct ntpool_callsites bigger = { .nr = sites->nr, .room = sites->room * 2 };
	size_t i;

	bigger.site = sites_alloc(bigger.room);
	if (!bigger.site)
		return -ENOMEM;
	for (i = 0; i < sites->room; i++)
		if (sites->site[i].count)
			*sites_slot(&bigger, &sites->site[i]) = sites->site[i];
	kvfree(sites->site);
	*sites = bigger;
	return 0;
}

static int sites_add(struct ntpool_callsites *sites, const struct ntpool_block *block,
		     unsigned long key_value)
{
	struct ntpool_callsite key = {
		.tag = block->tag,
		.type = block->type,
		.caller = key_value,
	};
	struct ntpool_callsite *site = sites_slot(sites, &key);

	if (!site->count) {
		if (sites->nr >= sites->room / 2) {
			if (sites_grow(sites))
				return -ENOMEM;
			site = sites_slot(sites, &key);
		}
		*site = key;
		sites->nr++;
	}
	site->count++;
	site->bytes += block->bytes;
	site->requested += block->requested;
	return 0;
}

static int sites_add_by_caller(const struct ntpool_block *block, void *arg)
{
	return sites_add(arg, block, block->caller);
}

static int sites_add_by_size(const struct ntpool_block *block, void *arg)
{
	return sites_add(arg, block, block->requested);
}

/* From hash table, or array with holes, to sorted array. */
static void sites_pack(struct ntpool_callsites *sites, size_t end)
{
	size_t i, nr = 0;

	for (i = 0; i < end; i++)
		if (sites->site[i].count)
			sites->site[nr++] = sites->site[i];
	sites->nr = nr;
	sort(sites->site, nr, sizeof(*sites->site), site_compare, NULL);
}

static void past_drop(struct past_code *past)
{
	lockdep_assert_held(&past_mutex);
	list_del_rcu(&past->link);
	ntpool_callsites_free(&past->left);
	kfree_rcu(past, rcu);
}

/* Room for one more behind the entries. */
static int sites_extend(struct ntpool_callsites *sites)
{
	struct ntpool_callsite *site;

	if (sites->nr < sites->room)
		return 0;
	site = sites_alloc(2 * sites->room);
	if (!site)
		return -ENOMEM;
	memcpy(site, sites->site, sites->nr * sizeof(*site));
	kvfree(sites->site);
	sites->site = site;
	sites->room *= 2;
	return 0;
}

/* What of the blocks at @from is the record's. */
static struct ntpool_callsite past_share(const struct past_code *past,
					 const struct ntpool_callsite *from)
{
	struct ntpool_callsite share = *from, *left, key = *from;

	share.past = past->number;
	share.owner = past->owner;
	if (!past->covered)
		return share;
	key.past = past->number;
	left = bsearch(&key, past->left.site, past->left.nr, sizeof(key), site_compare);
	if (!left) {
		share.count = 0;
	} else if (left->count < share.count) {
		share.count = left->count;
		share.bytes = min(left->bytes, from->bytes);
		share.requested = min(left->requested, from->requested);
	}
	return share;
}

/* Moves the record's share of entry @i to an entry of its own at the end. */
static int past_take(const struct past_code *past, struct ntpool_callsites *sites, size_t i)
{
	struct ntpool_callsite share = past_share(past, &sites->site[i]);

	if (!share.count)
		return 0;
	if (sites_extend(sites))
		return -ENOMEM;
	sites->site[sites->nr++] = share;
	sites->site[i].count -= share.count;
	sites->site[i].bytes -= share.bytes;
	sites->site[i].requested -= share.requested;
	return 0;
}

/* Tells blocks of code that has gone from those of code that is there. */
static int sites_split(struct ntpool_callsites *sites)
{
	struct past_code *past, *next;
	size_t end = sites->nr, before, i;
	int err = 0;

	lockdep_assert_held(&past_mutex);
	list_for_each_entry_safe(past, next, &past_codes, link) {
		before = sites->nr;
		for (i = 0; i < end && !err; i++)
			if (sites->site[i].caller == past->caller)
				err = past_take(past, sites, i);
		if (err)
			return err;
		if (sites->nr == before && !past->pinned)
			past_drop(past);
	}
	sites_pack(sites, sites->nr);
	return 0;
}

static int sites_collect_locked(struct ntpool_callsites *sites)
{
	int err = sites_init(sites);

	if (err)
		return err;
	err = ntpool_iterate_blocks(sites_add_by_caller, sites);
	if (!err) {
		sites_pack(sites, sites->room);
		err = sites_split(sites);
	}
	if (err)
		ntpool_callsites_free(sites);
	return err;
}

int ntpool_callsites_collect(struct ntpool_callsites *sites)
{
	int err;

	mutex_lock(&past_mutex);
	err = sites_collect_locked(sites);
	mutex_unlock(&past_mutex);
	return err;
}

int ntpool_sizes_collect(struct ntpool_callsites *sites)
{
	int err = sites_init(sites);

	if (err)
		return err;
	err = ntpool_run_for_each(sites_add_by_size, sites);
	if (err)
		ntpool_callsites_free(sites);
	else
		sites_pack(sites, sites->room);
	return err;
}

/* Under RCU: the record whose text the address has. */
static struct past_code *past_at(unsigned long caller)
{
	struct past_code *past;

	list_for_each_entry_rcu(past, &past_codes, link, lockdep_is_held(&past_mutex))
		if (past->caller == caller &&
		    (READ_ONCE(past->pinned) || !READ_ONCE(past->covered)))
			return past;
	return NULL;
}

static const struct past_code *past_by_number(unsigned int number)
{
	const struct past_code *past;

	list_for_each_entry_rcu(past, &past_codes, link)
		if (past->number == number)
			return past;
	return NULL;
}

/* Without a symbol %pS prints the bare address, which is nobody's business. */
static void site_symbol(unsigned long caller, char *buf, size_t size)
{
	snprintf(buf, size, "%pS", (void *)caller);
	if (str_has_prefix(buf, "0x"))
		snprintf(buf, size, "%p", (void *)caller);
}

void ntpool_callsite_text(unsigned long caller, char *buf, size_t size)
{
	const struct past_code *past;

	rcu_read_lock();
	past = past_at(caller);
	if (past)
		strscpy(buf, past->text, size);
	else if (caller)
		site_symbol(caller, buf, size);
	else
		strscpy(buf, "unknown", size);
	rcu_read_unlock();
}

bool ntpool_callsite_in_module(unsigned long address)
{
	char text[NTPOOL_CALLSITE_TEXT];

	ntpool_callsite_text(address, text, sizeof(text));
	return strchr(text, '[');
}

void ntpool_callsite_name(const struct ntpool_callsite *site, char *buf, size_t size)
{
	const struct past_code *past;

	rcu_read_lock();
	past = site->past ? past_by_number(site->past) : NULL;
	if (past)
		strscpy(buf, past->text, size);
	else
		ntpool_callsite_text(site->caller, buf, size);
	rcu_read_unlock();
}

/*
 * Nobody wants one row for each time that a leaking driver was loaded at the same
 * place: the newest record, which takes all that older ones do not claim, replaces
 * them.
 */
static void past_absorb(const struct past_code *past)
{
	struct past_code *old, *next;

	lockdep_assert_held(&past_mutex);
	if (past->covered || past->owner)
		return;
	list_for_each_entry_safe(old, next, &past_codes, link)
		if (old != past && old->caller == past->caller && !old->owner &&
		    !strcmp(old->text, past->text))
			past_drop(old);
}

static struct past_code *past_add(unsigned long caller, const struct module *owner)
{
	struct past_code *past;

	lockdep_assert_held(&past_mutex);
	if (ntpool_backing_refused())
		return NULL;
	past = kzalloc(sizeof(*past), GFP_KERNEL);
	if (!past)
		return NULL;
	ntpool_callsite_text(caller, past->text, sizeof(past->text));
	past->number = ++past_last;
	past->caller = caller;
	past->owner = owner;
	list_add_tail_rcu(&past->link, &past_codes);
	past_absorb(past);
	return past;
}

/* Without memory the text is lost, and what needs it shows a bare address. */
static void past_remember(unsigned long caller, const struct module *owner, bool pinned)
{
	struct past_code *past;

	mutex_lock(&past_mutex);
	past = past_at(caller) ?: past_add(caller, owner);
	if (past && pinned)
		WRITE_ONCE(past->pinned, true);
	mutex_unlock(&past_mutex);
}

void ntpool_callsite_remember(const struct ntpool_callsite *site, const struct module *owner)
{
	if (!site->past)
		past_remember(site->caller, owner, false);
}

void ntpool_callsite_pin(unsigned long caller, const struct module *owner)
{
	past_remember(caller, owner, true);
}

bool ntpool_callsite_belongs(unsigned long caller, const struct module *mod)
{
	const struct module *owner = NULL;
	const struct past_code *past;

	rcu_read_lock();
	past = past_at(caller);
	if (past)
		owner = READ_ONCE(past->owner);
	rcu_read_unlock();
	return owner ? owner == mod : within_module(caller, mod);
}

void ntpool_callsite_disown(const struct module *mod)
{
	struct past_code *past;

	mutex_lock(&past_mutex);
	list_for_each_entry(past, &past_codes, link)
		if (past->owner == mod) {
			WRITE_ONCE(past->owner, NULL);
			WRITE_ONCE(past->pinned, false);
			past_absorb(past);
		}
	mutex_unlock(&past_mutex);
}

static bool past_any_within(const struct module *mod)
{
	struct past_code *past;

	list_for_each_entry(past, &past_codes, link)
		if (within_module(past->caller, mod))
			return true;
	return false;
}

static size_t sites_copy_of(const struct past_code *past, const struct ntpool_callsites *sites,
			    struct ntpool_callsite *to)
{
	size_t i, nr = 0;

	for (i = 0; i < sites->nr; i++)
		if (sites->site[i].past == past->number) {
			if (to)
				to[nr] = sites->site[i];
			nr++;
		}
	return nr;
}

/* Without memory its blocks are taken for those of the new code. */
static void past_cover(struct past_code *past, const struct ntpool_callsites *sites)
{
	struct ntpool_callsites left = { .nr = sites_copy_of(past, sites, NULL) };

	left.site = left.nr ? sites_alloc(left.nr) : NULL;
	if (left.site)
		sites_copy_of(past, sites, left.site);
	else
		left.nr = 0;
	ntpool_callsites_free(&past->left);
	past->left = left;
	WRITE_ONCE(past->covered, true);
}

void ntpool_callsite_forget(const struct module *mod)
{
	struct ntpool_callsites sites = {};
	struct past_code *past;

	mutex_lock(&past_mutex);
	if (past_any_within(mod)) {
		if (sites_collect_locked(&sites))
			sites.nr = 0;
		list_for_each_entry(past, &past_codes, link)
			if (within_module(past->caller, mod))
				past_cover(past, &sites);
		ntpool_callsites_free(&sites);
	}
	mutex_unlock(&past_mutex);
}

void ntpool_callsite_exit(void)
{
	struct past_code *past, *next;

	mutex_lock(&past_mutex);
	list_for_each_entry_safe(past, next, &past_codes, link)
		past_drop(past);
	mutex_unlock(&past_mutex);
}
