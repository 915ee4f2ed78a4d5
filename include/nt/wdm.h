/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a driver includes: all subjects together. Every routine declared in them
 * is exported by ntpool.ko or is an inline, so what compiles also links.
 */
#ifndef NTPOOL_WDM_H
#define NTPOOL_WDM_H

#include "ntdef.h"
#include "ntintsafe.h"
#include "nt_debug.h"
#include "nt_interlocked.h"
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
