/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NT's header for file system drivers: ntddk.h and what only they have, the words
 * for flags, which a driver may have defined itself, and a question.
 */
#ifndef NTPOOL_NTIFS_H
#define NTPOOL_NTIFS_H

#include "ntddk.h"

#ifndef FlagOn
#define FlagOn(Flags, Mask)		((Flags) & (Mask))
#endif
#ifndef BooleanFlagOn
#define BooleanFlagOn(Flags, Mask)	((BOOLEAN)(((Flags) & (Mask)) != 0))
#endif
#ifndef SetFlag
#define SetFlag(Flags, Mask)		((Flags) |= (Mask))
#endif
#ifndef ClearFlag
#define ClearFlag(Flags, Mask)		((Flags) &= ~(Mask))
#endif

SIZE_T ExQueryPoolBlockSize(PVOID PoolBlock, PBOOLEAN QuotaCharged);

#endif
