// SPDX-License-Identifier: GPL-2.0
/*
 * Low resources simulation: allocations that are made to fail.
 *
 * NT fails a share of all allocations, at random, some time after the start, and keeps
 * the stacks of the last ones. Its systematic form fails each call stack once. Both
 * are here, as settings of the file verifier/faults:
 *
 *	probability	of 10000; 600 unless it is changed
 *	tags, drivers	patterns, on top of those that all of the verifier has
 *	delay_ms	nothing fails for so long after the bit 0x4 was set; 0
 *	after_new_stack	1: no chance, each new call stack fails once; 0
 *
 * What was promised is not made to fail: verify.c asks only about requests without
 * MustSucceed.
 *
 * Which stacks have been seen is a table of hashes. Two stacks with one hash count as
 * one, at odds of one in millions, and when the table is full nothing is new any more.
 *
 * Chance is a counter whose bits are mixed: the kernel's own generators take sleeping
 * locks on PREEMPT_RT.
 *
 * Locking: fault_lock, raw and with interrupts off, a leaf, guards the table and the
 * log; settings are single words.
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

static unsigned int fault_probability __read_mostly = FAULT_PROBABILITY;
static unsigned int fault_delay_ms __read_mostly;
static bool fault_systematic __read_mostly;
static atomic64_t fault_start = ATOMIC64_INIT(0);	/* jiffies when the bit was set */
static atomic_t fault_counter = ATOMIC_INIT(0);

static DEFINE_RAW_SPINLOCK(fault_lock);
static u32 fault_seen[FAULT_SEEN];	/* 0: free */
static unsigned int fault_nr_seen;
static struct ntpool_fault_note fault_notes[NTPOOL_FAULT_LOG];
static unsigned int fault_nr_notes;	/* all that there ever were */

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

/* Under the lock. */
static bool is_new(u32 hash)
{
	unsigned int i = hash % FAULT_SEEN;

	lockdep_assert_held(&fault_lock);
	hash = hash ?: 1;
	for (; fault_seen[i]; i = (i + 1) % FAULT_SEEN)
		if (fault_seen[i] == hash)
			return false;
	/* One place stays free, so that the loop above ends. */
	if (fault_nr_seen == FAULT_SEEN - 1)
		return false;
	fault_seen[i] = hash;
	fault_nr_seen++;
	return true;
}

/* 64 bits: 32 would come round, and the delay with them. */
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
