// SPDX-License-Identifier: GPL-2.0
/*
 * The memory side of a network driver, as NT sources have it: only <ntddk.h>. No other suite has
 * a driver with these switches of the compiler. None combines a list with routines of its own,
 * the pool and queues on several processors.
 *
 * A message is cut into packets, which go to a channel's transmit queue together. The
 * wire takes each packet and copies it into memory of its own. It puts the copy on the
 * channel's receive queue. A receiver takes the copies and checks them. The data belong
 * to the message's number, the checksum is right, and the order is kept.
 *
 *   packets	a LOOKASIDE_LIST_EX in the adapter, whose routines find the adapter
 *		by the address of the list and count what goes to and from the pool
 *   data	ExAllocatePool2(), nonpaged; not zeroed for the sender, who fills it,
 *		zeroed for the wire
 *
 * All but creation and deletion runs at any IRQL up to DISPATCH_LEVEL, on any
 * processor, at any time. A queue's lock protects the queue alone. No memory is
 * allocated or freed under it, and no two are held together. Two processors that
 * transmit could therefore overtake each other between the queues. Busy prevents
 * that: it admits one of them at a time for each channel. The lock of the transmit
 * queue protects Busy.
 *
 * A packet that cannot be transmitted goes back to where it was. Nothing is dropped:
 * each packet that was sent is received, or on a queue.
 */
#include <ntddk.h>

#include "port_net.h"

#define PNET_SIGNATURE		0x504e6574

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, PnetCreateAdapter)
#pragma alloc_text(PAGE, PnetDeleteAdapter)
#endif

static ALLOCATE_FUNCTION_EX PnetAllocateEx;
static FREE_FUNCTION_EX PnetFreeEx;

/* ---- Packets ---- */

static PVOID PnetAllocateEx(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag,
			    _Inout_ PLOOKASIDE_LIST_EX Lookaside)
{
	PPNET_ADAPTER Adapter = CONTAINING_RECORD(Lookaside, PNET_ADAPTER, PacketList);
	PVOID Entry;

	ASSERT(Adapter->Signature == PNET_SIGNATURE);
	ASSERT(NumberOfBytes == sizeof(PNET_PACKET));
	Entry = ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
	if (Entry)
		InterlockedIncrement(&Adapter->PacketAllocates);
	return Entry;
}

static VOID PnetFreeEx(_In_ PVOID Buffer, _Inout_ PLOOKASIDE_LIST_EX Lookaside)
{
	PPNET_ADAPTER Adapter = CONTAINING_RECORD(Lookaside, PNET_ADAPTER, PacketList);

	ASSERT(Adapter->Signature == PNET_SIGNATURE);
	InterlockedIncrement(&Adapter->PacketFrees);
	ExFreePoolWithTag(Buffer, PNET_TAG_PACKET);
}

static FORCEINLINE UCHAR PnetPattern(_In_ ULONG Message, _In_ ULONG Offset)
{
	return (UCHAR)(31 * Message + 7 * Offset + (Offset >> 8));
}

/* The one's complement sum of 16-bit words, as the Internet's protocols have it. */
static USHORT PnetChecksum(_In_reads_bytes_(Length) PUCHAR Data, _In_ ULONG Length)
{
	ULONG Sum = 0, Index;

	for (Index = 0; Index + 1 < Length; Index += 2)
		Sum += (ULONG)Data[Index] << 8 | Data[Index + 1];
	if (Index < Length)
		Sum += (ULONG)Data[Index] << 8;
	while (Sum >> 16)
		Sum = (Sum & MAXUSHORT) + (Sum >> 16);
	return (USHORT)~Sum;
}

/* Where a fragment begins in its message. */
static FORCEINLINE ULONG PnetFragmentOffset(_In_ PPNET_PACKET Packet)
{
	return (ULONG)Packet->Fragment * PNET_MTU;
}

static VOID PnetFillPacket(_Inout_ PPNET_PACKET Packet)
{
	ULONG Offset = PnetFragmentOffset(Packet), Index;

	for (Index = 0; Index < Packet->Length; Index++)
		Packet->Data[Index] = PnetPattern(Packet->Message, Offset + Index);
	Packet->Checksum = PnetChecksum(Packet->Data, Packet->Length);
}

static BOOLEAN PnetPacketIsGood(_In_ PPNET_PACKET Packet)
{
	ULONG Offset = PnetFragmentOffset(Packet), Index;

	for (Index = 0; Index < Packet->Length; Index++)
		if (Packet->Data[Index] != PnetPattern(Packet->Message, Offset + Index))
			return FALSE;
	return PnetChecksum(Packet->Data, Packet->Length) == Packet->Checksum;
}

/* A packet that is not in the state it should be in has another owner too. */
static VOID PnetPassPacket(_Inout_ PPNET_ADAPTER Adapter, _Inout_ PPNET_PACKET Packet,
			   _In_ LONG From, _In_ LONG To)
{
	if (InterlockedCompareExchange(&Packet->State, To, From) != From)
		InterlockedIncrement(&Adapter->Statistics.BadState);
}

static VOID PnetFreeData(_In_ PPNET_PACKET Packet)
{
	ExFreePoolWithTag(Packet->Data, Packet->Copied ? PNET_TAG_WIRE : PNET_TAG_DATA);
}

static VOID PnetDeletePacket(_Inout_ PPNET_ADAPTER Adapter, _In_ PPNET_PACKET Packet)
{
	PnetFreeData(Packet);
	InterlockedDecrement(&Adapter->PacketsLive);
	ExFreeToLookasideListEx(&Adapter->PacketList, Packet);
}

static PPNET_PACKET PnetCreatePacket(_Inout_ PPNET_ADAPTER Adapter, _In_ ULONG Length)
{
	PPNET_PACKET Packet = ExAllocateFromLookasideListEx(&Adapter->PacketList);

	if (!Packet)
		return NULL;
	RtlZeroMemory(Packet, sizeof(*Packet));
	Packet->Data = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, Length,
				       PNET_TAG_DATA);
	if (!Packet->Data) {
		ExFreeToLookasideListEx(&Adapter->PacketList, Packet);
		return NULL;
	}
	Packet->Length = Length;
	Packet->State = PNET_OWNED_BY_SENDER;
	InterlockedIncrement(&Adapter->PacketsLive);
	return Packet;
}

/* ---- Sending ---- */

static FORCEINLINE PPNET_PACKET PnetPacketOf(_In_ PLIST_ENTRY Links)
{
	return CONTAINING_RECORD(Links, PNET_PACKET, Links);
}

static VOID PnetDeleteList(_Inout_ PPNET_ADAPTER Adapter, _Inout_ PLIST_ENTRY Packets)
{
	while (!IsListEmpty(Packets))
		PnetDeletePacket(Adapter, PnetPacketOf(RemoveHeadList(Packets)));
}

static NTSTATUS PnetBuildMessage(_Inout_ PPNET_ADAPTER Adapter, _In_ ULONG Channel,
				 _In_ ULONG Length, _Inout_ PLIST_ENTRY Packets)
{
	ULONG Message = InterlockedIncrement(&Adapter->LastMessage), Offset;
	USHORT Fragments = (USHORT)((Length + PNET_MTU - 1) / PNET_MTU), Fragment;

	for (Fragment = 0; Fragment < Fragments; Fragment++) {
		PPNET_PACKET Packet;

		Offset = (ULONG)Fragment * PNET_MTU;
		Packet = PnetCreatePacket(Adapter, min(Length - Offset, PNET_MTU));
		if (!Packet)
			return STATUS_INSUFFICIENT_RESOURCES;
		Packet->Channel = Channel;
		Packet->Message = Message;
		Packet->Fragment = Fragment;
		Packet->Fragments = Fragments;
		PnetFillPacket(Packet);
		InsertTailList(Packets, &Packet->Links);
	}
	return STATUS_SUCCESS;
}

/* Takes all packets of a list, or none if the queue would become too long. */
static NTSTATUS PnetQueueMessage(_Inout_ PPNET_ADAPTER Adapter, _Inout_ PPNET_QUEUE Queue,
				 _Inout_ PLIST_ENTRY Packets)
{
	PLIST_ENTRY First = Packets->Flink, Link;
	NTSTATUS Status = STATUS_DEVICE_BUSY;
	ULONG Count = PnetPacketOf(First)->Fragments;
	KIRQL OldIrql;

	KeAcquireSpinLock(&Queue->Lock, &OldIrql);
	if (Queue->Depth + Count <= Adapter->QueueLimit) {
		for (Link = First; Link != Packets; Link = Link->Flink) {
			PPNET_PACKET Packet = PnetPacketOf(Link);

			PnetPassPacket(Adapter, Packet, PNET_OWNED_BY_SENDER, PNET_QUEUED);
			Packet->Sequence = ++Queue->Sequence;
			InterlockedIncrement64(&Adapter->Statistics.Sent);
			InterlockedExchangeAdd64(&Adapter->Statistics.SentBytes, Packet->Length);
		}
		Queue->Depth += Count;
		RemoveEntryList(Packets);
		InitializeListHead(Packets);
		AppendTailList(&Queue->Packets, First);
		Status = STATUS_SUCCESS;
	}
	KeReleaseSpinLock(&Queue->Lock, OldIrql);
	return Status;
}

_IRQL_requires_max_(DISPATCH_LEVEL)
NTSTATUS PnetSend(_In_ PPNET_ADAPTER Adapter, _In_ ULONG Channel, _In_ ULONG Length)
{
	LIST_ENTRY Packets;
	NTSTATUS Status;

	if (Channel >= PNET_CHANNELS || !Length || Length > PNET_FRAGMENTS * PNET_MTU)
		return STATUS_INVALID_PARAMETER;

	InitializeListHead(&Packets);
	Status = PnetBuildMessage(Adapter, Channel, Length, &Packets);
	if (!NT_SUCCESS(Status))
		goto Cleanup;
	Status = PnetQueueMessage(Adapter, &Adapter->Channels[Channel].Transmit, &Packets);

Cleanup:
	if (!NT_SUCCESS(Status))
		InterlockedIncrement(&Adapter->Statistics.MessagesRefused);
	PnetDeleteList(Adapter, &Packets);
	return Status;
}

/* ---- The wire ---- */

/* The packet has data of the wire's afterwards; FALSE if there is no memory for it. */
static BOOLEAN PnetCopyPacket(_Inout_ PPNET_ADAPTER Adapter, _Inout_ PPNET_PACKET Packet)
{
	PUCHAR Copy;
	ULONG Index;

	if (Packet->Copied)
		return TRUE;
	Copy = ExAllocatePool2(POOL_FLAG_NON_PAGED, Packet->Length, PNET_TAG_WIRE);
	if (!Copy)
		return FALSE;
	for (Index = 0; Index < Packet->Length; Index++) {
		if (!Copy[Index])
			continue;
		InterlockedIncrement(&Adapter->Statistics.BadData);
		break;
	}
	RtlCopyMemory(Copy, Packet->Data, Packet->Length);
	PnetFreeData(Packet);
	Packet->Data = Copy;
	Packet->Copied = TRUE;
	return TRUE;
}

_IRQL_requires_(DISPATCH_LEVEL)
static BOOLEAN PnetDeliverPacket(_Inout_ PPNET_ADAPTER Adapter, _Inout_ PPNET_PACKET Packet)
{
	PPNET_QUEUE Queue = &Adapter->Channels[Packet->Channel].Receive;
	KLOCK_QUEUE_HANDLE LockHandle;
	BOOLEAN Room;

	if (!PnetCopyPacket(Adapter, Packet))
		return FALSE;
	KeAcquireInStackQueuedSpinLockAtDpcLevel(&Queue->Lock, &LockHandle);
	Room = Queue->Depth < Adapter->QueueLimit;
	if (Room) {
		PnetPassPacket(Adapter, Packet, PNET_ON_WIRE, PNET_ARRIVED);
		InsertTailList(&Queue->Packets, &Packet->Links);
		Queue->Depth++;
	}
	KeReleaseInStackQueuedSpinLockFromDpcLevel(&LockHandle);
	return Room;
}

/* Returns how many packets it moved: none while another processor does so. */
_IRQL_requires_(DISPATCH_LEVEL)
ULONG PnetTransmit(_In_ PPNET_ADAPTER Adapter, _In_ ULONG Channel, _In_ ULONG Budget)
{
	PPNET_CHANNEL Lane = &Adapter->Channels[Channel];
	PPNET_QUEUE Queue = &Lane->Transmit;
	BOOLEAN Delivered = TRUE;
	PPNET_PACKET Packet;
	ULONG Moved = 0;

	ASSERT(KeGetCurrentIrql() == DISPATCH_LEVEL);
	KeAcquireSpinLockAtDpcLevel(&Queue->Lock);
	if (Lane->Busy)
		goto Unlock;
	Lane->Busy = TRUE;
	while (Delivered && Moved < Budget && !IsListEmpty(&Queue->Packets)) {
		Packet = PnetPacketOf(RemoveHeadList(&Queue->Packets));
		Queue->Depth--;
		PnetPassPacket(Adapter, Packet, PNET_QUEUED, PNET_ON_WIRE);
		KeReleaseSpinLockFromDpcLevel(&Queue->Lock);

		Delivered = PnetDeliverPacket(Adapter, Packet);
		KeAcquireSpinLockAtDpcLevel(&Queue->Lock);
		if (Delivered) {
			Moved++;
			continue;
		}
		PnetPassPacket(Adapter, Packet, PNET_ON_WIRE, PNET_QUEUED);
		InsertHeadList(&Queue->Packets, &Packet->Links);
		Queue->Depth++;
		InterlockedIncrement(&Adapter->Statistics.Deferred);
	}
	Lane->Busy = FALSE;

Unlock:
	KeReleaseSpinLockFromDpcLevel(&Queue->Lock);
	InterlockedExchangeAdd64(&Adapter->Statistics.Transmitted, Moved);
	return Moved;
}

/* The work of a DPC, or of a thread that raises itself to DISPATCH_LEVEL. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID PnetPoll(_In_ PPNET_ADAPTER Adapter, _In_ ULONG Budget)
{
	ULONG Channel;
	KIRQL OldIrql;

	KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
	for (Channel = 0; Channel < PNET_CHANNELS; Channel++)
		PnetTransmit(Adapter, Channel, Budget);
	KeLowerIrql(OldIrql);
}

/* ---- Receiving ---- */

/* Under the lock of the queue: the packet is the one that comes next in its channel. */
static BOOLEAN PnetIsNext(_Inout_ PPNET_QUEUE Queue, _In_ PPNET_PACKET Packet)
{
	BOOLEAN Begins = Queue->Fragment == 0;
	BOOLEAN Next = Packet->Sequence == Queue->Sequence + 1 &&
		       Packet->Fragment == Queue->Fragment &&
		       (Begins || Packet->Message == Queue->Message);

	Queue->Sequence = Packet->Sequence;
	Queue->Message = Packet->Message;
	Queue->Fragment = Packet->Fragment + 1 == Packet->Fragments ? 0 : Packet->Fragment + 1;
	return Next;
}

static PPNET_PACKET PnetTakePacket(_Inout_ PPNET_ADAPTER Adapter, _Inout_ PPNET_QUEUE Queue)
{
	KLOCK_QUEUE_HANDLE LockHandle;
	PPNET_PACKET Packet = NULL;

	KeAcquireInStackQueuedSpinLock(&Queue->Lock, &LockHandle);
	if (!IsListEmpty(&Queue->Packets)) {
		Packet = PnetPacketOf(RemoveHeadList(&Queue->Packets));
		Queue->Depth--;
		PnetPassPacket(Adapter, Packet, PNET_ARRIVED, PNET_CONSUMED);
		if (!PnetIsNext(Queue, Packet))
			InterlockedIncrement(&Adapter->Statistics.BadOrder);
	}
	KeReleaseInStackQueuedSpinLock(&LockHandle);
	return Packet;
}

_IRQL_requires_max_(DISPATCH_LEVEL)
ULONG PnetReceive(_In_ PPNET_ADAPTER Adapter, _In_ ULONG Channel, _In_ ULONG Budget)
{
	PPNET_QUEUE Queue = &Adapter->Channels[Channel].Receive;
	PPNET_PACKET Packet;
	ULONG Received;

	for (Received = 0; Received < Budget; Received++) {
		Packet = PnetTakePacket(Adapter, Queue);
		if (!Packet)
			break;
		if (!PnetPacketIsGood(Packet))
			InterlockedIncrement(&Adapter->Statistics.BadData);
		InterlockedIncrement64(&Adapter->Statistics.Received);
		InterlockedExchangeAdd64(&Adapter->Statistics.ReceivedBytes, Packet->Length);
		PnetDeletePacket(Adapter, Packet);
	}
	return Received;
}

/* ---- Adapters ---- */

static VOID PnetInitializeQueue(_Out_ PPNET_QUEUE Queue)
{
	KeInitializeSpinLock(&Queue->Lock);
	InitializeListHead(&Queue->Packets);
}

_Must_inspect_result_
NTSTATUS PnetCreateAdapter(_In_ ULONG QueueLimit,
			   _Outptr_result_nullonfailure_ struct _PNET_ADAPTER **Adapter)
{
	PPNET_ADAPTER New;
	NTSTATUS Status;
	ULONG Index;

	PAGED_CODE();

	*Adapter = NULL;
	New = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*New), PNET_TAG_ADAPTER);
	if (!New)
		return STATUS_INSUFFICIENT_RESOURCES;
	New->Signature = PNET_SIGNATURE;
	New->QueueLimit = QueueLimit;
	for (Index = 0; Index < PNET_CHANNELS; Index++) {
		PnetInitializeQueue(&New->Channels[Index].Transmit);
		PnetInitializeQueue(&New->Channels[Index].Receive);
	}
	Status = ExInitializeLookasideListEx(&New->PacketList, PnetAllocateEx, PnetFreeEx,
					     NonPagedPoolNx, 0, sizeof(PNET_PACKET),
					     PNET_TAG_PACKET, 0);
	if (!NT_SUCCESS(Status)) {
		ExFreePoolWithTag(New, PNET_TAG_ADAPTER);
		return Status;
	}
	*Adapter = New;
	return STATUS_SUCCESS;
}

VOID PnetDeleteAdapter(_In_ PPNET_ADAPTER Adapter)
{
	ULONG Index;

	PAGED_CODE();

	for (Index = 0; Index < PNET_CHANNELS; Index++) {
		ASSERT(!Adapter->Channels[Index].Busy);
		PnetDeleteList(Adapter, &Adapter->Channels[Index].Transmit.Packets);
		PnetDeleteList(Adapter, &Adapter->Channels[Index].Receive.Packets);
	}
	ASSERT(!Adapter->PacketsLive);
	ExDeleteLookasideListEx(&Adapter->PacketList);
	ASSERT(Adapter->PacketAllocates == Adapter->PacketFrees);
	ExFreePoolWithTag(Adapter, PNET_TAG_ADAPTER);
}

/* Gives the packets that the list caches to the pool. */
VOID PnetTrimAdapter(_In_ PPNET_ADAPTER Adapter)
{
	ExFlushLookasideListEx(&Adapter->PacketList);
}

/* Without concurrent calls: each packet that was sent is in exactly one place. */
BOOLEAN PnetCountersAgree(_In_ PPNET_ADAPTER Adapter)
{
	PPNET_STATISTICS Statistics = &Adapter->Statistics;
	LONG64 Waiting = 0, Arrived = 0;
	ULONG Index;

	for (Index = 0; Index < PNET_CHANNELS; Index++) {
		Waiting += Adapter->Channels[Index].Transmit.Depth;
		Arrived += Adapter->Channels[Index].Receive.Depth;
	}
	if (Statistics->BadData || Statistics->BadOrder || Statistics->BadState)
		return FALSE;
	if (Statistics->Sent != Waiting + Statistics->Transmitted ||
	    Statistics->Transmitted != Arrived + Statistics->Received)
		return FALSE;
	if (Adapter->PacketsLive != Waiting + Arrived)
		return FALSE;
	return Waiting || Arrived || Statistics->SentBytes == Statistics->ReceivedBytes;
}
