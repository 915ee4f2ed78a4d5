/* SPDX-License-Identifier: GPL-2.0 */
/* Helpers of the suites of S-lists: the sequence of a header of either layout. */
#ifndef NTK_SLIST_H
#define NTK_SLIST_H

#include "fixture.h"

#ifdef CONFIG_64BIT
#define NTK_SEQUENCE_MAX	((1ULL << 48) - 1)
#else
#define NTK_SEQUENCE_MAX	0xffffULL
#endif

static inline u64 ntk_sequence(const SLIST_HEADER *head)
{
#ifdef CONFIG_64BIT
	return head->HeaderX64.Sequence;
#else
	return head->Sequence;
#endif
}

#endif
