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
 * A write is parsed as a whole before a setting changes. It is refused if it has a setting twice.
 * fault_mutex keeps two writes apart.
 *
 * Locking: fault_lock, a raw spinlock and a leaf, interrupts off, guards the table and the log.
 * Settings are single words. Contexts: any but NMI for ntpool_fault_hits().
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "base/frame.h"
#include "verify/fault.h"

enum {
	FAULT_DEFAULT = 600,	/* probability */
	FAULT_SEEN = 4096,	/* a power of two */
	FAULT_SEEN_MAX = FAULT_SEEN / 4 * 3,
	FAULT_DELAY_MAX = 24 * 60 * 60 * 1000,
};

#define BLANKS	" \t"

/* Settings that are numbers. */
enum fault_number {
	FAULT_PROBABILITY,
	FAULT_DELAY_MS,
	FAULT_NEW_STACK,
	FAULT_NUMBERS
};

/* Settings that are patterns. */
enum fault_pattern {
	FAULT_TAGS,
	FAULT_DRIVERS,
	FAULT_PATTERNS
};

static DEFINE_MUTEX(fault_mutex);	/* serialises changes of the settings */
/* Each one word, read without a lock. */
static unsigned int fault_numbers[FAULT_NUMBERS] __read_mostly = {
	[FAULT_PROBABILITY] = FAULT_DEFAULT,
};

static atomic64_t fault_start = ATOMIC64_INIT(0);	/* jiffies_64 when the bit was set */
static atomic_t fault_counter = ATOMIC_INIT(0);

static DEFINE_RAW_SPINLOCK(fault_lock);
static u32 fault_seen[FAULT_SEEN];	/* hashes; 0: unused; fault_lock */
static unsigned int fault_nr_seen;	/* fault_lock */
static struct ntpool_fault_note fault_notes[NTPOOL_FAULT_LOG];	/* fault_lock */
static unsigned int fault_nr_notes;	/* notes ever made; fault_lock */

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

	return (u64)draw * NTPOOL_FAULT_ALWAYS >> 32 < READ_ONCE(fault_numbers[FAULT_PROBABILITY]);
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
	/* Entries stay unused, so that the loop above is short. */
	if (fault_nr_seen == FAULT_SEEN_MAX)
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
			     start +
			     msecs_to_jiffies(READ_ONCE(fault_numbers[FAULT_DELAY_MS])));
}

bool ntpool_fault_hits(u32 tag, size_t size, unsigned long caller)
{
	bool systematic = READ_ONCE(fault_numbers[FAULT_NEW_STACK]);
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

void ntpool_fault_frames(struct ntpool_frames *frames)
{
	struct ntpool_stack stack;
	unsigned int i;
	bool used;

	for (i = 0; i < NTPOOL_FAULT_LOG; i++) {
		raw_spin_lock_irq(&fault_lock);
		used = i < fault_nr_notes;
		stack = fault_notes[i].stack;
		raw_spin_unlock_irq(&fault_lock);
		if (used)
			ntpool_frames_add(frames, &stack);
	}
	ntpool_frames_keep(frames);
}

void ntpool_fault_text(char *buf, size_t size)
{
	char tags[NTPOOL_FILTER_TEXT], drivers[NTPOOL_FILTER_TEXT];

	ntpool_filter_text(&ntpool_fault_tags, tags);
	ntpool_filter_text(&ntpool_fault_drivers, drivers);
	scnprintf(buf, size,
		  "probability %u\ntags %s\ndrivers %s\ndelay_ms %u\nafter_new_stack %u\n",
		  READ_ONCE(fault_numbers[FAULT_PROBABILITY]), tags, drivers,
		  READ_ONCE(fault_numbers[FAULT_DELAY_MS]),
		  READ_ONCE(fault_numbers[FAULT_NEW_STACK]));
}

/**
 * struct fault_change - the settings that one write changes
 * @number: values of numbers, by enum fault_number
 * @list: parsed patterns, by enum fault_pattern; NULL: `*`
 * @has_number: bit n: @number[n] is set
 * @has_list: bit n: @list[n] is set
 */
struct fault_change {
	unsigned int number[FAULT_NUMBERS];
	struct ntpool_filter_list *list[FAULT_PATTERNS];
	unsigned int has_number;
	unsigned int has_list;
};

static int parse_number(struct fault_change *change, unsigned int which, const char *text)
{
	static const unsigned int most[FAULT_NUMBERS] = {
		[FAULT_PROBABILITY] = NTPOOL_FAULT_ALWAYS,
		[FAULT_DELAY_MS] = FAULT_DELAY_MAX,
		[FAULT_NEW_STACK] = 1,
	};
	unsigned int number;

	if ((change->has_number & BIT(which)) || kstrtouint(text, 0, &number) ||
	    number > most[which])
		return -EINVAL;
	change->number[which] = number;
	change->has_number |= BIT(which);
	return 0;
}

static int parse_list(struct fault_change *change, unsigned int which, const char *text)
{
	struct ntpool_filter_list *list;
	int err;

	if (change->has_list & BIT(which))
		return -EINVAL;
	err = which == FAULT_TAGS ? ntpool_filter_parse_tags(text, &list) :
				    ntpool_filter_parse_drivers(text, &list);
	if (err)
		return err;
	change->list[which] = list;
	change->has_list |= BIT(which);
	return 0;
}

/* Removes the blanks around @line. Other white space is no blank, as in filter.c. */
static char *trim(char *line)
{
	size_t length;

	line += strspn(line, BLANKS);
	for (length = strlen(line); length && strchr(BLANKS, line[length - 1]); length--)
		;
	line[length] = '\0';
	return line;
}

/* Parses a line `name value`, which is modified. */
static int parse_line(struct fault_change *change, char *line)
{
	const char *name = strsep(&line, BLANKS);
	const char *value = line ? line + strspn(line, BLANKS) : "";

	if (!strcmp(name, "probability"))
		return parse_number(change, FAULT_PROBABILITY, value);
	if (!strcmp(name, "delay_ms"))
		return parse_number(change, FAULT_DELAY_MS, value);
	if (!strcmp(name, "after_new_stack"))
		return parse_number(change, FAULT_NEW_STACK, value);
	if (!strcmp(name, "tags"))
		return parse_list(change, FAULT_TAGS, value);
	if (!strcmp(name, "drivers"))
		return parse_list(change, FAULT_DRIVERS, value);
	return -EINVAL;
}

static int parse_lines(struct fault_change *change, char *text)
{
	char *line;
	int err;

	while ((line = strsep(&text, "\n"))) {
		line = trim(line);
		err = *line ? parse_line(change, line) : 0;
		if (err)
			return err;
	}
	return change->has_number || change->has_list ? 0 : -EINVAL;
}

/* Takes the lists of @change over, also if it fails. */
static int apply_lists(struct fault_change *change)
{
	static struct ntpool_filter * const filters[FAULT_PATTERNS] = {
		[FAULT_TAGS] = &ntpool_fault_tags,
		[FAULT_DRIVERS] = &ntpool_fault_drivers,
	};
	unsigned int i;
	int err = 0;

	for (i = 0; i < FAULT_PATTERNS; i++) {
		if (change->has_list & BIT(i))
			err = ntpool_filter_replace(filters[i], change->list[i]) ?: err;
		change->list[i] = NULL;
	}
	return err;
}

static void apply_numbers(const struct fault_change *change)
{
	unsigned int i;

	if ((change->has_number & BIT(FAULT_NEW_STACK)) && change->number[FAULT_NEW_STACK])
		forget_stacks();
	for (i = 0; i < FAULT_NUMBERS; i++)
		if (change->has_number & BIT(i))
			WRITE_ONCE(fault_numbers[i], change->number[i]);
}

int ntpool_fault_set(char *text)
{
	struct fault_change change = {};
	unsigned int i;
	int err;

	err = parse_lines(&change, text);
	if (!err) {
		mutex_lock(&fault_mutex);
		err = apply_lists(&change);
		if (!err)
			apply_numbers(&change);
		mutex_unlock(&fault_mutex);
	}
	for (i = 0; i < FAULT_PATTERNS; i++)
		ntpool_filter_free(change.list[i]);
	return err;
}
