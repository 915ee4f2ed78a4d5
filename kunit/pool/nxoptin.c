// SPDX-License-Identifier: GPL-2.0
/*
 * A file of a driver that opts in to no-execute pool at run time. NonPagedPool is a
 * variable there.
 */
#define POOL_NX_OPTIN 1

#include <ntddk.h>

#include "nxoptin.h"

void ntk_nx_opt_in(void)
{
	ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
}

unsigned int ntk_nx_type(void)
{
	return NonPagedPool;
}

unsigned int ntk_nx_aligned_type(void)
{
	return NonPagedPoolCacheAligned;
}

void *ntk_nx_alloc(unsigned long size, unsigned int tag)
{
	void *block = ExAllocatePoolWithTag(NonPagedPool, size, tag);

	return block;
}
