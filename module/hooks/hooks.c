// SPDX-License-Identifier: GPL-2.0
/*
 * Hooks for the KUnit suites, which call the folders below. NT has no such routines.
 *
 * A hook that needs the static functions of a file is in a *_hooks.c, which that file
 * includes. stub_hooks.c has those that ntpool calls.
 *
 * Locking: none. Context: process context, unless test.h says more.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "account/tag.h"
#include "base/callsite.h"
#include "base/client.h"
#include "base/compat.h"
#include "base/frame.h"
#include "base/stack.h"
#include "heap/cache.h"
#include "heap/heap.h"
#include "heap/run.h"
#include "lists/slist.h"
#include "memory/record.h"
#include "special/special.h"
#include "test.h"
#include "verify/filter.h"
#include "verify/sample.h"
#include "verify/track.h"
#include "verify/verify.h"

unsigned long ntpool_test_shrinkable(void)
{
	return ntpool_cache_shrinkable();
}
EXPORT_SYMBOL_GPL(ntpool_test_shrinkable);

bool ntpool_test_tag_is_hot(u32 tag)
{
	return ntpool_tag_cpu_counts(ntpool_tag_find(tag));
}
EXPORT_SYMBOL_GPL(ntpool_test_tag_is_hot);

unsigned int ntpool_test_hot_most(unsigned int most)
{
	return xchg(&ntpool_tag_hot.most, most);
}
EXPORT_SYMBOL_GPL(ntpool_test_hot_most);

unsigned long ntpool_test_cached(void)
{
	return ntpool_cache_bytes(NTPOOL_NONPAGED);
}
EXPORT_SYMBOL_GPL(ntpool_test_cached);

enum ntpool_test_kind ntpool_test_page_kind(const void *p)
{
	struct ntpool_run run;
	bool carved;

	rcu_read_lock();
	carved = ntpool_page_of(p);
	rcu_read_unlock();
	return carved || ntpool_run_near(p, &run) ? NTPOOL_TEST_POOL : ntpool_test_area_kind(p);
}
EXPORT_SYMBOL_GPL(ntpool_test_page_kind);

const void *ntpool_test_client(unsigned long addr)
{
	const struct ntpool_client *client;

	rcu_read_lock();
	client = ntpool_client_of(addr);
	rcu_read_unlock();
	return client;
}
EXPORT_SYMBOL_GPL(ntpool_test_client);

const void *ntpool_test_filter(void)
{
	return rcu_access_pointer(ntpool_filter_tags.list);
}
EXPORT_SYMBOL_GPL(ntpool_test_filter);

void ntpool_test_remember(unsigned long caller)
{
	ntpool_callsite_remember(caller, NULL);
}
EXPORT_SYMBOL_GPL(ntpool_test_remember);

int ntpool_test_set_verifier(unsigned long flags)
{
	return ntpool_verifier_set(flags);
}
EXPORT_SYMBOL_GPL(ntpool_test_set_verifier);

size_t ntpool_test_tracked(void **addr, size_t room)
{
	struct ntpool_track *tracks;
	size_t nr = 0, i;

	tracks = ntpool_track_snapshot(&nr);
	for (i = 0; addr && tracks && i < min(nr, room); i++)
		addr[i] = tracks[i].block.addr;
	kvfree(tracks);
	return nr;
}
EXPORT_SYMBOL_GPL(ntpool_test_tracked);

unsigned int ntpool_test_track_frames(const struct module *mod)
{
	struct ntpool_frames frames = { .going.mod = mod, .when = ntpool_stack_now() };
	unsigned int before = ntpool_test_frame_names();

	ntpool_track_frames(&frames);
	return ntpool_test_frame_names() - before;
}
EXPORT_SYMBOL_GPL(ntpool_test_track_frames);

int ntpool_test_sample(unsigned int ms)
{
	return ntpool_sample_set(ms);
}
EXPORT_SYMBOL_GPL(ntpool_test_sample);

bool ntpool_test_fault(unsigned long addr, bool write, unsigned long ip)
{
	return ntpool_special_fault(addr, write, ip, ip);
}
EXPORT_SYMBOL_GPL(ntpool_test_fault);

void ntpool_test_slist_locked(bool on)
{
	if (on || !ntpool_has_cmpxchg_pair())
		static_branch_enable(&ntpool_slist_locked);
	else
		static_branch_disable(&ntpool_slist_locked);
}
EXPORT_SYMBOL_GPL(ntpool_test_slist_locked);

void ntpool_test_guard_scan(void)
{
	ntpool_guard_scan(ULONG_MAX);
}
EXPORT_SYMBOL_GPL(ntpool_test_guard_scan);
