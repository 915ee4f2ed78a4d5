// SPDX-License-Identifier: GPL-2.0
/*
 * The public totals of a lookaside list: which CPU writes them, and when they are updated.
 *
 * NT counts allocations and frees in fields of the public structure, which drivers read and
 * reset. lookaside_cache.c explains why only one CPU counts there. list->totals_owner has
 * three states:
 *
 *	NTPOOL_LA_UNOWNED  No CPU has counted yet. The first one becomes the owner.
 *	a CPU		   Only this CPU writes the public fields, without a lock. They are
 *			   exact while it is the only user. If a scan finds counts of another
 *			   CPU, it makes the list shared.
 *	NTPOOL_LA_SHARED   All CPUs count in cpu->own. Each scan adds the increase to the
 *			   public fields by compare-and-exchange, so a concurrent write of the
 *			   driver is not lost. If only one CPU has counted since the last
 *			   scan, that CPU becomes the owner.
 *
 * The owner changes on the CPU concerned, outside of its per-CPU section. No count is
 * therefore lost or made twice.
 *
 * A sum over all CPUs takes a time that grows with their number, so it is made without the lock.
 * Under the lock only its difference from list->folded is added, modulo 2^32. A sum that is
 * older than list->folded takes some counts back, and the next one adds them again. A CPU that
 * becomes the owner needs its own counts exactly. The scan therefore stores the sum of the other
 * CPUs in list->others. Then it interrupts that CPU, which adds its own counts.
 *
 * Locking: ntpool_lookaside_lock protects list->totals_owner and list->folded. cpu->total
 * belongs to its CPU. The balance_mutex protects list->prev, list->prev_total and list->others.
 */
#include "base/stub.h"
#include "lists/lookaside_list.h"

/* Adds up the counts that CPUs made in their own fields, but not those of CPU @but. */
static void sum_but(const struct ntpool_lookaside *list, int but, u32 *sum)
{
	const struct ntpool_lookaside_cpu __percpu *cpus = READ_ONCE(list->cpus);
	const struct ntpool_lookaside_cpu *cpu;
	int nr, i;

	ntpool_stub_unlocked(&ntpool_lookaside_lock);
	memset(sum, 0, NTPOOL_LA_COUNTS * sizeof(*sum));
	for_each_possible_cpu(nr) {
		if (nr == but)
			continue;
		cpu = per_cpu_ptr(cpus, nr);
		for (i = 0; i < NTPOOL_LA_COUNTS; i++)
			sum[i] += READ_ONCE(cpu->own[i]);
	}
}

/**
 * ntpool_lookaside_totals_sum() - add up the counts that CPUs made in their own fields
 * @list: the list
 * @sum: by enum ntpool_lookaside_count; a CPU's latest counts may be missing
 *
 * Context: any, without ntpool_lookaside_lock.
 */
void ntpool_lookaside_totals_sum(const struct ntpool_lookaside *list, u32 *sum)
{
	sum_but(list, -1, sum);
}

/**
 * ntpool_lookaside_totals_fold() - add the increase of CPUs' own counts to the public fields
 * @list: the list, whose public structure is alive
 * @sum: by ntpool_lookaside_totals_sum()
 *
 * Context: any, with ntpool_lookaside_lock held. No owner may be counting meanwhile.
 */
void ntpool_lookaside_totals_fold(struct ntpool_lookaside *list, const u32 *sum)
{
	u32 *total, old;
	int i;

	lockdep_assert_held(&ntpool_lookaside_lock);
	for (i = 0; i < NTPOOL_LA_COUNTS; i++) {
		if (sum[i] == list->folded[i])
			continue;
		total = &list->head->total[i];
		old = READ_ONCE(*total);
		while (!try_cmpxchg(total, &old, old + sum[i] - list->folded[i]))
			;
		list->folded[i] = sum[i];
	}
}

static u32 cpu_uses(const struct ntpool_lookaside_cpu *cpu)
{
	return READ_ONCE(cpu->own[NTPOOL_LA_ALLOCS]) + READ_ONCE(cpu->own[NTPOOL_LA_FREES]);
}

/**
 * ntpool_lookaside_totals_release() - make a list shared if a CPU is its owner
 * @list: the list
 * @cpu: the cache of that CPU
 *
 * Context: on that CPU by ntpool_lookaside_on_cpu(), or for a dead CPU; with
 * ntpool_lookaside_lock held.
 */
void ntpool_lookaside_totals_release(struct ntpool_lookaside *list,
				     struct ntpool_lookaside_cpu *cpu)
{
	if (cpu->total == cpu->own)
		return;
	cpu->total = cpu->own;
	WRITE_ONCE(list->totals_owner, NTPOOL_LA_SHARED);
}

/* Makes this CPU the owner of a shared list. Called by ntpool_lookaside_on_cpu(). */
static void totals_acquire(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu)
{
	u32 sum[NTPOOL_LA_COUNTS];
	int i;

	if (list->totals_owner != NTPOOL_LA_SHARED || !ntpool_lookaside_is_alive(list))
		return;
	for (i = 0; i < NTPOOL_LA_COUNTS; i++)
		sum[i] = list->others[i] + READ_ONCE(cpu->own[i]);
	ntpool_lookaside_totals_fold(list, sum);
	list->prev[raw_smp_processor_id()].uses = cpu_uses(cpu);
	memcpy(list->prev_total, list->head->total, sizeof(list->prev_total));
	cpu->total = list->head->total;
	WRITE_ONCE(list->totals_owner, raw_smp_processor_id());
}

/*
 * Returns how many CPUs have counted in their own fields since the last scan. *@which is one
 * of them.
 */
static unsigned int count_users(struct ntpool_lookaside *list, int *which)
{
	unsigned int users = 0;
	u32 uses;
	int nr;

	for_each_possible_cpu(nr) {
		uses = cpu_uses(per_cpu_ptr(list->cpus, nr));
		if (uses == list->prev[nr].uses)
			continue;
		list->prev[nr].uses = uses;
		*which = nr;
		users++;
	}
	return users;
}

/**
 * ntpool_lookaside_totals_update() - bring the public totals up to date, and change the owner
 * @list: the list
 *
 * Context: process context, with balance_mutex held; sleeps.
 */
void ntpool_lookaside_totals_update(struct ntpool_lookaside *list)
{
	int owner = READ_ONCE(list->totals_owner);
	u32 sum[NTPOOL_LA_COUNTS];
	unsigned int users;
	unsigned long flags;
	int which;

	users = count_users(list, &which);
	if (!users)
		return;
	if (owner >= 0) {
		ntpool_lookaside_on_cpu(list, owner, ntpool_lookaside_totals_release);
	} else if (users == 1) {
		sum_but(list, which, list->others);
		ntpool_lookaside_on_cpu(list, which, totals_acquire);
	}
	ntpool_lookaside_totals_sum(list, sum);
	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	if (list->totals_owner == NTPOOL_LA_SHARED && ntpool_lookaside_is_alive(list))
		ntpool_lookaside_totals_fold(list, sum);
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
}
