// SPDX-License-Identifier: GPL-2.0
/*
 * The memory side of a storage driver, as NT sources have it: only <ntddk.h>.
 *
 *   ring	of descriptors, contiguous memory that crosses no page
 *   bounces	buffers that the controller reaches, contiguous, within a boundary
 *   status	an area of uncached memory with one counter of either side
 *   requests	and events: nonpaged pool, on S-lists while they are free
 *   pending	requests that wait for a descriptor, on an interlocked list
 *
 * The controller is part of this file: an interrupt lets it work first. It knows
 * what is in the ring and in the status area, and physical addresses, no more.
 *
 *   PdskSubmit()	takes a request off its S-list and queues it
 *   PdskStartIo()	fills descriptors, under RingLock, up to DISPATCH_LEVEL
 *   PdskInterrupt()	at any IRQL: takes an event off its S-list for each
 *			descriptor that is done, or puts the request back at the head
 *			of what is pending, to be tried again. It takes no lock that code
 *			it may have interrupted holds; an interrupt that finds another
 *			serviced leaves its work to that one
 *   PdskDpc()		takes all events at once, ends their requests, starts others
 *
 * The code between submission and DPC is pageable, as are the totals: it is locked
 * while the controller is open. The sections' handles are obtained once, when the
 * driver is loaded.
 */
#include <ntddk.h>

#include "port_disk.h"

#define PDSK_RING_BYTES		(PDSK_RING_ENTRIES * sizeof(PDSK_DESCRIPTOR))
#define PDSK_MEDIUM_BYTES	(PDSK_SECTORS * PDSK_SECTOR_BYTES)

#define PDSK_WORDS		(PDSK_SECTOR_BYTES / sizeof(ULONG))

C_ASSERT((PDSK_RING_ENTRIES & (PDSK_RING_ENTRIES - 1)) == 0);
C_ASSERT(sizeof(PDSK_DESCRIPTOR) == 32);
C_ASSERT(PDSK_BOUNCES < PDSK_RING_ENTRIES);

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, PdskDriverEntry)
#pragma alloc_text(PAGE, PdskCreateController)
#pragma alloc_text(PAGE, PdskDeleteController)
#pragma alloc_text(PAGE, PdskGrowQueue)
#pragma alloc_text(PAGE, PdskShrinkQueue)
#pragma alloc_text(PAGE, PdskPlacementIsGood)
#pragma alloc_text(PAGE, PdskOpen)
#pragma alloc_text(PAGE, PdskClose)
#pragma alloc_text(PAGELK, PdskSubmit)
#pragma alloc_text(PAGELK, PdskDpc)
#endif

static PVOID PdskCodeHandle;
static PVOID PdskDataHandle;

#pragma data_seg("PAGEDATA")
static PDSK_TOTALS PdskTotals = { 0 };
#pragma data_seg()

/* ---- The driver ---- */

VOID PdskDriverEntry(VOID)
{
	PdskCodeHandle = MmLockPagableCodeSection((PVOID)PdskSubmit);
	MmUnlockPagableImageSection(PdskCodeHandle);
	PdskDataHandle = MmLockPagableDataSection(&PdskTotals);
	MmUnlockPagableImageSection(PdskDataHandle);
}

PPDSK_TOTALS PdskQueryTotals(VOID)
{
	return &PdskTotals;
}

VOID PdskOpen(_In_ PPDSK_CONTROLLER Controller)
{
	PAGED_CODE();

	MmLockPagableSectionByHandle(PdskCodeHandle);
	MmLockPagableSectionByHandle(PdskDataHandle);
	InterlockedIncrement(&Controller->OpenCount);
	InterlockedIncrement(&PdskTotals.Opens);
}

VOID PdskClose(_In_ PPDSK_CONTROLLER Controller)
{
	PAGED_CODE();

	ASSERT(Controller->OpenCount > 0);
	InterlockedIncrement(&PdskTotals.Closes);
	InterlockedDecrement(&Controller->OpenCount);
	MmUnlockPagableImageSection(PdskDataHandle);
	MmUnlockPagableImageSection(PdskCodeHandle);
}

/* ---- Sectors ---- */

static ULONG PdskSectorWord(_In_ ULONG Lba, _In_ ULONG Generation, _In_ ULONG Index)
{
	return Lba * 2654435761U + Generation * 40503U + Index;
}

/* A sector says where it belongs and which writing it is of, in every word. */
VOID PdskFillSectors(_Out_ PVOID Buffer, _In_ ULONG Lba, _In_ ULONG Sectors, _In_ ULONG Generation)
{
	PULONG Word = (PULONG)Buffer;
	ULONG Index;

	for (; Sectors--; Lba++, Word += PDSK_WORDS) {
		Word[0] = Generation;
		for (Index = 1; Index < PDSK_WORDS; Index++)
			Word[Index] = PdskSectorWord(Lba, Generation, Index);
	}
}

/* MAXULONG for a sector that is no sector of this address; 0 if it was never written. */
ULONG PdskGenerationOf(_In_ PVOID Sector, _In_ ULONG Lba)
{
	PULONG Word = (PULONG)Sector;
	ULONG Index;

	if (RtlCompareMemoryUlong(Sector, PDSK_SECTOR_BYTES, 0) == PDSK_SECTOR_BYTES)
		return 0;
	for (Index = 1; Index < PDSK_WORDS; Index++)
		if (Word[Index] != PdskSectorWord(Lba, Word[0], Index))
			return MAXULONG;
	return Word[0];
}

/* ---- Requests ---- */

static VOID PdskPassRequest(_Inout_ PPDSK_CONTROLLER Controller, _Inout_ PPDSK_REQUEST Request,
			    _In_ LONG From, _In_ LONG To)
{
	if (InterlockedCompareExchange(&Request->State, To, From) != From)
		InterlockedIncrement(&Controller->Conflicts);
}

static FORCEINLINE PPDSK_DESCRIPTOR PdskDescriptor(_In_ PPDSK_CONTROLLER Controller,
						   _In_ LONG Index)
{
	return &Controller->Ring[(ULONG)Index % PDSK_RING_ENTRIES];
}

/* Under RingLock: takes what a request needs, or nothing. */
static PPDSK_REQUEST PdskNextRequest(_Inout_ PPDSK_CONTROLLER Controller)
{
	PSLIST_ENTRY Bounce = ExInterlockedPopEntrySList(&Controller->FreeBounces, NULL);
	PPDSK_REQUEST Request;
	PLIST_ENTRY Links;

	if (!Bounce)
		return NULL;
	Links = ExInterlockedRemoveHeadList(&Controller->Pending, &Controller->PendingLock);
	if (!Links) {
		ExInterlockedPushEntrySList(&Controller->FreeBounces, Bounce, NULL);
		return NULL;
	}
	Request = CONTAINING_RECORD(Links, PDSK_REQUEST, PendingLinks);
	Request->Bounce = CONTAINING_RECORD(Bounce, PDSK_BOUNCE, Links);
	PdskPassRequest(Controller, Request, PDSK_REQUEST_PENDING, PDSK_REQUEST_ACTIVE);
	return Request;
}

_IRQL_requires_max_(DISPATCH_LEVEL)
static VOID PdskStartIo(_Inout_ PPDSK_CONTROLLER Controller)
{
	PPDSK_STATUS_AREA Area = Controller->StatusArea;
	PPDSK_DESCRIPTOR Descriptor;
	PPDSK_REQUEST Request;
	KIRQL OldIrql;

	KeAcquireSpinLock(&Controller->RingLock, &OldIrql);
	while (Area->Produced - ReadAcquire(&Controller->Seen) < PDSK_RING_ENTRIES) {
		Request = PdskNextRequest(Controller);
		if (!Request)
			break;
		Descriptor = PdskDescriptor(Controller, Area->Produced);
		Descriptor->Address = Request->Bounce->Address.QuadPart;
		Descriptor->Lba = Request->Io->Lba;
		Descriptor->Sectors = Request->Io->Sectors;
		Descriptor->Operation = Request->Io->Operation;
		Descriptor->Request = Request->Number;
		Descriptor->Error = 0;
		if (Request->Io->Operation == PDSK_WRITE)
			RtlCopyMemory(Request->Bounce->Buffer, Request->Io->Buffer,
				      Request->Io->Sectors * PDSK_SECTOR_BYTES);
		WriteRelease(&Area->Produced, Area->Produced + 1);
	}
	KeReleaseSpinLock(&Controller->RingLock, OldIrql);
}

/* STATUS_PENDING, and Io is the driver's; STATUS_DEVICE_BUSY, and it may be tried again. */
_IRQL_requires_max_(DISPATCH_LEVEL)
NTSTATUS PdskSubmit(_In_ PPDSK_CONTROLLER Controller, _Inout_ PPDSK_IO Io)
{
	PPDSK_REQUEST Request;
	PSLIST_ENTRY Links;

	PAGED_CODE_LOCKED();

	if (!Controller->OpenCount)
		return STATUS_INVALID_DEVICE_STATE;
	if ((Io->Operation != PDSK_READ && Io->Operation != PDSK_WRITE) || !Io->Sectors ||
	    Io->Sectors > PDSK_BOUNCE_SECTORS || Io->Lba >= PDSK_SECTORS ||
	    Io->Sectors > PDSK_SECTORS - Io->Lba)
		return STATUS_INVALID_PARAMETER;

	Links = ExInterlockedPopEntrySList(&Controller->FreeRequests, NULL);
	if (!Links)
		return STATUS_DEVICE_BUSY;
	Request = CONTAINING_RECORD(Links, PDSK_REQUEST, Links);
	PdskPassRequest(Controller, Request, PDSK_REQUEST_FREE, PDSK_REQUEST_PENDING);
	Request->Io = Io;
	Request->Retries = 0;
	Io->Status = STATUS_PENDING;
	InterlockedIncrement(&Controller->Submitted);
	ExInterlockedInsertTailList(&Controller->Pending, &Request->PendingLinks,
				    &Controller->PendingLock);
	PdskStartIo(Controller);
	return STATUS_PENDING;
}

/* ---- The controller ---- */

/* Its bus: the memory at a physical address, if it is that of a bounce. */
static PUCHAR PdskBusAddress(_In_ PPDSK_CONTROLLER Controller, _In_ ULONGLONG Address,
			     _In_ ULONG Length)
{
	ULONG Index;

	for (Index = 0; Index < PDSK_BOUNCES; Index++) {
		ULONGLONG Base = Controller->Bounces[Index].Address.QuadPart;

		if (Address >= Base && Address + Length <= Base + PDSK_BOUNCE_BYTES)
			return Controller->Bounces[Index].Buffer + (Address - Base);
	}
	return NULL;
}

static VOID PdskExecute(_Inout_ PPDSK_CONTROLLER Controller, _Inout_ PPDSK_DESCRIPTOR Descriptor)
{
	ULONG Length = Descriptor->Sectors * PDSK_SECTOR_BYTES;
	PUCHAR Memory = PdskBusAddress(Controller, Descriptor->Address, Length);
	PUCHAR Medium = Controller->Medium + Descriptor->Lba * PDSK_SECTOR_BYTES;

	if (!Memory) {
		InterlockedIncrement(&Controller->Conflicts);
		Descriptor->Error = 1;
	} else if (Controller->Faults > 0) {
		InterlockedDecrement(&Controller->Faults);
		Descriptor->Error = 1;
	} else if (Descriptor->Operation == PDSK_WRITE) {
		RtlCopyMemory(Medium, Memory, Length);
	} else {
		RtlCopyMemory(Memory, Medium, Length);
	}
}

static VOID PdskRunController(_Inout_ PPDSK_CONTROLLER Controller)
{
	PPDSK_STATUS_AREA Area = Controller->StatusArea;
	LONG Index = Area->Completed;

	while (Index != ReadAcquire(&Area->Produced)) {
		PdskExecute(Controller, PdskDescriptor(Controller, Index));
		WriteRelease(&Area->Completed, ++Index);
	}
}

/* ---- Interrupts ---- */

/* To the head of the queue: it was there before all that waits. */
static VOID PdskRetryRequest(_Inout_ PPDSK_CONTROLLER Controller, _Inout_ PPDSK_REQUEST Request)
{
	PPDSK_BOUNCE Bounce = Request->Bounce;

	Request->Retries++;
	Request->Bounce = NULL;
	InterlockedIncrement(&Controller->Retried);
	PdskPassRequest(Controller, Request, PDSK_REQUEST_ACTIVE, PDSK_REQUEST_PENDING);
	ExInterlockedPushEntrySList(&Controller->FreeBounces, &Bounce->Links, NULL);
	ExInterlockedInsertHeadList(&Controller->Pending, &Request->PendingLinks,
				    &Controller->PendingLock);
}

/* FALSE if there is no event to tell the DPC with. */
static BOOLEAN PdskComplete(_Inout_ PPDSK_CONTROLLER Controller, _In_ PPDSK_DESCRIPTOR Descriptor)
{
	PPDSK_REQUEST Request = Controller->Requests[Descriptor->Request];
	PSLIST_ENTRY Links;
	PPDSK_EVENT Event;

	if (Descriptor->Error && Request->Retries < PDSK_RETRIES) {
		PdskRetryRequest(Controller, Request);
		return TRUE;
	}
	Links = ExInterlockedPopEntrySList(&Controller->FreeEvents, NULL);
	if (!Links)
		return FALSE;
	Event = CONTAINING_RECORD(Links, PDSK_EVENT, Links);
	Event->Request = Request;
	Event->Error = Descriptor->Error;
	PdskPassRequest(Controller, Request, PDSK_REQUEST_ACTIVE, PDSK_REQUEST_DONE);
	ExInterlockedPushEntrySList(&Controller->DoneEvents, &Event->Links, NULL);
	return TRUE;
}

static VOID PdskService(_Inout_ PPDSK_CONTROLLER Controller)
{
	LONG Index = Controller->Seen;

	PdskRunController(Controller);
	while (Index != ReadAcquire(&Controller->StatusArea->Completed)) {
		if (!PdskComplete(Controller, PdskDescriptor(Controller, Index))) {
			InterlockedIncrement(&Controller->EventsMissed);
			break;
		}
		WriteRelease(&Controller->Seen, ++Index);
	}
}

/* TRUE if this interrupt was serviced here, FALSE if by the one that came before. */
BOOLEAN PdskInterrupt(_In_ PPDSK_CONTROLLER Controller)
{
	LONG Asserted = InterlockedIncrement(&Controller->Asserted);

	if (Asserted != 1)
		return FALSE;
	do {
		Asserted = ReadAcquire(&Controller->Asserted);
		PdskService(Controller);
	} while (InterlockedExchangeAdd(&Controller->Asserted, -Asserted) != Asserted);
	return TRUE;
}

static VOID PdskEndRequest(_Inout_ PPDSK_CONTROLLER Controller, _In_ PPDSK_EVENT Event)
{
	PPDSK_REQUEST Request = Event->Request;
	PPDSK_IO Io = Request->Io;
	NTSTATUS Status = Event->Error ? STATUS_IO_DEVICE_ERROR : STATUS_SUCCESS;

	if (Io->Operation == PDSK_READ && NT_SUCCESS(Status))
		RtlCopyMemory(Io->Buffer, Request->Bounce->Buffer,
			      Io->Sectors * PDSK_SECTOR_BYTES);
	Io->Retries = Request->Retries;
	ExInterlockedPushEntrySList(&Controller->FreeBounces, &Request->Bounce->Links, NULL);
	Request->Bounce = NULL;
	Request->Io = NULL;
	PdskPassRequest(Controller, Request, PDSK_REQUEST_DONE, PDSK_REQUEST_FREE);
	ExInterlockedPushEntrySList(&Controller->FreeRequests, &Request->Links, NULL);
	InterlockedIncrement(&Controller->Finished);
	InterlockedIncrement(&PdskTotals.Finished);
	InterlockedExchange(&Io->Status, Status);
}

/* Returns how many requests it ended. Events come back before more is started. */
_IRQL_requires_max_(DISPATCH_LEVEL)
ULONG PdskDpc(_In_ PPDSK_CONTROLLER Controller)
{
	PSLIST_ENTRY Links = ExInterlockedFlushSList(&Controller->DoneEvents), Next;
	ULONG Ended = 0;

	PAGED_CODE_LOCKED();

	for (; Links; Links = Next, Ended++) {
		PPDSK_EVENT Event = CONTAINING_RECORD(Links, PDSK_EVENT, Links);

		Next = Links->Next;
		PdskEndRequest(Controller, Event);
		ExInterlockedPushEntrySList(&Controller->FreeEvents, &Event->Links, NULL);
	}
	PdskStartIo(Controller);
	return Ended;
}

/* ---- Creation and deletion ---- */

static VOID PdskFreeRequests(_Inout_ PPDSK_CONTROLLER Controller, _In_ ULONG Count)
{
	while (Controller->RequestCount > Count) {
		ExFreePoolWithTag(Controller->Requests[--Controller->RequestCount],
				  PDSK_TAG_REQUEST);
		Controller->Requests[Controller->RequestCount] = NULL;
	}
}

/* One event for two requests: the interrupt has to do with too few. */
static NTSTATUS PdskAddRequest(_Inout_ PPDSK_CONTROLLER Controller)
{
	ULONG Number = Controller->RequestCount;
	PPDSK_REQUEST Request;
	PPDSK_EVENT Event;

	Request = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Request), PDSK_TAG_REQUEST);
	if (!Request)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (Number % 2 == 0) {
		Event = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Event), PDSK_TAG_EVENT);
		if (!Event) {
			ExFreePoolWithTag(Request, PDSK_TAG_REQUEST);
			return STATUS_INSUFFICIENT_RESOURCES;
		}
		ExInterlockedPushEntrySList(&Controller->FreeEvents, &Event->Links, NULL);
	}
	RtlZeroMemory(Request, sizeof(*Request));
	Request->Number = Number;
	Controller->Requests[Number] = Request;
	Controller->RequestCount++;
	ExInterlockedPushEntrySList(&Controller->FreeRequests, &Request->Links, NULL);
	return STATUS_SUCCESS;
}

/* The last requests go, with their events; nothing is under way, which is looked at. */
NTSTATUS PdskShrinkQueue(_In_ PPDSK_CONTROLLER Controller, _In_ ULONG Requests)
{
	ULONG Events = (Controller->RequestCount + 1) / 2, Number;
	PSLIST_ENTRY Links;

	PAGED_CODE();

	if (ExQueryDepthSList(&Controller->FreeRequests) != Controller->RequestCount)
		return STATUS_DEVICE_BUSY;
	if (Requests >= Controller->RequestCount)
		return STATUS_SUCCESS;
	for (; Events > (Requests + 1) / 2; Events--) {
		Links = ExInterlockedPopEntrySList(&Controller->FreeEvents, NULL);
		ExFreePoolWithTag(CONTAINING_RECORD(Links, PDSK_EVENT, Links), PDSK_TAG_EVENT);
	}
	ExInterlockedFlushSList(&Controller->FreeRequests);
	PdskFreeRequests(Controller, Requests);
	for (Number = 0; Number < Requests; Number++)
		ExInterlockedPushEntrySList(&Controller->FreeRequests,
					    &Controller->Requests[Number]->Links, NULL);
	return STATUS_SUCCESS;
}

/* All of the requests, or none more than before. Nothing is under way. */
_Must_inspect_result_
NTSTATUS PdskGrowQueue(_In_ PPDSK_CONTROLLER Controller, _In_ ULONG Requests)
{
	ULONG Before = Controller->RequestCount;
	NTSTATUS Status = STATUS_SUCCESS;

	PAGED_CODE();

	if (Requests > PDSK_MAX_REQUESTS)
		return STATUS_INVALID_PARAMETER;
	while (NT_SUCCESS(Status) && Controller->RequestCount < Requests)
		Status = PdskAddRequest(Controller);
	if (!NT_SUCCESS(Status))
		(VOID)PdskShrinkQueue(Controller, Before);
	return Status;
}

static FORCEINLINE PHYSICAL_ADDRESS PdskPhysical(_In_ ULONGLONG Address)
{
	PHYSICAL_ADDRESS Physical = { .QuadPart = (LONGLONG)Address };

	return Physical;
}

static NTSTATUS PdskAllocateBounces(_Inout_ PPDSK_CONTROLLER Controller)
{
	PHYSICAL_ADDRESS Lowest = PdskPhysical(0), Highest = PdskPhysical(MAXULONG);
	PHYSICAL_ADDRESS Boundary = PdskPhysical(PDSK_BOUNCE_BOUNDARY);
	ULONG Index;

	for (Index = 0; Index < PDSK_BOUNCES; Index++) {
		PPDSK_BOUNCE Bounce = &Controller->Bounces[Index];

		Bounce->Buffer = MmAllocateContiguousMemorySpecifyCache(PDSK_BOUNCE_BYTES, Lowest,
									Highest, Boundary,
									MmCached);
		if (!Bounce->Buffer)
			return STATUS_INSUFFICIENT_RESOURCES;
		Bounce->Address = MmGetPhysicalAddress(Bounce->Buffer);
		ExInterlockedPushEntrySList(&Controller->FreeBounces, &Bounce->Links, NULL);
	}
	return STATUS_SUCCESS;
}

/* Also of a controller that was not completed. */
static VOID PdskFreeController(_In_ PPDSK_CONTROLLER Controller)
{
	ULONG Index;

	for (Index = 0; Index < PDSK_BOUNCES; Index++)
		if (Controller->Bounces[Index].Buffer)
			MmFreeContiguousMemory(Controller->Bounces[Index].Buffer);
	if (Controller->Ring)
		MmFreeContiguousMemorySpecifyCache(Controller->Ring, PDSK_RING_BYTES, MmCached);
	if (Controller->StatusArea)
		MmFreeNonCachedMemory(Controller->StatusArea, sizeof(PDSK_STATUS_AREA));
	if (Controller->Medium)
		ExFreePoolWithTag(Controller->Medium, PDSK_TAG_MEDIUM);
	ExFreePoolWithTag(Controller, PDSK_TAG_CONTROLLER);
}

_Must_inspect_result_
NTSTATUS PdskCreateController(_In_ ULONG Requests,
			      _Outptr_result_nullonfailure_ struct _PDSK_CONTROLLER **Controller)
{
	PPDSK_CONTROLLER New;
	NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

	PAGED_CODE();

	*Controller = NULL;
	New = ExAllocatePoolWithTag(NonPagedPool, sizeof(*New), PDSK_TAG_CONTROLLER);
	if (!New)
		return Status;
	RtlZeroMemory(New, sizeof(*New));
	ExInitializeSListHead(&New->FreeRequests);
	ExInitializeSListHead(&New->FreeBounces);
	ExInitializeSListHead(&New->FreeEvents);
	ExInitializeSListHead(&New->DoneEvents);
	InitializeListHead(&New->Pending);
	KeInitializeSpinLock(&New->PendingLock);
	KeInitializeSpinLock(&New->RingLock);

	New->Medium = ExAllocatePoolWithTag(NonPagedPool, PDSK_MEDIUM_BYTES, PDSK_TAG_MEDIUM);
	if (!New->Medium)
		goto Failed;
	New->StatusArea = MmAllocateNonCachedMemory(sizeof(PDSK_STATUS_AREA));
	if (!New->StatusArea)
		goto Failed;
	New->Ring = MmAllocateContiguousMemorySpecifyCache(PDSK_RING_BYTES, PdskPhysical(0),
							   PdskPhysical(MAXULONG),
							   PdskPhysical(PAGE_SIZE), MmCached);
	if (!New->Ring)
		goto Failed;
	Status = PdskAllocateBounces(New);
	if (!NT_SUCCESS(Status))
		goto Failed;
	Status = PdskGrowQueue(New, Requests);
	if (!NT_SUCCESS(Status))
		goto Failed;

	RtlZeroMemory(New->Medium, PDSK_MEDIUM_BYTES);
	RtlZeroMemory(New->StatusArea, sizeof(PDSK_STATUS_AREA));
	RtlZeroMemory(New->Ring, PDSK_RING_BYTES);
	*Controller = New;
	return STATUS_SUCCESS;

Failed:
	PdskFreeController(New);
	return Status;
}

VOID PdskDeleteController(_In_ PPDSK_CONTROLLER Controller)
{
	NTSTATUS Status;

	PAGED_CODE();

	ASSERT(!Controller->OpenCount);
	ASSERT(IsListEmpty(&Controller->Pending));
	Status = PdskShrinkQueue(Controller, 0);
	ASSERT(NT_SUCCESS(Status));
	DBG_UNREFERENCED_LOCAL_VARIABLE(Status);
	PdskFreeController(Controller);
}

/* ---- Checks ---- */

/* A range is contiguous on the bus, below 4 GB, and crosses no boundary. */
static BOOLEAN PdskRangeIsGood(_In_ PVOID Base, _In_ ULONG Length, _In_ ULONG Boundary)
{
	ULONGLONG First = MmGetPhysicalAddress(Base).QuadPart;
	ULONGLONG Last = First + Length - 1;
	ULONG Offset;

	for (Offset = 0; Offset < Length; Offset += sizeof(ULONG))
		if ((ULONGLONG)MmGetPhysicalAddress(Add2Ptr(Base, Offset)).QuadPart !=
		    First + Offset)
			return FALSE;
	return First && Last <= MAXULONG && !((First ^ Last) & ~(Boundary - 1)) &&
	       BYTE_OFFSET(Base) == 0;
}

BOOLEAN PdskPlacementIsGood(_In_ PPDSK_CONTROLLER Controller)
{
	ULONG Index, Other;

	PAGED_CODE();

	if (!PdskRangeIsGood(Controller->Ring, PDSK_RING_BYTES, PAGE_SIZE))
		return FALSE;
	for (Index = 0; Index < PDSK_BOUNCES; Index++) {
		PPDSK_BOUNCE Bounce = &Controller->Bounces[Index];

		if (!PdskRangeIsGood(Bounce->Buffer, PDSK_BOUNCE_BYTES, PDSK_BOUNCE_BOUNDARY))
			return FALSE;
		for (Other = 0; Other < Index; Other++) {
			LONGLONG Distance = Bounce->Address.QuadPart -
					    Controller->Bounces[Other].Address.QuadPart;

			if (max(Distance, -Distance) < PDSK_BOUNCE_BYTES)
				return FALSE;
		}
	}
	return TRUE;
}
