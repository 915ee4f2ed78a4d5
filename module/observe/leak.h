/* SPDX-License-Identifier: GPL-2.0 */
/* What nobody frees any more; ntpool_leak_init() and _exit() are in ntpool.h. */
#ifndef NTPOOL_LEAK_H
#define NTPOOL_LEAK_H

#include <linux/types.h>

struct module;

/* ntpool itself goes: names every live block. Sleeps. */
void ntpool_leak_report_all(void);
/* True if @mod is linked against ntpool. In a module notifier. */
bool ntpool_module_uses_ntpool(const struct module *mod);

#endif
