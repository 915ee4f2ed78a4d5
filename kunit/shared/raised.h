/* SPDX-License-Identifier: GPL-2.0 */
/* The raised statuses, for the suites that provoke them. */
#ifndef NTK_RAISED_H
#define NTK_RAISED_H

#include "fixture.h"

/* ntk_init() and ntk_exit() with a handler registered in between. */
int ntk_raise_init(struct kunit *test);
void ntk_raise_exit(struct kunit *test);
/* The handler. A test that has removed it may register it again. */
VOID ntk_raise_handler(NTSTATUS Status);
/* Raises since the last take; *@status is the last one's. */
unsigned int ntk_take_raises(NTSTATUS *status);
void ntk_expect_raise(struct kunit *test, const char *what, NTSTATUS status);
void ntk_expect_no_raise(struct kunit *test, const char *what);

#endif
