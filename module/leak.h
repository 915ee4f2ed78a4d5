/* SPDX-License-Identifier: GPL-2.0 */
/* What nobody frees any more; ntp_leak_init() and _exit() are in ntpool.h. */
#ifndef NTPOOL_LEAK_H
#define NTPOOL_LEAK_H

/* ntpool itself goes: names every live block. Sleeps. */
void ntp_leak_report_all(void);

#endif
