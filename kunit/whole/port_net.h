/* SPDX-License-Identifier: GPL-2.0 */
/* The network adapter of port_net.c, for the suite that drives it. */
#ifndef PORT_NET_H
#define PORT_NET_H

#include <ntddk.h>

/* As the tags are printed: PntA, PntP, PntD, PntW. */
#define PNET_TAG_ADAPTER	('AtnP')
#define PNET_TAG_PACKET		('PtnP')
#define PNET_TAG_DATA		('DtnP')
#define PNET_TAG_WIRE		('WtnP')

#define PNET_CHANNELS		3
#define PNET_MTU		1500
#define PNET_FRAGMENTS		4

/* The owners of a packet, in the order in which they get it. */
#define PNET_OWNED_BY_SENDER	1
#define PNET_QUEUED		2
#define PNET_ON_WIRE		3
#define PNET_ARRIVED		4
#define PNET_CONSUMED		5

/* One of a message's fragments. The checksum is that of Data. */
typedef struct _PNET_PACKET {
	LIST_ENTRY Links;
	LONG State;
	ULONG Channel;
	ULONGLONG Sequence;		/* in its channel, from 1 */
	ULONG Message;
	USHORT Fragment;
	USHORT Fragments;
	PUCHAR Data;
	ULONG Length;
	USHORT Checksum;
	BOOLEAN Copied;
} PNET_PACKET, *PPNET_PACKET;

typedef struct _PNET_QUEUE {
	KSPIN_LOCK Lock;
	LIST_ENTRY Packets;		/* Lock, as all below */
	ULONG Depth;
	ULONGLONG Sequence;		/* of the packet that was put in, or taken out, last */
	USHORT Fragment;		/* of the message that is being received */
	ULONG Message;
} PNET_QUEUE, *PPNET_QUEUE;

/* Transmit has an ordinary spin lock, Receive a queued one. */
typedef struct _PNET_CHANNEL {
	PNET_QUEUE Transmit;
	PNET_QUEUE Receive;
	BOOLEAN Busy;			/* Transmit.Lock: a processor transmits */
} PNET_CHANNEL, *PPNET_CHANNEL;

/* Counters in packets, if their names do not say otherwise. */
typedef struct _PNET_STATISTICS {
	LONG64 Sent;
	LONG64 SentBytes;
	LONG64 Transmitted;
	LONG64 Received;
	LONG64 ReceivedBytes;
	LONG MessagesRefused;
	LONG Deferred;			/* not transmitted yet for want of memory or room */
	LONG BadData;
	LONG BadOrder;
	LONG BadState;
} PNET_STATISTICS, *PPNET_STATISTICS;

typedef struct _PNET_ADAPTER {
	ULONG Signature;
	ULONG QueueLimit;
	LONG LastMessage;
	LONG PacketsLive;
	LONG PacketAllocates;		/* blocks that it took from the pool */
	LONG PacketFrees;
	LOOKASIDE_LIST_EX PacketList;
	PNET_CHANNEL Channels[PNET_CHANNELS];
	PNET_STATISTICS Statistics;
} PNET_ADAPTER, *PPNET_ADAPTER;

NTSTATUS PnetCreateAdapter(_In_ ULONG QueueLimit,
			   _Outptr_result_nullonfailure_ struct _PNET_ADAPTER **Adapter);
VOID PnetDeleteAdapter(_In_ PPNET_ADAPTER Adapter);
VOID PnetTrimAdapter(_In_ PPNET_ADAPTER Adapter);
BOOLEAN PnetCountersAgree(_In_ PPNET_ADAPTER Adapter);

NTSTATUS PnetSend(_In_ PPNET_ADAPTER Adapter, _In_ ULONG Channel, _In_ ULONG Length);
ULONG PnetTransmit(_In_ PPNET_ADAPTER Adapter, _In_ ULONG Channel, _In_ ULONG Budget);
ULONG PnetReceive(_In_ PPNET_ADAPTER Adapter, _In_ ULONG Channel, _In_ ULONG Budget);
VOID PnetPoll(_In_ PPNET_ADAPTER Adapter, _In_ ULONG Budget);

#endif
