/* SPDX-License-Identifier: GPL-2.0 */
/*
 * C's header, for a driver's file. Linux has enumerators of the same names. A file
 * therefore includes this header after those of Linux, or not at all.
 */
#ifndef NTPOOL_STDBOOL_H
#define NTPOOL_STDBOOL_H

#include "nt_c.h"

#ifndef _LINUX_STDDEF_H
#define true			1
#define false			0
#endif

#define __bool_true_false_are_defined	1

#endif
