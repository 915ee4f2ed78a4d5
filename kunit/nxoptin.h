/* SPDX-License-Identifier: GPL-2.0 */
/* A driver built with POOL_NX_OPTIN; nothing here names a pool type by its macro. */
#ifndef NTK_NXOPTIN_H
#define NTK_NXOPTIN_H

void ntk_nx_opt_in(void);
unsigned int ntk_nx_type(void);
unsigned int ntk_nx_aligned_type(void);
void *ntk_nx_alloc(unsigned long size, unsigned int tag);

#endif
