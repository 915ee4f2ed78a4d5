/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NT's header for legacy drivers: wdm.h and what only they may use. Here the two
 * are the same.
 */
#ifndef NTPOOL_NTDDK_H
#define NTPOOL_NTDDK_H

#include "wdm.h"

#endif
