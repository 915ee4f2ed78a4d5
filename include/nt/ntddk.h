/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NT's header for legacy drivers. On NT it adds their routines to wdm.h; here both
 * headers have the same contents.
 */
#ifndef NTPOOL_NTDDK_H
#define NTPOOL_NTDDK_H

#include "wdm.h"

#endif
