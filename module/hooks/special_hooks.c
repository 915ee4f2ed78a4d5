// SPDX-License-Identifier: GPL-2.0
/* Included by special/special.c: the parameter special_start. */
#include <linux/export.h>

#include "test.h"

void ntpool_test_special_start(bool at_start)
{
	WRITE_ONCE(special_at_start, at_start);
}
EXPORT_SYMBOL_GPL(ntpool_test_special_start);
