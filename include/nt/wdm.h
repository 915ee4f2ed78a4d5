/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All headers of ntpool, for a driver to include. Each routine that they declare
 * is inline or exported by ntpool.ko. A driver that compiles also links.
 */
#ifndef NTPOOL_WDM_H
#define NTPOOL_WDM_H

#include "ntdef.h"
#include "basetsd.h"
#include "guiddef.h"
#include "ntintsafe.h"
#include "nt_bits.h"
#include "nt_debug.h"
#include "nt_interlocked.h"
#include "nt_large.h"
#include "nt_list.h"
#include "nt_lookaside.h"
#include "nt_mm.h"
#include "nt_pool.h"
#include "nt_raise.h"
#include "nt_rtl.h"
#include "nt_section.h"
#include "nt_slist.h"
#include "nt_sync.h"
#include "nt_zone.h"

#endif
