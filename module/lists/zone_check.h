/* SPDX-License-Identifier: GPL-2.0 */
/* What the verifier knows of zones; zone.c tells it. Includes NT's headers. */
#ifndef NTPOOL_ZONE_CHECK_H
#define NTPOOL_ZONE_CHECK_H

#include <nt_zone.h>

#include "verify/verify.h"

struct module;

/*
 * While the verifier is on. @bytes of @segment, its header included, are @zone's
 * from now on; @first: as its only ones. Any context but NMI.
 */
void ntpool_zone_note(PZONE_HEADER zone, void *segment, ULONG bytes, bool first);
/*
 * Under the zone's lock: NULL, or what is wrong with taking a block, with giving @block
 * back. Nothing is to be done then but ntpool_zone_report(), without the lock.
 */
const char *ntpool_zone_check_alloc(PZONE_HEADER zone);
const char *ntpool_zone_check_free(PZONE_HEADER zone, void *block);
void ntpool_zone_report(PZONE_HEADER zone, void *block, const char *text, unsigned long caller);

#endif
