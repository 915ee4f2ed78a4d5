// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of a RAM disk, written as an NT driver writes it: this file
 * includes <ntddk.h> and no header of Linux. disk.h is the interface to the
 * block layer.
 *
 * The disk is an array of 4 KiB blocks. A block exists from its first write
 * until it is discarded or zeroed as a whole. A block that does not exist reads
 * as zeroes.
 *
 *   blocks         nonpaged pool, tag "DskB", one page each.
 *   index          a radix tree from block number to block, 64 slots a node.
 *                  Levels is fixed when the disk is created. A node goes when
 *                  its last slot is cleared.
 *   index nodes    a zone; its segments are nonpaged pool, tag "DskZ". A zone
 *                  never gives a segment back, so they stay on a list until
 *                  the disk is deleted.
 *   requests       one for each I/O, from a nonpaged lookaside list, tag "DskI".
 *
 * A tag literal is written backwards ('BksD'): it is stored little endian, and
 * tools show its bytes in memory order.
 *
 * Locks. IndexLock guards the tree, its counters and the contents of every
 * block: data is copied under it. A transfer is thus atomic against a write to
 * the same block and against its removal. A block needs no reference count. The
 * price: the copy of at most 4 KiB runs at DISPATCH_LEVEL, and transfers do not
 * overlap. A disk for many processors would split the tree. ZoneLock guards the
 * zone and the list of segments. Only the interlocked routines use it, as their
 * contract demands, and it never nests.
 *
 * No memory is allocated or freed under IndexLock. A request carries a stock: a
 * block and as many nodes as an insertion can need. A write that finds no block
 * drops the lock, fills the stock at its caller's IRQL, and starts again. A
 * removal puts the block and the nodes that it unlinked into the stock. If a
 * step fails, the tree is unchanged. The stock goes back where it came from
 * when the I/O ends.
 *
 * Against NT: a driver there would serve IRPs in dispatch routines. The block
 * layer's bios take that place, in disk_blk.c.
 */
#include <ntddk.h>

#include "disk.h"

#define TAG_BLOCK		('BksD')
#define TAG_REQUEST		('IksD')
#define TAG_SEGMENT		('ZksD')

#define BLOCK_SHIFT		12
#define BLOCK_BYTES		4096U

#define NODE_SHIFT		6
#define NODE_SLOTS		64U
/* Four levels reach 64 GiB. */
#define MAX_LEVELS		4

/* Nodes in a segment: with the headers just below four pages on 64 bits. */
#define SEGMENT_NODES		31

/* Level 0 holds blocks, every other level nodes of the level below. */
typedef struct _INDEX_NODE {
	ULONG Used;			/* slots that are not NULL, never 0 in the tree */
	ULONG Reserved;
	PVOID Slot[NODE_SLOTS];
} INDEX_NODE, *PINDEX_NODE;

#define ZONE_BYTES	(sizeof(ZONE_SEGMENT_HEADER) + SEGMENT_NODES * sizeof(INDEX_NODE))

typedef struct _DISK_SEGMENT {
	union {
		SINGLE_LIST_ENTRY Link;	/* in Segments of the disk */
		ULONGLONG Alignment;	/* a zone wants 8 bytes */
	};
	UCHAR Zone[ZONE_BYTES];
} DISK_SEGMENT, *PDISK_SEGMENT;

_Static_assert(BLOCK_BYTES == 1 << BLOCK_SHIFT, "shift of a block");
_Static_assert(NODE_SLOTS == 1 << NODE_SHIFT, "shift of a node");
_Static_assert(sizeof(INDEX_NODE) % 8 == 0, "blocks of a zone are multiples of 8");
_Static_assert(FIELD_OFFSET(DISK_SEGMENT, Zone) % 8 == 0, "a zone starts at a multiple of 8");

typedef struct _DISK {
	NPAGED_LOOKASIDE_LIST Requests;
	ULONGLONG Bytes;		/* both constant after creation */
	ULONG Levels;

	KSPIN_LOCK IndexLock;
	PVOID Root;			/* guarded by IndexLock, as all that hangs on it */
	ULONGLONG Blocks;		/* in the tree; guarded by IndexLock */
	ULONGLONG Nodes;		/* in the tree; guarded by IndexLock */

	KSPIN_LOCK ZoneLock;
	ZONE_HEADER Zone;		/* guarded by ZoneLock */
	SINGLE_LIST_ENTRY Segments;	/* guarded by ZoneLock */
} DISK, *PDISK;

/* The context of one I/O, and its stock; used by one thread at a time. */
struct ntdisk_io {
	PVOID Block;			/* unused block, or NULL */
	ULONG NodeCount;
	PINDEX_NODE Nodes[MAX_LEVELS];	/* unused nodes, NodeCount of them */
};

typedef struct ntdisk_io DISK_REQUEST, *PDISK_REQUEST;

static DISK TheDisk;

/* ---- Zone of index nodes ------------------------------------------------ */

static PDISK_SEGMENT SegmentAllocate(VOID)
{
	return ExAllocatePoolWithTag(NonPagedPool, sizeof(DISK_SEGMENT), TAG_SEGMENT);
}

static VOID SegmentKeep(PDISK Disk, PDISK_SEGMENT Segment)
{
	ExInterlockedPushEntryList(&Disk->Segments, &Segment->Link, &Disk->ZoneLock);
}

static NTSTATUS ZoneCreate(PDISK Disk)
{
	PDISK_SEGMENT Segment = SegmentAllocate();
	NTSTATUS Status;

	if (!Segment)
		return STATUS_INSUFFICIENT_RESOURCES;
	Status = ExInitializeZone(&Disk->Zone, sizeof(INDEX_NODE), Segment->Zone, ZONE_BYTES);
	if (NT_SUCCESS(Status))
		SegmentKeep(Disk, Segment);
	else
		ExFreePoolWithTag(Segment, TAG_SEGMENT);
	return Status;
}

/* Two threads may find the zone empty and extend it both: room for later. */
static NTSTATUS ZoneGrow(PDISK Disk)
{
	PDISK_SEGMENT Segment = SegmentAllocate();
	NTSTATUS Status;

	if (!Segment)
		return STATUS_INSUFFICIENT_RESOURCES;
	Status = ExInterlockedExtendZone(&Disk->Zone, Segment->Zone, ZONE_BYTES, &Disk->ZoneLock);
	if (NT_SUCCESS(Status))
		SegmentKeep(Disk, Segment);
	else
		ExFreePoolWithTag(Segment, TAG_SEGMENT);
	return Status;
}

static VOID ZoneDelete(PDISK Disk)
{
	PSINGLE_LIST_ENTRY Link;

	while ((Link = PopEntryList(&Disk->Segments)) != NULL)
		ExFreePoolWithTag(CONTAINING_RECORD(Link, DISK_SEGMENT, Link), TAG_SEGMENT);
}

/* ---- Stock of a request ------------------------------------------------- */

/* After success the request holds all that IndexInsert() can need. */
static NTSTATUS RequestStock(PDISK Disk, PDISK_REQUEST Request)
{
	if (!Request->Block)
		Request->Block = ExAllocatePoolWithTag(NonPagedPool, BLOCK_BYTES, TAG_BLOCK);
	if (!Request->Block)
		return STATUS_INSUFFICIENT_RESOURCES;

	while (Request->NodeCount < Disk->Levels) {
		PINDEX_NODE Node = ExInterlockedAllocateFromZone(&Disk->Zone, &Disk->ZoneLock);
		NTSTATUS Status = Node ? STATUS_SUCCESS : ZoneGrow(Disk);

		if (!NT_SUCCESS(Status))
			return Status;
		if (Node)
			Request->Nodes[Request->NodeCount++] = Node;
	}
	return STATUS_SUCCESS;
}

static BOOLEAN RequestIsStocked(PDISK Disk, PDISK_REQUEST Request)
{
	return Request->Block && Request->NodeCount == Disk->Levels;
}

static VOID RequestUnstock(PDISK Disk, PDISK_REQUEST Request)
{
	if (Request->Block)
		ExFreePoolWithTag(Request->Block, TAG_BLOCK);
	Request->Block = NULL;

	while (Request->NodeCount)
		ExInterlockedFreeToZone(&Disk->Zone, Request->Nodes[--Request->NodeCount],
					&Disk->ZoneLock);
}

/* ---- Index; the caller holds IndexLock ---------------------------------- */

static ULONG IndexSlot(ULONGLONG Number, ULONG Level)
{
	return (ULONG)(Number >> (Level * NODE_SHIFT)) & (NODE_SLOTS - 1);
}

/* The first block after the part of the tree below one slot of this level. */
static ULONGLONG IndexAfter(ULONGLONG Number, ULONG Level)
{
	return ((Number >> (Level * NODE_SHIFT)) + 1) << (Level * NODE_SHIFT);
}

static PUCHAR IndexFind(PDISK Disk, ULONGLONG Number)
{
	PVOID Entry = Disk->Root;
	ULONG Level = Disk->Levels;

	while (Entry && Level--)
		Entry = ((PINDEX_NODE)Entry)->Slot[IndexSlot(Number, Level)];
	return Entry;
}

/* Zone blocks come with old contents, so a node is cleared when it is used. */
static PINDEX_NODE IndexNewNode(PDISK Disk, PDISK_REQUEST Request)
{
	PINDEX_NODE Node = Request->Nodes[--Request->NodeCount];

	RtlZeroMemory(Node, sizeof(*Node));
	Disk->Nodes++;
	return Node;
}

/* The request is stocked, and the block is not in the tree. */
static PUCHAR IndexInsert(PDISK Disk, PDISK_REQUEST Request, ULONGLONG Number)
{
	PVOID *Slot = &Disk->Root;
	PINDEX_NODE Parent = NULL;
	PUCHAR Block = Request->Block;
	ULONG Level = Disk->Levels;

	while (Level--) {
		if (!*Slot) {
			*Slot = IndexNewNode(Disk, Request);
			if (Parent)
				Parent->Used++;
		}
		Parent = *Slot;
		Slot = &Parent->Slot[IndexSlot(Number, Level)];
	}
	*Slot = Block;
	Parent->Used++;
	Disk->Blocks++;
	Request->Block = NULL;
	return Block;
}

/*
 * Unlinks a block, and the nodes that it leaves empty, into the empty stock of
 * the request. Returns the next block number to look at: where a whole subtree
 * is missing, that is the first one after it.
 */
static ULONGLONG IndexRemove(PDISK Disk, PDISK_REQUEST Request, ULONGLONG Number)
{
	PVOID *Path[MAX_LEVELS + 1];
	ULONG Level = Disk->Levels;

	Path[Level] = &Disk->Root;
	while (*Path[Level] && Level) {
		PINDEX_NODE Node = *Path[Level--];

		Path[Level] = &Node->Slot[IndexSlot(Number, Level)];
	}
	if (!*Path[Level])
		return IndexAfter(Number, Level);

	Request->Block = *Path[0];
	*Path[0] = NULL;
	Disk->Blocks--;
	for (Level = 1; Level <= Disk->Levels; Level++) {
		PINDEX_NODE Node = *Path[Level];

		if (--Node->Used)
			break;
		*Path[Level] = NULL;
		Request->Nodes[Request->NodeCount++] = Node;
		Disk->Nodes--;
	}
	return Number + 1;
}

/* ---- Blocks ------------------------------------------------------------- */

static VOID BlockRead(PDISK Disk, ULONGLONG Number, ULONG Offset, PVOID Buffer, ULONG Length)
{
	PUCHAR Block;
	KIRQL OldIrql;

	KeAcquireSpinLock(&Disk->IndexLock, &OldIrql);
	Block = IndexFind(Disk, Number);
	if (Block)
		RtlCopyMemory(Buffer, Block + Offset, Length);
	else
		RtlZeroMemory(Buffer, Length);
	KeReleaseSpinLock(&Disk->IndexLock, OldIrql);
}

/* FALSE: the block does not exist and the request is not stocked for it. */
static BOOLEAN BlockTryWrite(PDISK Disk, PDISK_REQUEST Request, ULONGLONG Number, ULONG Offset,
			     const VOID *Buffer, ULONG Length)
{
	PUCHAR Block;
	KIRQL OldIrql;

	KeAcquireSpinLock(&Disk->IndexLock, &OldIrql);
	Block = IndexFind(Disk, Number);
	if (!Block && RequestIsStocked(Disk, Request)) {
		Block = IndexInsert(Disk, Request, Number);
		RtlZeroMemory(Block, Offset);
		RtlZeroMemory(Block + Offset + Length, BLOCK_BYTES - Offset - Length);
	}
	if (Block)
		RtlCopyMemory(Block + Offset, Buffer, Length);
	KeReleaseSpinLock(&Disk->IndexLock, OldIrql);
	return Block ? TRUE : FALSE;
}

static NTSTATUS BlockWrite(PDISK Disk, PDISK_REQUEST Request, ULONGLONG Number, ULONG Offset,
			   const VOID *Buffer, ULONG Length)
{
	NTSTATUS Status = STATUS_SUCCESS;

	while (NT_SUCCESS(Status) &&
	       !BlockTryWrite(Disk, Request, Number, Offset, Buffer, Length))
		Status = RequestStock(Disk, Request);
	return Status;
}

static VOID BlockClear(PDISK Disk, ULONGLONG Number, ULONG Offset, ULONG Length)
{
	PUCHAR Block;
	KIRQL OldIrql;

	KeAcquireSpinLock(&Disk->IndexLock, &OldIrql);
	Block = IndexFind(Disk, Number);
	if (Block)
		RtlZeroMemory(Block + Offset, Length);
	KeReleaseSpinLock(&Disk->IndexLock, OldIrql);
}

static ULONGLONG BlockRemove(PDISK Disk, PDISK_REQUEST Request, ULONGLONG Number)
{
	ULONGLONG Next;
	KIRQL OldIrql;

	RequestUnstock(Disk, Request);
	KeAcquireSpinLock(&Disk->IndexLock, &OldIrql);
	Next = IndexRemove(Disk, Request, Number);
	KeReleaseSpinLock(&Disk->IndexLock, OldIrql);
	RequestUnstock(Disk, Request);
	return Next;
}

/* ---- Transfers ---------------------------------------------------------- */

static BOOLEAN RangeIsValid(PDISK Disk, ULONGLONG Offset, ULONGLONG Length)
{
	return Offset <= Disk->Bytes && Length <= Disk->Bytes - Offset;
}

/* How much of a range lies in its first block. */
static ULONG RangePiece(ULONGLONG Offset, ULONGLONG Length)
{
	ULONG Rest = BLOCK_BYTES - ((ULONG)Offset & (BLOCK_BYTES - 1));

	return Length < Rest ? (ULONG)Length : Rest;
}

static NTSTATUS DiskWrite(PDISK Disk, PDISK_REQUEST Request, ULONGLONG Offset, const UCHAR *Buffer,
			  ULONG Length)
{
	NTSTATUS Status = STATUS_SUCCESS;

	while (Length && NT_SUCCESS(Status)) {
		ULONG Piece = RangePiece(Offset, Length);

		Status = BlockWrite(Disk, Request, Offset >> BLOCK_SHIFT,
				    (ULONG)Offset & (BLOCK_BYTES - 1), Buffer, Piece);
		Offset += Piece;
		Buffer += Piece;
		Length -= Piece;
	}
	return Status;
}

static VOID DiskRead(PDISK Disk, ULONGLONG Offset, PUCHAR Buffer, ULONG Length)
{
	while (Length) {
		ULONG Piece = RangePiece(Offset, Length);

		BlockRead(Disk, Offset >> BLOCK_SHIFT, (ULONG)Offset & (BLOCK_BYTES - 1),
			  Buffer, Piece);
		Offset += Piece;
		Buffer += Piece;
		Length -= Piece;
	}
}

/* Whole blocks go back to the pool, the parts at both ends are cleared. */
static VOID DiskZero(PDISK Disk, PDISK_REQUEST Request, ULONGLONG Offset, ULONGLONG Length)
{
	ULONGLONG End = Offset + Length;

	while (Offset < End) {
		ULONGLONG Number = Offset >> BLOCK_SHIFT;
		ULONG Piece = RangePiece(Offset, End - Offset);

		if (Piece == BLOCK_BYTES) {
			Offset = BlockRemove(Disk, Request, Number) << BLOCK_SHIFT;
		} else {
			BlockClear(Disk, Number, (ULONG)Offset & (BLOCK_BYTES - 1), Piece);
			Offset += Piece;
		}
	}
}

static ULONG DiskLevels(ULONGLONG Bytes)
{
	ULONGLONG Last = (Bytes - 1) >> BLOCK_SHIFT;
	ULONG Levels = 1;

	while (Last >> (Levels * NODE_SHIFT))
		Levels++;
	return Levels;
}

/* ---- The seam ----------------------------------------------------------- */

static enum ntdisk_result DiskResult(NTSTATUS Status)
{
	switch (Status) {
	case STATUS_SUCCESS:
		return NTDISK_OK;
	case STATUS_INSUFFICIENT_RESOURCES:
		return NTDISK_NO_MEMORY;
	case STATUS_INVALID_PARAMETER:
		return NTDISK_BAD_RANGE;
	default:
		return NTDISK_ERROR;
	}
}

/**
 * ntdisk_create - set up the empty disk
 * @bytes: size of the disk, 1 byte to 64 GiB
 *
 * Context: PASSIVE_LEVEL, no disk exists.
 * Return: NTDISK_OK, NTDISK_BAD_RANGE for a size that cannot be had, or
 * NTDISK_NO_MEMORY; after a failure there is nothing to delete.
 */
enum ntdisk_result ntdisk_create(unsigned long long bytes)
{
	PDISK Disk = &TheDisk;
	NTSTATUS Status;

	if (!bytes || DiskLevels(bytes) > MAX_LEVELS)
		return DiskResult(STATUS_INVALID_PARAMETER);

	RtlZeroMemory(Disk, sizeof(*Disk));
	Disk->Bytes = bytes;
	Disk->Levels = DiskLevels(bytes);
	KeInitializeSpinLock(&Disk->IndexLock);
	KeInitializeSpinLock(&Disk->ZoneLock);
	ExInitializeNPagedLookasideList(&Disk->Requests, NULL, NULL, 0, sizeof(DISK_REQUEST),
					TAG_REQUEST, 0);
	Status = ZoneCreate(Disk);
	if (!NT_SUCCESS(Status))
		ExDeleteNPagedLookasideList(&Disk->Requests);
	return DiskResult(Status);
}

/**
 * ntdisk_delete - give back all that the disk holds
 *
 * Context: PASSIVE_LEVEL, no I/O under way or to come.
 */
void ntdisk_delete(void)
{
	PDISK Disk = &TheDisk;
	DISK_REQUEST Request = { 0 };

	DiskZero(Disk, &Request, 0, (ULONGLONG)1 << (BLOCK_SHIFT + Disk->Levels * NODE_SHIFT));
	ZoneDelete(Disk);
	ExDeleteNPagedLookasideList(&Disk->Requests);
}

/**
 * ntdisk_usage - how much of the disk is there
 * @usage: filled with a snapshot
 *
 * Context: <= DISPATCH_LEVEL.
 */
void ntdisk_usage(struct ntdisk_usage *usage)
{
	PDISK Disk = &TheDisk;
	KIRQL OldIrql;

	KeAcquireSpinLock(&Disk->IndexLock, &OldIrql);
	usage->blocks = Disk->Blocks;
	usage->nodes = Disk->Nodes;
	KeReleaseSpinLock(&Disk->IndexLock, OldIrql);
}

/**
 * ntdisk_begin - start an I/O
 * @io: receives its context, to be given back with ntdisk_end()
 *
 * Context: PASSIVE_LEVEL.
 * Return: NTDISK_OK or NTDISK_NO_MEMORY.
 */
enum ntdisk_result ntdisk_begin(struct ntdisk_io **io)
{
	PDISK_REQUEST Request = ExAllocateFromNPagedLookasideList(&TheDisk.Requests);

	if (!Request)
		return DiskResult(STATUS_INSUFFICIENT_RESOURCES);
	RtlZeroMemory(Request, sizeof(*Request));
	*io = Request;
	return DiskResult(STATUS_SUCCESS);
}

/**
 * ntdisk_end - finish an I/O, however it went
 * @io: its context
 *
 * Context: PASSIVE_LEVEL.
 */
void ntdisk_end(struct ntdisk_io *io)
{
	RequestUnstock(&TheDisk, io);
	ExFreeToNPagedLookasideList(&TheDisk.Requests, io);
}

/**
 * ntdisk_forget - finish an I/O and leak its context: an error that is made on purpose
 * @io: its context
 *
 * Context: PASSIVE_LEVEL.
 */
void ntdisk_forget(struct ntdisk_io *io)
{
	RequestUnstock(&TheDisk, io);
}

/**
 * ntdisk_read - copy a range of the disk
 * @io: context of the I/O
 * @offset: start of the range in bytes
 * @buffer: where it goes
 * @length: bytes to read
 *
 * Context: <= DISPATCH_LEVEL.
 * Return: NTDISK_OK or NTDISK_BAD_RANGE.
 */
enum ntdisk_result ntdisk_read(struct ntdisk_io *io, unsigned long long offset, void *buffer,
			       unsigned int length)
{
	UNREFERENCED_PARAMETER(io);

	if (!RangeIsValid(&TheDisk, offset, length))
		return DiskResult(STATUS_INVALID_PARAMETER);
	DiskRead(&TheDisk, offset, buffer, length);
	return DiskResult(STATUS_SUCCESS);
}

/**
 * ntdisk_write - write a range of the disk
 * @io: context of the I/O
 * @offset: start of the range in bytes
 * @buffer: the new contents
 * @length: bytes to write
 *
 * Context: PASSIVE_LEVEL.
 * Return: NTDISK_OK, NTDISK_BAD_RANGE, or NTDISK_NO_MEMORY with the range
 * written up to the first block that could not be had.
 */
enum ntdisk_result ntdisk_write(struct ntdisk_io *io, unsigned long long offset,
				const void *buffer, unsigned int length)
{
	if (!RangeIsValid(&TheDisk, offset, length))
		return DiskResult(STATUS_INVALID_PARAMETER);
	return DiskResult(DiskWrite(&TheDisk, io, offset, buffer, length));
}

/**
 * ntdisk_zero - make a range of the disk read as zeroes, and free its blocks
 * @io: context of the I/O
 * @offset: start of the range in bytes
 * @length: bytes to zero
 *
 * Needs no memory.
 *
 * Context: <= DISPATCH_LEVEL.
 * Return: NTDISK_OK or NTDISK_BAD_RANGE.
 */
enum ntdisk_result ntdisk_zero(struct ntdisk_io *io, unsigned long long offset,
			       unsigned long long length)
{
	if (!RangeIsValid(&TheDisk, offset, length))
		return DiskResult(STATUS_INVALID_PARAMETER);
	DiskZero(&TheDisk, io, offset, length);
	return DiskResult(STATUS_SUCCESS);
}
