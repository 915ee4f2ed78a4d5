// SPDX-License-Identifier: GPL-2.0
/*
 * Page faults in special pool, reported before the kernel's own oops.
 *
 * NT stops with 0xD6 or 0xD5 and names the block. On Linux the access ends in an oops, which
 * shows registers and no block. The report of the block has to precede it. A fault that the
 * kernel cannot handle ends in page_fault_oops(). A kprobe there gets the address, the kind of
 * access and the registers before a line is printed. Accesses that may fail
 * (copy_from_kernel_nofault(), a debugger) do not get there. They would reach the tracepoint
 * for page faults.
 *
 * Without kprobes the die notifier serves. It is called with DIE_OOPS at the end of the oops
 * text, and has no address. CR2 still has it, unless printing the oops has faulted. Only page
 * faults have the plain text "Oops".
 *
 * ntpool_special_fault() makes the report; with bugcheck=panic the machine stops there. The fault itself
 * is not changed: the thread dies as in any oops.
 *
 * Locking: none. Contexts: any for the probe; start
 * and stop sleep.
 *
 * x86 only, as is special pool.
 */
#include "parts.h"
#include "verify/special.h"

#if defined(CONFIG_X86) && !defined(CONFIG_UML)
#include <linux/kdebug.h>
#include <linux/kprobes.h>
#include <linux/notifier.h>
#include <linux/ptrace.h>
#include <linux/string.h>
#include <asm/special_insns.h>
#include <asm/trap_pf.h>

static bool die_notifier_used;

static int die_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct die_args *args = data;

	if (event == DIE_OOPS && args->regs && !strcmp(args->str, "Oops"))
		ntpool_special_fault(native_read_cr2(), args->err & X86_PF_WRITE, args->regs->ip,
				     args->regs->ip);
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

	ntpool_special_fault(addr, error & X86_PF_WRITE, at->ip, at->ip);
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
	if (!probe_on())
		die_notifier_used = !register_die_notifier(&die_notifier);
}

void ntpool_oops_exit(void)
{
	if (die_notifier_used)
		unregister_die_notifier(&die_notifier);
	else
		probe_off();
}

#else

void ntpool_oops_init(void)
{
}

void ntpool_oops_exit(void)
{
}

#endif
