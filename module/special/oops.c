// SPDX-License-Identifier: GPL-2.0
/*
 * Page faults in special pool, reported before the kernel's own oops.
 *
 * NT stops with 0xD6 or 0xD5 and names the block. On Linux the access ends in an oops,
 * which shows registers and no block. A fault in the kernel's copy to user space gives
 * no oops. The kernel repairs it, because the user's address may be wrong. There are
 * three sources, and the first one that sees a fault reports it:
 *
 *	tracepoint	page_fault_kernel sees all faults of kernel code, before the kernel
 *			handles them. It needs no kprobe.
 *	kprobe		page_fault_oops() sees the faults that the kernel cannot handle.
 *	die notifier	It is called with DIE_OOPS at the end of the oops text, and has no
 *			address. CR2 still has it, unless printing the oops has faulted.
 *			Only page faults have the plain text "Oops". Without kprobes only.
 *
 * Two kinds of accesses may fault, and the tracepoint leaves them to the others. The first:
 * copy_from_kernel_nofault() and similar functions, which debuggers and tracers use. The second:
 * reads of a word behind the end of a string, as in the hashes of file names. The word may go
 * into the next page. These functions are inlined, so no symbol identifies them. Such a read
 * faults at the first byte of a page. It is not in a routine that copies, except for strscpy()
 * and csum_partial().
 *
 * The caller in a report is the code that made the access. That code may be ntpool, or a
 * routine of the kernel that copies. If a module has called it, the report names the call in
 * the module. The stack shows it.
 *
 * ntpool_special_fault() makes the report; with bugcheck=panic the machine stops there. The
 * fault itself is not changed: the thread ends as in any oops. The address of the registers
 * tells the later sources that a fault has been reported. A routine that copies tries the byte
 * again after the repair, with its registers in the same place. That fault is not reported.
 *
 * Locking: none. The fields of fault_seen[] are single words. If two faults meet in one entry,
 * one of them may be reported twice. Contexts: any for the sources; start and stop sleep.
 *
 * x86 only, as is special pool.
 */
#include "parts.h"
#include "special/special.h"

#if defined(CONFIG_X86) && !defined(CONFIG_UML)
#include <linux/hash.h>
#include <linux/kdebug.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/ptrace.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <asm/special_insns.h>
#include <asm/trap_pf.h>

#include "base/callsite.h"

enum {
	FAULT_DEPTH = 32,	/* entries of the stack: the handler's and some callers */
	FAULT_NAME = 64,
	SEEN_BITS = 4,
};

/**
 * struct seen_fault - a fault that the tracepoint has reported
 * @regs: its registers; NULL: none
 * @addr: its address
 * @ip: its instruction
 *
 * No lock protects it. Each field is one word, accessed by READ_ONCE() and WRITE_ONCE() in any
 * context. @regs is written last.
 */
struct seen_fault {
	const struct pt_regs *regs;
	unsigned long addr;
	unsigned long ip;
};

static struct seen_fault fault_seen[BIT(SEEN_BITS)];
static struct tracepoint *fault_point;	/* written under special_mutex */
static bool kprobe_used, die_notifier_used;	/* special_mutex */

static struct seen_fault *seen_at(const struct pt_regs *regs)
{
	return &fault_seen[hash_ptr(regs, SEEN_BITS)];
}

static void seen_add(const struct pt_regs *regs, unsigned long addr)
{
	WRITE_ONCE(seen_at(regs)->addr, addr);
	WRITE_ONCE(seen_at(regs)->ip, regs->ip);
	WRITE_ONCE(seen_at(regs)->regs, regs);
}

/* Returns the address of the last reported fault with @regs, and forgets it. 0: none. */
static unsigned long seen_take(const struct pt_regs *regs)
{
	if (READ_ONCE(seen_at(regs)->regs) != regs)
		return 0;
	WRITE_ONCE(seen_at(regs)->regs, NULL);
	return READ_ONCE(seen_at(regs)->addr);
}

/* Writes the name of the routine at @ip without its leading underscores. */
static const char *name_of(unsigned long ip, char name[FAULT_NAME])
{
	snprintf(name, FAULT_NAME, "%ps", (void *)ip);
	while (*name == '_')
		name++;
	return name;
}

/* True if the routine of the kernel at @ip copies, fills or compares memory for its caller. */
static bool is_copy(unsigned long ip)
{
	static const char * const copies[] = {
		"mem", "str", "copy", "rep_", "clear_user", "csum_", "raw_copy", "sized_str",
	};
	char buf[FAULT_NAME];
	const char *name = name_of(ip, buf);
	unsigned int i;

	/* A routine of a module has the module's name behind its own. */
	if (strchr(name, '['))
		return false;
	for (i = 0; i < ARRAY_SIZE(copies); i++)
		if (strstarts(name, copies[i]))
			return true;
	return false;
}

/* strscpy() and csum_partial() read words beyond the end, which the kernel pads with zeroes. */
static bool pads_words(unsigned long ip)
{
	char buf[FAULT_NAME];
	const char *name = name_of(ip, buf);

	return strstr(name, "strscpy") || strstarts(name, "csum_");
}

static bool is_nofault(unsigned long ip)
{
	char name[FAULT_NAME];

	return strstr(name_of(ip, name), "_nofault");
}

static bool is_ours(unsigned long ip)
{
	const struct module *self = THIS_MODULE;

	return self && within_module(ip, self);
}

/* Returns the code that is to blame for an access by the instruction at @ip. */
static noinline unsigned long blame(unsigned long ip)
{
	unsigned long entry[FAULT_DEPTH];
	unsigned int i, nr = stack_trace_save(entry, FAULT_DEPTH, 0);

	for (i = 0; i < nr && entry[i] != ip; i++)
		;
	while (i < nr && (is_ours(entry[i]) || is_copy(entry[i])))
		i++;
	return i < nr && ntpool_callsite_in_module(entry[i]) ? entry[i] : ip;
}

static bool fault_report(unsigned long addr, unsigned long error, const struct pt_regs *regs)
{
	return ntpool_special_fault(addr, error & X86_PF_WRITE, regs->ip, blame(regs->ip));
}

/* True if the code at @ip may make this access although it may fault. */
static bool may_fault(unsigned long addr, unsigned long error, unsigned long ip)
{
	if (is_nofault(ip))
		return true;
	return !offset_in_page(addr) && !(error & X86_PF_WRITE) &&
	       (pads_words(ip) || !is_copy(ip)) && !ntpool_callsite_in_module(ip);
}

static void point_hit(void *unused, unsigned long addr, struct pt_regs *regs, unsigned long error)
{
	unsigned long ip;

	if (likely(!ntpool_special_in_area(addr)))
		return;
	ip = READ_ONCE(seen_at(regs)->ip);
	/* A routine that was repaired tries the byte again, by another instruction. */
	if (seen_take(regs) == addr && ip != regs->ip)
		return;
	if (!may_fault(addr, error, regs->ip) && fault_report(addr, error, regs))
		seen_add(regs, addr);
}

#ifdef CONFIG_TRACEPOINTS
static void point_find(struct tracepoint *point, void *unused)
{
	if (!strcmp(point->name, "page_fault_kernel"))
		fault_point = point;
}

/* The kernel exports functions for all tracepoints, but not this one. */
static void point_on(void)
{
	for_each_kernel_tracepoint(point_find, NULL);
	if (fault_point && tracepoint_probe_register(fault_point, point_hit, NULL))
		fault_point = NULL;
}

static void point_off(void)
{
	if (!fault_point)
		return;
	tracepoint_probe_unregister(fault_point, point_hit, NULL);
	tracepoint_synchronize_unregister();
}
#else
static void point_on(void)
{
}

static void point_off(void)
{
}
#endif

static int die_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct die_args *args = data;

	if (event == DIE_OOPS && args->regs && !strcmp(args->str, "Oops") &&
	    !seen_take(args->regs))
		fault_report(native_read_cr2(), args->err, args->regs);
	return NOTIFY_DONE;
}

static struct notifier_block die_notifier = {
	.notifier_call = die_notify,
};

#ifdef CONFIG_KPROBES
static int fault_enter(struct kprobe *probe, struct pt_regs *regs)
{
	const struct pt_regs *at = (const struct pt_regs *)regs_get_kernel_argument(regs, 0);
	unsigned long error = regs_get_kernel_argument(regs, 1);
	unsigned long addr = regs_get_kernel_argument(regs, 2);

	if (ntpool_special_in_area(addr) && !seen_take(at))
		fault_report(addr, error, at);
	return 0;
}

static struct kprobe fault_probe = {
	.symbol_name = "page_fault_oops",
	.pre_handler = fault_enter,
};

static bool probe_on(void)
{
	return !register_kprobe(&fault_probe);
}

static void probe_off(void)
{
	unregister_kprobe(&fault_probe);
}
#else
static bool probe_on(void)
{
	return false;
}

static void probe_off(void)
{
}
#endif

void ntpool_oops_init(void)
{
	point_on();
	kprobe_used = probe_on();
	if (!kprobe_used)
		die_notifier_used = !register_die_notifier(&die_notifier);
}

void ntpool_oops_exit(void)
{
	if (die_notifier_used)
		unregister_die_notifier(&die_notifier);
	if (kprobe_used)
		probe_off();
	point_off();
}

#else

void ntpool_oops_init(void)
{
}

void ntpool_oops_exit(void)
{
}

#endif
