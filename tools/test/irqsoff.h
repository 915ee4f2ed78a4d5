/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Measures how long ntpool keeps interrupts off.
 *
 * `make test PARTS=irqsoff` builds the modules with this header in front of every source. It
 * replaces the macros that disable interrupts, with a lock or without, and enable them. The
 * time between them is measured if interrupts were on before. A function that another CPU calls
 * by an interrupt has interrupts off already: there the time of its lock is measured. The log
 * gets a line when a place in the source exceeds its longest time: module, function, line, time.
 * The cost of a call in an interrupt is none of these times. A source as NT has it sees no Linux
 * header, and is left out. Nor is raw_local_irq_save() measured, nor the time of a driver that
 * keeps interrupts off by a routine of NT.
 *
 * Time is the processor's cycle counter. In a guest of `run-qemu --count` that is the number
 * of instructions. The guest has one processor, so the variables need no lock.
 */
#if !defined(NTPOOL_IRQSOFF_H) && !defined(NTPOOL_PURE_NT)
#define NTPOOL_IRQSOFF_H

/* Headers come first that take locks in inline functions or use the macros. */
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/timex.h>

struct irqsoff_place {
	const char *function;
	unsigned int line;
	bool plain;		/* begun by raw_spin_lock() */
	cycles_t longest;
};

/* One copy for each module. */
struct irqsoff_place *irqsoff_place __weak;
cycles_t irqsoff_since __weak;

#define irqsoff_begin(plain_) do {					\
	static struct irqsoff_place place_ = {				\
		__func__, __LINE__, .plain = (plain_),			\
	};								\
									\
	irqsoff_place = &place_;					\
	irqsoff_since = get_cycles();					\
} while (0)

/* Returns the place to report, or NULL. */
static __always_inline struct irqsoff_place *irqsoff_end(void)
{
	cycles_t time = get_cycles() - irqsoff_since;
	struct irqsoff_place *place = irqsoff_place;

	irqsoff_place = NULL;
	if (!place || time <= place->longest)
		return NULL;
	place->longest = time;
	return place;
}

static __always_inline void irqsoff_tell(const struct irqsoff_place *place)
{
	if (place)
		pr_info("irqsoff: %s %s:%u %llu\n", KBUILD_MODNAME, place->function, place->line,
			(unsigned long long)place->longest);
}

#undef raw_spin_lock_irqsave
#define raw_spin_lock_irqsave(lock, flags) do {				\
	bool on_ = !irqs_disabled();					\
									\
	flags = _raw_spin_lock_irqsave(lock);				\
	if (on_)							\
		irqsoff_begin(false);					\
} while (0)

#undef raw_spin_unlock_irqrestore
#define raw_spin_unlock_irqrestore(lock, flags) do {			\
	unsigned long flags_ = (flags);					\
	struct irqsoff_place *told_ =					\
		irqs_disabled_flags(flags_) ? NULL : irqsoff_end();	\
									\
	_raw_spin_unlock_irqrestore(lock, flags_);			\
	irqsoff_tell(told_);						\
} while (0)

#undef raw_spin_lock_irq
#define raw_spin_lock_irq(lock) do {					\
	_raw_spin_lock_irq(lock);					\
	irqsoff_begin(false);						\
} while (0)

#undef raw_spin_unlock_irq
#define raw_spin_unlock_irq(lock) do {					\
	struct irqsoff_place *told_ = irqsoff_end();			\
									\
	_raw_spin_unlock_irq(lock);					\
	irqsoff_tell(told_);						\
} while (0)

#undef raw_spin_lock
#define raw_spin_lock(lock) do {					\
	_raw_spin_lock(lock);						\
	if (irqs_disabled() && !irqsoff_place)				\
		irqsoff_begin(true);					\
} while (0)

#undef raw_spin_unlock
#define raw_spin_unlock(lock) do {					\
	struct irqsoff_place *told_ = irqsoff_place;			\
									\
	told_ = told_ && told_->plain ? irqsoff_end() : NULL;		\
	_raw_spin_unlock(lock);						\
	irqsoff_tell(told_);						\
} while (0)

#undef local_irq_save
#define local_irq_save(flags) do {					\
	bool on_ = !irqs_disabled();					\
									\
	raw_local_irq_save(flags);					\
	if (on_)							\
		irqsoff_begin(false);					\
} while (0)

#undef local_irq_restore
#define local_irq_restore(flags) do {					\
	unsigned long flags_ = (flags);					\
	struct irqsoff_place *told_ =					\
		irqs_disabled_flags(flags_) ? NULL : irqsoff_end();	\
									\
	raw_local_irq_restore(flags_);					\
	irqsoff_tell(told_);						\
} while (0)

#endif
