// SPDX-License-Identifier: GPL-2.0
/* Included by base/client.c: the end of an init. */
#include <linux/export.h>

#include "test.h"

void ntpool_test_module_live(struct module *mod)
{
	mod = mod ?: THIS_MODULE;
	if (mod)
		client_notify_late(NULL, MODULE_STATE_LIVE, mod);
}
EXPORT_SYMBOL_GPL(ntpool_test_module_live);
