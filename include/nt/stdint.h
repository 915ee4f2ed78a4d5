/* SPDX-License-Identifier: GPL-2.0 */
/*
 * C's header, for a driver's file: integers of known width and their limits. The kernel has
 * the types in <linux/types.h>.
 */
#ifndef NTPOOL_STDINT_H
#define NTPOOL_STDINT_H

#include "nt_c.h"

#define INT8_MIN		(-128)
#define INT8_MAX		127
#define UINT8_MAX		255
#define INT16_MIN		(-32768)
#define INT16_MAX		32767
#define UINT16_MAX		65535
#define INT32_MIN		(-2147483647 - 1)
#define INT32_MAX		2147483647
#define UINT32_MAX		4294967295U
#define INT64_MIN		(-9223372036854775807LL - 1)
#define INT64_MAX		9223372036854775807LL
#define UINT64_MAX		18446744073709551615ULL

/* In Linux's words, because its header defines the name too. */
#ifndef SIZE_MAX
#define SIZE_MAX	(~(size_t)0)
#endif

#define INT8_C(Number)		Number
#define UINT8_C(Number)		Number
#define INT16_C(Number)		Number
#define UINT16_C(Number)	Number
#define INT32_C(Number)		Number
#define UINT32_C(Number)	Number ## U
#define INT64_C(Number)		Number ## LL
#define UINT64_C(Number)	Number ## ULL

#endif
