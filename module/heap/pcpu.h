/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The per-CPU section: a CPU uses its cache in any context, without a lock, an atomic
 * instruction, or disabled interrupts.
 *
 * A per-CPU pointer leads to the CPU's cache. Entering a section loads the pointer and
 * stores the address of a substitute in its place. Leaving it stores the pointer back.
 * Preemption is disabled throughout.
 *
 *  - An interrupt outside of a section runs to its end before the interrupted code goes
 *    on. Plain loads and stores therefore suffice.
 *  - An interrupt inside a section enters its own section and gets the substitute. In the
 *    substitute a pop finds no block, and a push finds no room. So the interrupt takes its
 *    slow path like any other miss, without an extra test.
 *  - barrier() keeps the compiler from moving accesses to the cache out of the section.
 *
 * The substitute is never written, and a section does not sleep. Another CPU touches the
 * cache only while its own CPU is dead. Observers on other CPUs read the fill levels with
 * READ_ONCE().
 *
 * lists/lookaside_cache.h uses a flag, cpu->busy, and explains why.
 */
#ifndef NTPOOL_PCPU_H
#define NTPOOL_PCPU_H

#include <linux/compiler.h>
#include <linux/percpu.h>

/**
 * ntpool_pcpu_enter() - enter the per-CPU section of a cache
 * @ptr: the per-CPU pointer to the cache
 * @none: address of the substitute
 *
 * Context: any, with preemption disabled.
 * Return: this CPU's cache; @none if the caller has interrupted a section.
 */
#define ntpool_pcpu_enter(ptr, none) ({			\
	typeof(none) own_ = __this_cpu_read(ptr);	\
							\
	__this_cpu_write(ptr, none);			\
	barrier();					\
	own_;						\
})

/**
 * ntpool_pcpu_leave() - leave the per-CPU section of a cache
 * @ptr: as for ntpool_pcpu_enter()
 * @own: the result of ntpool_pcpu_enter(), even if that was the substitute
 */
#define ntpool_pcpu_leave(ptr, own) do {		\
	barrier();					\
	__this_cpu_write(ptr, own);			\
} while (0)

#endif
