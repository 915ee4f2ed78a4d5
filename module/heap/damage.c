// SPDX-License-Identifier: GPL-2.0
/*
 * Damage in free memory of a heap.
 *
 * Damage is found under the heap's lock. A console driver may allocate from ntpool, and a
 * serial console is slow, so no report is made under a lock of ntpool. The finding is noted
 * in the heap. The function that drops the lock takes a copy and reports it afterwards.
 *
 * Locking: heap->lock protects heap->damage.
 */
#include <linux/bits.h>
#include <linux/kernel.h>

#include "base/report.h"
#include "heap/damage.h"

static const struct ntpool_violation violations[] = {
	[NTPOOL_DAMAGED_HEADER] = {
		.code = NTPOOL_STOP_BAD_POOL_HEADER,
		.subcode = 0x5,
		.addr_mask = BIT(1),
		.text = "the header of a freed block was overwritten; it was restored",
	},
	[NTPOOL_DAMAGED_LINK] = {
		.code = NTPOOL_STOP_BAD_POOL_HEADER,
		.subcode = 0x3,
		.addr_mask = BIT(1) | BIT(2) | BIT(3),
		.text = "a freed block was written to: its list is damaged and is rebuilt",
	},
};

void ntpool_damage_note(struct ntpool_damage *damage, enum ntpool_damage_kind kind,
			const void *at, u64 value, u64 second)
{
	unsigned int nr = damage->nr++;

	if (nr >= NTPOOL_DAMAGES)
		return;
	damage->found[nr].kind = kind;
	damage->found[nr].at = at;
	damage->found[nr].value[0] = value;
	damage->found[nr].value[1] = second;
}

void ntpool_damage_report(const struct ntpool_damage *damage)
{
	unsigned int i;

	for (i = 0; i < min_t(unsigned int, damage->nr, NTPOOL_DAMAGES); i++)
		ntpool_report_kind(&violations[damage->found[i].kind], (struct ntpool_stop){
			.param = {
				0, (unsigned long)damage->found[i].at,
				damage->found[i].value[0], damage->found[i].value[1],
			},
		});
	ntpool_report_omitted(damage->nr - i);
}
