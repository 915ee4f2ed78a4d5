/* SPDX-License-Identifier: GPL-2.0 */
/* The verifier's checks of zones, for zone.c. Includes NT's headers. */
#ifndef NTPOOL_ZONE_CHECK_H
#define NTPOOL_ZONE_CHECK_H

#include <nt_zone.h>

#include "verify/verify.h"

struct module;
struct zone_note;

/**
 * ntpool_zone_prepare() - allocate the note of a segment, while the verifier is on
 * @segment: start of the segment
 * @bytes: size of its header and blocks
 * @block: size of a block
 * @caller: return address of the driver's call
 *
 * Context: any but NMIs; sleeps where the caller may.
 * Return: the note; NULL while the verifier is off, or without memory.
 */
struct zone_note *ntpool_zone_prepare(void *segment, ULONG bytes, ULONG block,
				      unsigned long caller);

/**
 * ntpool_zone_note() - publish the note of a zone's new segment
 * @zone: the zone, with the new segment in it
 * @note: its note, or NULL. The zone is not checked then
 * @first: it is the only segment; notes of older ones are dropped
 *
 * Context: any but NMIs.
 */
void ntpool_zone_note(PZONE_HEADER zone, struct zone_note *note, bool first);

/**
 * ntpool_zone_discard() - free a note that was not published
 * @note: the note, or NULL
 *
 * Context: any but NMIs.
 */
void ntpool_zone_discard(struct zone_note *note);

/* For ntpool_zone_report() */
extern const char *const ntpool_no_zone;

/**
 * ntpool_zone_is_valid() - whether a zone can be extended
 * @zone: the zone
 *
 * Context: any but NMIs.
 * Return: false if its header or its newest segment is not there.
 */
bool ntpool_zone_is_valid(PZONE_HEADER zone);

/**
 * ntpool_zone_pop() - check a zone and take a block
 * @zone: the zone
 * @block: the block; NULL: there is none
 *
 * Context: any but NMIs; no other code uses the zone meanwhile.
 * Return: NULL, or a sentence for ntpool_zone_report(); nothing was taken then.
 */
const char *ntpool_zone_pop(PZONE_HEADER zone, PSINGLE_LIST_ENTRY *block);

/**
 * ntpool_zone_push() - check a zone and give a block back
 * @zone: the zone
 * @block: the block
 * @first: the block that was the first free one before
 *
 * Context: any but NMIs; no other code uses the zone meanwhile.
 * Return: NULL, or a sentence for ntpool_zone_report(); nothing was given back then.
 */
const char *ntpool_zone_push(PZONE_HEADER zone, PSINGLE_LIST_ENTRY block,
			     PSINGLE_LIST_ENTRY *first);

/**
 * ntpool_zone_report() - report the result of a check as 0xC4/0x16
 * @zone: the zone
 * @block: the block or segment concerned, or NULL
 * @text: the sentence
 * @caller: return address of the driver's call
 *
 * If they are known, the report has the size of the zone's blocks and the call site of its
 * initialisation.
 *
 * Context: any, without the zone's lock.
 */
void ntpool_zone_report(PZONE_HEADER zone, void *block, const char *text, unsigned long caller);

#endif
