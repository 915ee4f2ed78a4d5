// SPDX-License-Identifier: GPL-2.0
/*
 * Low resources simulation: allocations that are made to fail.
 *
 * NT fails a random share of all allocations, from some time after the start on. It keeps
 * the stacks of the last ones. Its systematic mode fails each call stack once. Both modes
 * are settings of the file verifier/faults:
 *
 *	probability	of 10000; default 600
 *	tags, drivers	patterns that a request must match besides those of the verifier
 *	delay_ms	time after the bit 0x4 was set in which no request fails; default 0
 *	after_new_stack	1: systematic mode, each new call stack fails once; default 0
 *
 * A request that must succeed never fails: verify.c does not ask for it.
 *
 * The systematic mode keeps a hash of each stack that it has seen. Two stacks with the same
 * hash count as one. When the table is full, no stack is new any more.
 *
 * The random mode mixes the bits of a counter, because the kernel's random generators take
 * sleeping locks on PREEMPT_RT.
 *
 * Locking: fault_lock, a raw spinlock and a leaf, interrupts off, guards the table and the log.
 * Settings are single words. Contexts: any but NMI for ntpool_fault_hits().
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "verify/fault.h"

enum {
	FAULT_PROBABILITY = 600,
	FAULT_SEEN = 4096,	/* a power of two */
	FAULT_DELAY_MAX = 24 * 60 * 60 * 1000,
};

/* Settings, each one word; written by ntpool_fault_set(), read without a lock. */
static unsigned int fault_probability __read_mostly = FAULT_PROBABILITY;
static unsigned int fault_delay_ms __read_mostly;
static bool fault_systematic __read_mostly;
static atomic64_t fault_start = ATOMIC64_INIT(0);	/* jiffies_64 when the bit was set */
static atomic_t fault_counter = ATOMIC_INIT(0);

static DEFINE_RAW_SPINLOCK(fault_lock);	/* guards all of the following */
static u32 fault_seen[FAULT_SEEN];	/* hashes; 0: unused */
static unsigned int fault_nr_seen;
static struct ntpool_fault_note fault_notes[NTPOOL_FAULT_LOG];
static unsigned int fault_nr_notes;	/* notes ever made */

/* The finaliser of MurmurHash3: every bit of the result depends on all of @x. */
static u32 mix(u32 x)
{
	x = (x ^ x >> 16) * 0x85ebca6bU;
	x = (x ^ x >> 13) * 0xc2b2ae35U;
	return x ^ x >> 16;
}

static bool by_chance(void)
{
	u32 draw = mix(atomic_inc_return(&fault_counter));

	return (u64)draw * NTPOOL_FAULT_ALWAYS >> 32 < READ_ONCE(fault_probability);
}

/* Adds @hash to the table. Returns false if it was there. Called under fault_lock. */
static bool is_new(u32 hash)
{
	unsigned int i = hash % FAULT_SEEN;

	lockdep_assert_held(&fault_lock);
	hash = hash ?: 1;
	for (; fault_seen[i]; i = (i + 1) % FAULT_SEEN)
		if (fault_seen[i] == hash)
			return false;
	/* One entry stays unused, so that the loop above ends. */
	if (fault_nr_seen == FAULT_SEEN - 1)
		return false;
	fault_seen[i] = hash;
	fault_nr_seen++;
	return true;
}

/* Uses 64 bits: 32-bit jiffies wrap, and the delay would begin again. */
static bool is_too_early(void)
{
	u64 start = (u64)atomic64_read(&fault_start);

	return time_before64(get_jiffies_64(),
			     start + msecs_to_jiffies(READ_ONCE(fault_delay_ms)));
}

bool ntpool_fault_hits(u32 tag, size_t size, unsigned long caller)
{
	bool systematic = READ_ONCE(fault_systematic);
	struct ntpool_stack stack;
	unsigned long flags;
	bool hit = true;

	if (is_too_early())
		return false;
	if (!ntpool_filter_matches_tag(&ntpool_fault_tags, tag, size) ||
	    !ntpool_filter_matches_driver(&ntpool_fault_drivers, caller))
		return false;
	if (!systematic && !by_chance())
		return false;
	ntpool_stack_take(&stack, caller);
	raw_spin_lock_irqsave(&fault_lock, flags);
	if (systematic)
		hit = is_new(ntpool_stack_hash(&stack));
	if (hit)
		fault_notes[fault_nr_notes++ % NTPOOL_FAULT_LOG] = (struct ntpool_fault_note){
			.tag = tag,
			.size = size,
			.stack = stack,
		};
	raw_spin_unlock_irqrestore(&fault_lock, flags);
	return hit;
}

static void forget_stacks(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&fault_lock, flags);
	memset(fault_seen, 0, sizeof(fault_seen));
	fault_nr_seen = 0;
	raw_spin_unlock_irqrestore(&fault_lock, flags);
}

void ntpool_fault_restart(void)
{
	atomic64_set(&fault_start, get_jiffies_64());
	forget_stacks();
}

unsigned int ntpool_fault_log(struct ntpool_fault_note *to)
{
	unsigned int nr, i;

	raw_spin_lock_irq(&fault_lock);
	nr = min_t(unsigned int, fault_nr_notes, NTPOOL_FAULT_LOG);
	for (i = 0; i < nr; i++)
		to[i] = fault_notes[(fault_nr_notes - 1 - i) % NTPOOL_FAULT_LOG];
	raw_spin_unlock_irq(&fault_lock);
	return nr;
}

void ntpool_fault_text(char *buf, size_t size)
{
	char tags[NTPOOL_FILTER_TEXT], drivers[NTPOOL_FILTER_TEXT];

	ntpool_filter_text(&ntpool_fault_tags, tags);
	ntpool_filter_text(&ntpool_fault_drivers, drivers);
	scnprintf(buf, size,
		  "probability %u\ntags %s\ndrivers %s\ndelay_ms %u\nafter_new_stack %u\n",
		  READ_ONCE(fault_probability), tags, drivers, READ_ONCE(fault_delay_ms),
		  READ_ONCE(fault_systematic));
}

static int set_number(const char *text, unsigned int max, unsigned int *value)
{
	unsigned int number;

	if (kstrtouint(text, 0, &number) || number > max)
		return -EINVAL;
	WRITE_ONCE(*value, number);
	return 0;
}

static int set_systematic(const char *text)
{
	bool on;

	if (kstrtobool(text, &on))
		return -EINVAL;
	if (on)
		forget_stacks();
	WRITE_ONCE(fault_systematic, on);
	return 0;
}

int ntpool_fault_set(char *line)
{
	const char *name = strsep(&line, " \t");
	const char *value = line ? skip_spaces(line) : "";

	if (!strcmp(name, "probability"))
		return set_number(value, NTPOOL_FAULT_ALWAYS, &fault_probability);
	if (!strcmp(name, "delay_ms"))
		return set_number(value, FAULT_DELAY_MAX, &fault_delay_ms);
	if (!strcmp(name, "after_new_stack"))
		return set_systematic(value);
	if (!strcmp(name, "tags"))
		return ntpool_filter_set_tags(&ntpool_fault_tags, value);
	if (!strcmp(name, "drivers"))
		return ntpool_filter_set_drivers(&ntpool_fault_drivers, value);
	return -EINVAL;
}
