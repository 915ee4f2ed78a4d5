/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NT's header for file system drivers: ntddk.h and what only they may use. Here
 * the two are the same.
 */
#ifndef NTPOOL_NTIFS_H
#define NTPOOL_NTIFS_H

#include "ntddk.h"

#endif
