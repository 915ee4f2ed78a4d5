/* SPDX-License-Identifier: GPL-2.0 */
/*
 * C's header, for a driver's file. The kernel's is <linux/stddef.h>, and this file does not
 * replace it.
 */
#ifndef NTPOOL_STDDEF_H
#define NTPOOL_STDDEF_H

#include "nt_c.h"

#ifndef NULL
#define NULL			((void *)0)
#endif

#ifndef offsetof
#define offsetof(Type, Member)	__builtin_offsetof(Type, Member)
#endif

#endif
