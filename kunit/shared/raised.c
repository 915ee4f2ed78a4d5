// SPDX-License-Identifier: GPL-2.0
/*
 * A handler that records raises. It runs in the context of the routine that raises, in
 * interrupts too. It therefore writes only two atomic words.
 */
#include <linux/atomic.h>

#include "raised.h"

static atomic_t ntk_raises;
static atomic_t ntk_last_raise;

VOID ntk_raise_handler(NTSTATUS Status)
{
	atomic_set(&ntk_last_raise, Status);
	atomic_inc(&ntk_raises);
}

unsigned int ntk_take_raises(NTSTATUS *status)
{
	*status = atomic_read(&ntk_last_raise);
	return atomic_xchg(&ntk_raises, 0);
}

void ntk_expect_raise(struct kunit *test, const char *what, NTSTATUS status)
{
	NTSTATUS raised;
	unsigned int nr = ntk_take_raises(&raised);

	KUNIT_EXPECT_EQ_MSG(test, nr, 1, "%s", what);
	if (nr)
		KUNIT_EXPECT_EQ_MSG(test, raised, status, "%s", what);
}

void ntk_expect_no_raise(struct kunit *test, const char *what)
{
	NTSTATUS raised;

	KUNIT_EXPECT_EQ_MSG(test, ntk_take_raises(&raised), 0, "%s", what);
}

int ntk_raise_init(struct kunit *test)
{
	int err = ntk_init(test);

	if (err)
		return err;
	NtpoolSetRaiseHandler(ntk_raise_handler);
	atomic_set(&ntk_raises, 0);
	return 0;
}

void ntk_raise_exit(struct kunit *test)
{
	ntpool_test_fail_backing(0, 0);
	ntpool_test_hit_refill(false);
	ntpool_test_set_available(-1);
	ntpool_test_charge_kthreads(false);
	ntpool_test_set_quota(false, 0);
	ntpool_test_set_quota(true, 0);
	ntk_expect_no_raise(test, "a raise that no test expected");
	NtpoolSetRaiseHandler(NULL);
	ntk_exit(test);
}
