/* SPDX-License-Identifier: GPL-2.0 */
/* S-lists: how their headers are exchanged. */
#ifndef NTPOOL_SLIST_H
#define NTPOOL_SLIST_H

#include <linux/jump_label.h>

/*
 * Set if the CPU cannot exchange a header by one instruction. No operation on an S-list may
 * run while it changes.
 */
DECLARE_STATIC_KEY_FALSE(ntpool_slist_locked);

#endif
