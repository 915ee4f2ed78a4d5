/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Linux' allocators in place of NT's routines, for bench_disk.h.
 *
 * Pool is kmalloc. A lookaside list and a zone are what the source defines that includes
 * this header: REQUEST_ALLOC(), REQUEST_FREE(), NODE_ALLOC() and NODE_FREE(). Locks and
 * lists stay NT's. A segment of a zone is allocated and not used. GFP_NOIO is what a disk
 * must use.
 */
#include <linux/mempool.h>
#include <linux/slab.h>
#include <ntddk.h>

#undef ExAllocatePoolWithTag
#undef ExFreePoolWithTag
#define ExAllocatePoolWithTag(type, bytes, tag)	kmalloc(bytes, GFP_NOIO)
#define ExFreePoolWithTag(p, tag)		kfree(p)

#undef ExInitializeNPagedLookasideList
#undef ExDeleteNPagedLookasideList
#undef ExAllocateFromNPagedLookasideList
#undef ExFreeToNPagedLookasideList
#define ExInitializeNPagedLookasideList(list, alloc, free, flags, bytes, tag, depth)	\
	do { } while (0)
#define ExDeleteNPagedLookasideList(list)	do { } while (0)
#define ExAllocateFromNPagedLookasideList(list)	REQUEST_ALLOC()
#define ExFreeToNPagedLookasideList(list, p)	REQUEST_FREE(p)

#undef ExInitializeZone
#undef ExInterlockedExtendZone
#undef ExInterlockedAllocateFromZone
#undef ExInterlockedFreeToZone
#define ExInitializeZone(zone, bytes, segment, total)		STATUS_SUCCESS
#define ExInterlockedExtendZone(zone, segment, total, lock)	STATUS_INSUFFICIENT_RESOURCES
#define ExInterlockedAllocateFromZone(zone, lock)		NODE_ALLOC()
#define ExInterlockedFreeToZone(zone, p, lock)			NODE_FREE(p)
