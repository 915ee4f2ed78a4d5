/* SPDX-License-Identifier: GPL-2.0 */
/*
 * C's header, for a driver's file. The kernel's is <linux/stdarg.h>, and this file does not
 * replace it.
 */
#ifndef NTPOOL_STDARG_H
#define NTPOOL_STDARG_H

#include "nt_c.h"

#endif
