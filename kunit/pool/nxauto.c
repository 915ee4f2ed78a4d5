// SPDX-License-Identifier: GPL-2.0
/*
 * A file of a driver that opts in to no-execute pool when it is built. NonPagedPool is
 * another constant there.
 */
#define POOL_NX_OPTIN_AUTO 1

#include <ntddk.h>

#include "nxoptin.h"

void ntk_nx_auto_opt_in(void)
{
	ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
}

unsigned int ntk_nx_auto_type(void)
{
	return NonPagedPool;
}

unsigned int ntk_nx_auto_aligned_type(void)
{
	return NonPagedPoolCacheAligned;
}

void *ntk_nx_auto_alloc(unsigned long size, unsigned int tag)
{
	void *block = ExAllocatePoolWithTag(NonPagedPool, size, tag);

	return block;
}
