// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps a guest alive after the faults that nt_detect makes in interrupts.
 *
 * The kernel panics after an oops in an interrupt, so each such fault would need a
 * guest of its own. The fault is real. ntpool reports it as always, by its kprobe on
 * page_fault_oops(). A kprobe of this module at the same place makes the kernel skip
 * that function. nt_detect then continues after the instruction, with the result 0. If
 * a place has several kprobes, the one that was registered last runs first. This module
 * is therefore loaded before ntpool.
 *
 * Faults in threads still end the threads. Two guests (stop.sh) run without this module
 * and stop at a fault in an interrupt.
 */
#include <linux/kprobes.h>
#include <linux/linkage.h>
#include <linux/module.h>
#include <linux/objtool.h>
#include <linux/preempt.h>

asmlinkage void nt_survive_return(void);

asm(".text\n"
	".type nt_survive_return, @function\n"
	"nt_survive_return:\n"
	ANNOTATE_NOENDBR
	ASM_RET
	".size nt_survive_return, .-nt_survive_return\n"
);

/* The two instructions with which nt_detect touches memory; 0: another one. */
static unsigned int access_length(const u8 *ip)
{
	if (ip[0] == 0xc6 && ip[1] == 0x00)
		return 3;	/* movb $imm8, (%rax) */
	if (ip[0] == 0x8a && ip[1] == 0x00)
		return 2;	/* movb (%rax), %al */
	return 0;
}

static int survive(struct kprobe *probe, struct pt_regs *regs)
{
	struct pt_regs *at = (struct pt_regs *)regs_get_kernel_argument(regs, 0);
	unsigned int length;

	if (user_mode(at) || (!in_hardirq() && !in_serving_softirq()))
		return 0;
	length = access_length((const u8 *)at->ip);
	if (!length)
		return 0;
	at->ip += length;
	at->ax = 0;
	regs->ip = (unsigned long)nt_survive_return;
	return 1;
}

/* With one there, the kernel does not optimise the probe into one that cannot skip. */
static void survived(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe survive_probe = {
	.symbol_name = "page_fault_oops",
	.pre_handler = survive,
	.post_handler = survived,
};

static int __init nt_survive_init(void)
{
	return register_kprobe(&survive_probe);
}

static void __exit nt_survive_exit(void)
{
	unregister_kprobe(&survive_probe);
}

module_init(nt_survive_init);
module_exit(nt_survive_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: faults in interrupts that do not stop the machine");
