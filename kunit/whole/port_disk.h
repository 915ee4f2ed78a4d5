/* SPDX-License-Identifier: GPL-2.0 */
/* The disk controller of port_disk.c, for the suite that drives it. */
#ifndef PORT_DISK_H
#define PORT_DISK_H

#include <ntddk.h>

/* As the tags are printed: PdkC, PdkM, PdkR, PdkE. Mm's memory has its own. */
#define PDSK_TAG_CONTROLLER	('CkdP')
#define PDSK_TAG_MEDIUM		('MkdP')
#define PDSK_TAG_REQUEST	('RkdP')
#define PDSK_TAG_EVENT		('EkdP')

#define PDSK_SECTOR_BYTES	512
#define PDSK_SECTORS		256

/* A power of two, as the ring's indexes wrap. */
#define PDSK_RING_ENTRIES	16

/* Three pages may cross a multiple of four, which the controller could not stand. */
#define PDSK_BOUNCES		8
#define PDSK_BOUNCE_BYTES	(3 * PAGE_SIZE)
#define PDSK_BOUNCE_BOUNDARY	(4 * PAGE_SIZE)
#define PDSK_BOUNCE_SECTORS	(PDSK_BOUNCE_BYTES / PDSK_SECTOR_BYTES)

#define PDSK_MAX_REQUESTS	32
#define PDSK_RETRIES		3

#define PDSK_READ		1
#define PDSK_WRITE		2

/* What the caller of PdskSubmit() keeps until Status is no longer STATUS_PENDING. */
typedef struct _PDSK_IO {
	ULONG Operation;
	ULONG Lba;
	ULONG Sectors;
	PVOID Buffer;
	LONG Status;
	ULONG Retries;
} PDSK_IO, *PPDSK_IO;

/* As the controller reads it; it knows physical addresses only. */
typedef struct _PDSK_DESCRIPTOR {
	ULONGLONG Address;
	ULONG Lba;
	ULONG Sectors;
	ULONG Operation;
	ULONG Request;
	LONG Error;
	ULONG Reserved;
} PDSK_DESCRIPTOR, *PPDSK_DESCRIPTOR;

/* In uncached memory, written by one side each. */
typedef struct _PDSK_STATUS_AREA {
	LONG Produced;			/* descriptors that the driver has filled */
	LONG Completed;			/* descriptors that the controller is done with */
} PDSK_STATUS_AREA, *PPDSK_STATUS_AREA;

typedef struct _PDSK_BOUNCE {
	SLIST_ENTRY Links;
	PUCHAR Buffer;
	PHYSICAL_ADDRESS Address;
} PDSK_BOUNCE, *PPDSK_BOUNCE;

#define PDSK_REQUEST_FREE	0
#define PDSK_REQUEST_PENDING	1
#define PDSK_REQUEST_ACTIVE	2
#define PDSK_REQUEST_DONE	3

typedef struct _PDSK_REQUEST {
	SLIST_ENTRY Links;
	LIST_ENTRY PendingLinks;
	PPDSK_IO Io;
	PPDSK_BOUNCE Bounce;
	ULONG Number;
	ULONG Retries;
	LONG State;
} PDSK_REQUEST, *PPDSK_REQUEST;

/* How the interrupt tells the DPC what is done. */
typedef struct _PDSK_EVENT {
	SLIST_ENTRY Links;
	PPDSK_REQUEST Request;
	LONG Error;
} PDSK_EVENT, *PPDSK_EVENT;

typedef struct _PDSK_CONTROLLER {
	SLIST_HEADER FreeRequests;
	SLIST_HEADER FreeBounces;
	SLIST_HEADER FreeEvents;
	SLIST_HEADER DoneEvents;

	LIST_ENTRY Pending;		/* interlocked, with PendingLock */
	KSPIN_LOCK PendingLock;

	KSPIN_LOCK RingLock;		/* who fills descriptors */
	PPDSK_DESCRIPTOR Ring;
	PPDSK_STATUS_AREA StatusArea;
	PDSK_BOUNCE Bounces[PDSK_BOUNCES];
	PUCHAR Medium;

	PPDSK_REQUEST Requests[PDSK_MAX_REQUESTS];
	ULONG RequestCount;
	LONG OpenCount;

	LONG Asserted;			/* interrupts that wait to be serviced */
	LONG Seen;			/* descriptors that the interrupt has looked at */
	LONG Faults;			/* operations that are to fail */
	LONG Submitted;
	LONG Finished;
	LONG Retried;
	LONG EventsMissed;		/* there was no event free: the next interrupt looks */
	LONG Conflicts;			/* requests that had two owners, wild addresses */
} PDSK_CONTROLLER, *PPDSK_CONTROLLER;

/* Of all controllers, in pageable data. */
typedef struct _PDSK_TOTALS {
	LONG Opens;
	LONG Closes;
	LONG Finished;
} PDSK_TOTALS, *PPDSK_TOTALS;

VOID PdskDriverEntry(void);
PPDSK_TOTALS PdskQueryTotals(void);

NTSTATUS PdskCreateController(_In_ ULONG Requests,
			      _Outptr_result_nullonfailure_ struct _PDSK_CONTROLLER **Controller);
VOID PdskDeleteController(_In_ PPDSK_CONTROLLER Controller);
NTSTATUS PdskGrowQueue(_In_ PPDSK_CONTROLLER Controller, _In_ ULONG Requests);
NTSTATUS PdskShrinkQueue(_In_ PPDSK_CONTROLLER Controller, _In_ ULONG Requests);
BOOLEAN PdskPlacementIsGood(_In_ PPDSK_CONTROLLER Controller);

VOID PdskOpen(_In_ PPDSK_CONTROLLER Controller);
VOID PdskClose(_In_ PPDSK_CONTROLLER Controller);
NTSTATUS PdskSubmit(_In_ PPDSK_CONTROLLER Controller, _Inout_ PPDSK_IO Io);
BOOLEAN PdskInterrupt(_In_ PPDSK_CONTROLLER Controller);
ULONG PdskDpc(_In_ PPDSK_CONTROLLER Controller);

VOID PdskFillSectors(_Out_ PVOID Buffer, _In_ ULONG Lba, _In_ ULONG Sectors,
		     _In_ ULONG Generation);
ULONG PdskGenerationOf(_In_ PVOID Sector, _In_ ULONG Lba);

#endif
