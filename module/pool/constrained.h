/* SPDX-License-Identifier: GPL-2.0 */
/* Allocations with constraints; the caller asks the verifier. */
#ifndef NTPOOL_CONSTRAINED_H
#define NTPOOL_CONSTRAINED_H

#include "base/types.h"

/*
 * Allocates as @req describes. @keep: NTPOOL_HDR_* for the block. Returns the block, or
 * ERR_PTR(): -EDQUOT if the process has no quota left, else -ENOMEM; the failure is
 * counted. Any context but NMI. With NTPOOL_MUST it sleeps where the caller may.
 */
void *ntpool_constrained_serve(const struct ntpool_request *req, u8 keep);

#endif
