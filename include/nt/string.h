/* SPDX-License-Identifier: GPL-2.0 */
/*
 * C's header, for a driver's file. It has the routines that the kernel exports. The kernel's
 * header is <linux/string.h>, and this file does not replace it.
 */
#ifndef NTPOOL_STRING_H
#define NTPOOL_STRING_H

#include "stddef.h"

#endif
