/* SPDX-License-Identifier: GPL-2.0 */
/* Pool memory charged to processes. See quota.c for each routine. */
#ifndef NTPOOL_QUOTA_H
#define NTPOOL_QUOTA_H

#include <linux/sched.h>

#include "base/types.h"

struct pid;

/* Bytes at the end of a charged block below a page that the driver cannot use. */
#define NTPOOL_QUOTA_TRAILER	8

bool ntpool_quota_applies(void);
int ntpool_quota_charge(enum ntpool_type type, size_t bytes, u32 *payer);
bool ntpool_quota_refund(u32 payer, enum ntpool_type type, size_t bytes);

/* The trailer of the block that ends at @end. */
void ntpool_quota_note(void *end, u32 payer);
u32 ntpool_quota_payer(const void *end);

/* Charges without a block, to any process. */
int ntpool_quota_charge_process(struct pid *pid, enum ntpool_type type, size_t bytes);
size_t ntpool_quota_refund_process(struct pid *pid, enum ntpool_type type, size_t bytes);

/**
 * struct ntpool_quota_row - a process that is charged, or was when it exited
 * @pid: number of the process
 * @comm: name of the process
 * @used: bytes charged now, by pool type
 * @peak: largest value of @used
 * @refused: charges that a limit refused
 */
struct ntpool_quota_row {
	int pid;
	char comm[TASK_COMM_LEN];
	unsigned long used[NTPOOL_TYPES];
	unsigned long peak[NTPOOL_TYPES];
	unsigned long refused;
};

struct ntpool_quota_row *ntpool_quota_snapshot(size_t *nr);

#endif
