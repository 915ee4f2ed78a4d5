/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Drivers short of memory. An operation of a driver is tried again and again,
 * with more memory each time, until it succeeds.
 */
#ifndef NTK_SCARCE_H
#define NTK_SCARCE_H

#include "fixture.h"

/*
 * Does something and undoes it. Returns a status of success or of too little
 * memory. After a failure nothing is left of it.
 */
typedef NTSTATUS ntk_operation(void *arg);

unsigned int ntk_fail_each(struct kunit *test, ntk_operation *op, void *arg);
void ntk_scarce(struct kunit *test, bool paged, ntk_operation *op, void *arg, const u32 *tags,
		unsigned int nr);

#endif
