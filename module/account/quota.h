/* SPDX-License-Identifier: GPL-2.0 */
/* What processes are charged for pool memory. */
#ifndef NTPOOL_QUOTA_H
#define NTPOOL_QUOTA_H

#include <linux/sched.h>

#include "base/types.h"

struct pid;

/* Behind what the driver may use of a charged block below a page. */
#define NTPOOL_QUOTA_TRAILER	8

/* Whether the calling context is a process's, to be charged for what it asks for. */
bool ntpool_quota_applies(void);
/*
 * Charges @bytes of @type to the current process; *@payer: its ledger. 0, -EDQUOT:
 * it would exceed the limit, or -ENOMEM: no ledger. Then nothing is charged.
 */
int ntpool_quota_charge(enum ntpool_type type, size_t bytes, u32 *payer);
/* Takes it back, in every context. False: there is no such ledger. */
bool ntpool_quota_refund(u32 payer, enum ntpool_type type, size_t bytes);

/* Writes the payer to the trailer of the block that ends at @end, or reads it: 0 if the
 * trailer was overwritten.
 */
void ntpool_quota_note(void *end, u32 payer);
u32 ntpool_quota_payer(const void *end);

/*
 * The same for what no block stands for. @pid is that of a thread group, compared and
 * not followed unless a process has it now. Charging fails with -ESRCH if none has.
 */
int ntpool_quota_charge_process(struct pid *pid, enum ntpool_type type, size_t bytes);
/* Returns how much was charged that way, if that is less than @bytes; else @bytes. */
size_t ntpool_quota_refund_process(struct pid *pid, enum ntpool_type type, size_t bytes);

/**
 * struct ntpool_quota_row - one process, or what one left behind
 * @pid: its number
 * @comm: its name
 * @used: bytes charged now
 * @peak: the most that was
 * @refused: charges that would have exceeded a limit
 */
struct ntpool_quota_row {
	int pid;
	char comm[TASK_COMM_LEN];
	unsigned long used[NTPOOL_TYPES];
	unsigned long peak[NTPOOL_TYPES];
	unsigned long refused;
};

/* Rows by pid, *@nr of them, for kvfree(); NULL: no memory. Sleeps. */
struct ntpool_quota_row *ntpool_quota_snapshot(size_t *nr);

#endif
