/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Drivers built with POOL_NX_OPTIN, and with POOL_NX_OPTIN_AUTO; nothing here names a pool
 * type by its macro.
 */
#ifndef NTK_NXOPTIN_H
#define NTK_NXOPTIN_H

void ntk_nx_opt_in(void);
unsigned int ntk_nx_type(void);
unsigned int ntk_nx_aligned_type(void);
void *ntk_nx_alloc(unsigned long size, unsigned int tag);

void ntk_nx_auto_opt_in(void);
unsigned int ntk_nx_auto_type(void);
unsigned int ntk_nx_auto_aligned_type(void);
void *ntk_nx_auto_alloc(unsigned long size, unsigned int tag);

#endif
