/* SPDX-License-Identifier: GPL-2.0 */
/* The verifier's checks of zones, for zone.c. Includes NT's headers. */
#ifndef NTPOOL_ZONE_CHECK_H
#define NTPOOL_ZONE_CHECK_H

#include <nt_zone.h>

#include "verify/verify.h"

struct module;

/**
 * ntpool_zone_note() - note a new segment of a zone, while the verifier is on
 * @zone: the zone
 * @segment: start of the segment
 * @bytes: size of its header and blocks
 * @first: it is the only segment; notes of older ones are dropped
 *
 * Context: any but NMIs. Without memory for a note the zone is not checked.
 */
void ntpool_zone_note(PZONE_HEADER zone, void *segment, ULONG bytes, bool first);

/**
 * ntpool_zone_check_alloc() - check a zone before a block is taken
 * @zone: the zone
 *
 * Context: any but NMIs, with the zone's lock held.
 * Return: NULL, or a sentence for ntpool_zone_report(); the zone must not be used then.
 */
const char *ntpool_zone_check_alloc(PZONE_HEADER zone);

/**
 * ntpool_zone_check_free() - check a zone before a block is given back
 * @zone: the zone
 * @block: the block
 *
 * Context: any but NMIs, with the zone's lock held.
 * Return: NULL, or a sentence for ntpool_zone_report(); the zone must not be used then.
 */
const char *ntpool_zone_check_free(PZONE_HEADER zone, void *block);

/**
 * ntpool_zone_report() - report the result of a check as 0xC4/0x16
 * @zone: the zone
 * @block: the block or segment concerned, or NULL
 * @text: the sentence
 * @caller: return address of the driver's call
 *
 * Context: any, without the zone's lock.
 */
void ntpool_zone_report(PZONE_HEADER zone, void *block, const char *text, unsigned long caller);

#endif
