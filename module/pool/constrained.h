/* SPDX-License-Identifier: GPL-2.0 */
/* Allocations with constraints, without the verifier. */
#ifndef NTPOOL_CONSTRAINED_H
#define NTPOOL_CONSTRAINED_H

#include "base/types.h"

/*
 * The block that @req describes, @keep (NTPOOL_HDR_*) in its flags, or ERR_PTR(): -EDQUOT
 * if the process may hold no more, -ENOMEM otherwise. With NTPOOL_SPECIAL special pool is
 * tried first. NTPOOL_MUST may sleep where that is allowed.
 */
void *ntpool_constrained_alloc(const struct ntpool_request *req, u8 keep);

#endif
