// SPDX-License-Identifier: GPL-2.0
/* Included by base/client.c: the end of an init. */
#include <linux/export.h>

#include "test.h"

bool ntpool_test_module_live(void)
{
	if (THIS_MODULE)
		client_notify_late(NULL, MODULE_STATE_LIVE, THIS_MODULE);
	return THIS_MODULE;
}
EXPORT_SYMBOL_GPL(ntpool_test_module_live);
