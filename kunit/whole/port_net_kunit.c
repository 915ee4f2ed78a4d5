// SPDX-License-Identifier: GPL-2.0
/*
 * A network driver written for NT, on ntpool. The driver, port_net.c, includes no
 * header of Linux. Threads, softirqs and code with bottom halves off call it on every
 * CPU at once.
 *
 * The driver checks what it receives. The suite checks that the driver would notice an
 * error and that its counters add up. A full queue or a lack of memory loses nothing.
 * The tags have as much memory as the queues hold, and none at the end.
 */
#include <linux/kernel.h>

#include "fixture.h"
#include "port_net.h"
#include "scarce.h"

#define NTK_LIMIT	32	/* packets on a queue */
#define NTK_PLENTY	1000	/* more than there ever are */
#define NTK_WORKERS	4
#define NTK_REST	64	/* more than a drained pool has free */
#define NTK_ROUNDS	(IS_ENABLED(CONFIG_KASAN) ? 150 : 400)

static const u32 ntk_net_tags[] = {
	PNET_TAG_ADAPTER, PNET_TAG_PACKET, PNET_TAG_DATA, PNET_TAG_WIRE,
};

static PPNET_ADAPTER ntk_adapter(struct kunit *test, u32 limit)
{
	PPNET_ADAPTER adapter;

	KUNIT_ASSERT_EQ(test, PnetCreateAdapter(limit, &adapter), STATUS_SUCCESS);
	return adapter;
}

static void ntk_delete_adapter(struct kunit *test, PPNET_ADAPTER adapter)
{
	struct ntk_tag_row row;
	int i;

	PnetDeleteAdapter(adapter);
	for (i = 0; i < ARRAY_SIZE(ntk_net_tags); i++) {
		row = ntk_tag_row(test, ntk_net_tags[i], false);
		KUNIT_EXPECT_EQ_MSG(test, row.diff, 0, "tag %d", i);
		KUNIT_EXPECT_EQ_MSG(test, row.bytes, 0, "tag %d", i);
	}
	ntk_expect_no_report(test, "an adapter");
}

static u32 ntk_receive_all(PPNET_ADAPTER adapter)
{
	u32 channel, nr = 0;

	for (channel = 0; channel < PNET_CHANNELS; channel++)
		nr += PnetReceive(adapter, channel, NTK_PLENTY);
	return nr;
}

/* Empties both kinds of queues, however small one is. */
static void ntk_drain(PPNET_ADAPTER adapter)
{
	do {
		PnetPoll(adapter, NTK_PLENTY);
	} while (ntk_receive_all(adapter));
}

/* ---- one at a time ---- */

static void ntk_message_test(struct kunit *test)
{
	static const struct {
		u32 length;
		u32 packets;
	} messages[] = {
		{ 1, 1 }, { 2, 1 }, { 65, 1 }, { PNET_MTU, 1 }, { PNET_MTU + 1, 2 },
		{ 3 * PNET_MTU - 1, 3 }, { PNET_FRAGMENTS * PNET_MTU, PNET_FRAGMENTS },
	};
	PPNET_ADAPTER adapter = ntk_adapter(test, NTK_LIMIT);
	PPNET_STATISTICS statistics = &adapter->Statistics;
	s64 packets = 0, bytes = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(messages); i++) {
		packets += messages[i].packets;
		bytes += messages[i].length;
		KUNIT_EXPECT_EQ(test, PnetSend(adapter, i % PNET_CHANNELS, messages[i].length),
				STATUS_SUCCESS);
		KUNIT_EXPECT_EQ(test, ntk_tag_row(test, PNET_TAG_DATA, false).requested,
				messages[i].length);
		PnetPoll(adapter, NTK_PLENTY);
		KUNIT_EXPECT_EQ(test, ntk_tag_row(test, PNET_TAG_DATA, false).requested, 0);
		KUNIT_EXPECT_EQ(test, ntk_tag_row(test, PNET_TAG_WIRE, false).requested,
				messages[i].length);
		KUNIT_EXPECT_EQ(test, ntk_receive_all(adapter), messages[i].packets);
		KUNIT_EXPECT_EQ(test, statistics->Received, packets);
		KUNIT_EXPECT_EQ(test, statistics->ReceivedBytes, bytes);
		KUNIT_EXPECT_TRUE(test, PnetCountersAgree(adapter));
	}
	KUNIT_EXPECT_EQ(test, PnetSend(adapter, 0, 0), STATUS_INVALID_PARAMETER);
	KUNIT_EXPECT_EQ(test, PnetSend(adapter, PNET_CHANNELS, 1), STATUS_INVALID_PARAMETER);
	KUNIT_EXPECT_EQ(test, PnetSend(adapter, 0, PNET_FRAGMENTS * PNET_MTU + 1),
			STATUS_INVALID_PARAMETER);
	ntk_delete_adapter(test, adapter);
}

/* A message is sent as a whole or not at all. A message without room waits. */
static void ntk_full_test(struct kunit *test)
{
	PPNET_ADAPTER adapter = ntk_adapter(test, 5);
	PPNET_STATISTICS statistics = &adapter->Statistics;

	KUNIT_EXPECT_EQ(test, PnetSend(adapter, 0, 3 * PNET_MTU), STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, PnetSend(adapter, 0, 3 * PNET_MTU), STATUS_DEVICE_BUSY);
	KUNIT_EXPECT_EQ(test, PnetSend(adapter, 0, 2 * PNET_MTU), STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, PnetSend(adapter, 0, 1), STATUS_DEVICE_BUSY);
	KUNIT_EXPECT_EQ(test, PnetSend(adapter, 1, 1), STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, statistics->MessagesRefused, 2);
	KUNIT_EXPECT_EQ(test, statistics->Sent, 6);
	PnetPoll(adapter, NTK_PLENTY);
	KUNIT_EXPECT_EQ(test, statistics->Transmitted, 6);
	KUNIT_EXPECT_EQ(test, PnetSend(adapter, 0, 2 * PNET_MTU), STATUS_SUCCESS);
	PnetPoll(adapter, NTK_PLENTY);
	KUNIT_EXPECT_EQ(test, statistics->Transmitted, 6);
	KUNIT_EXPECT_EQ(test, statistics->Deferred, 1);
	KUNIT_EXPECT_TRUE(test, PnetCountersAgree(adapter));
	KUNIT_EXPECT_EQ(test, PnetReceive(adapter, 0, 1), 1);
	PnetPoll(adapter, NTK_PLENTY);
	KUNIT_EXPECT_EQ(test, statistics->Transmitted, 7);
	ntk_drain(adapter);
	KUNIT_EXPECT_EQ(test, statistics->Received, 8);
	KUNIT_EXPECT_TRUE(test, PnetCountersAgree(adapter));
	ntk_delete_adapter(test, adapter);
}

static PPNET_PACKET ntk_first(PPNET_QUEUE queue)
{
	return CONTAINING_RECORD(queue->Packets.Flink, PNET_PACKET, Links);
}

/* The driver's own checks detect each error that they look for. */
static void ntk_damage_test(struct kunit *test)
{
	PPNET_ADAPTER adapter = ntk_adapter(test, NTK_LIMIT);
	PPNET_STATISTICS statistics = &adapter->Statistics;
	PPNET_CHANNEL channel = adapter->Channels;

	KUNIT_ASSERT_EQ(test, PnetSend(adapter, 0, 700), STATUS_SUCCESS);
	ntk_first(&channel->Transmit)->Data[699] ^= 4;
	ntk_drain(adapter);
	KUNIT_EXPECT_EQ(test, statistics->BadData, 1);
	KUNIT_EXPECT_FALSE(test, PnetCountersAgree(adapter));

	KUNIT_ASSERT_EQ(test, PnetSend(adapter, 0, 2 * PNET_MTU), STATUS_SUCCESS);
	InsertTailList(&channel->Transmit.Packets, RemoveHeadList(&channel->Transmit.Packets));
	ntk_drain(adapter);
	KUNIT_EXPECT_EQ(test, statistics->BadOrder, 2);

	KUNIT_ASSERT_EQ(test, PnetSend(adapter, 0, 1), STATUS_SUCCESS);
	ntk_first(&channel->Transmit)->State = PNET_CONSUMED;
	ntk_drain(adapter);
	KUNIT_EXPECT_GT(test, statistics->BadState, 0);
	KUNIT_EXPECT_EQ(test, statistics->BadData, 1);
	KUNIT_EXPECT_EQ(test, statistics->Sent, statistics->Received);
	ntk_delete_adapter(test, adapter);
}

/* The adapter's own routines feed the list; a flush gives all of it back. */
static void ntk_list_test(struct kunit *test)
{
	PPNET_ADAPTER adapter = ntk_adapter(test, NTK_LIMIT);
	LONG held;

	KUNIT_EXPECT_EQ(test, PnetSend(adapter, 0, 3 * PNET_MTU), STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, adapter->PacketAllocates, 3);
	ntk_drain(adapter);
	held = adapter->PacketAllocates - adapter->PacketFrees;
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, PNET_TAG_PACKET, false).diff, held);
	KUNIT_EXPECT_GT(test, held, 0);
	KUNIT_EXPECT_EQ(test, PnetSend(adapter, 0, 1), STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, adapter->PacketAllocates, 3);
	ntk_drain(adapter);
	PnetTrimAdapter(adapter);
	KUNIT_EXPECT_EQ(test, adapter->PacketAllocates, adapter->PacketFrees);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, PNET_TAG_PACKET, false).diff, 0);
	KUNIT_EXPECT_EQ(test, PnetSend(adapter, 0, 1), STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, adapter->PacketAllocates, 4);
	ntk_delete_adapter(test, adapter);
}

/* ---- contexts ---- */

static void ntk_whole_path(void *arg)
{
	PPNET_ADAPTER adapter = arg;

	PnetSend(adapter, 1, 2 * PNET_MTU + 100);
	PnetPoll(adapter, NTK_PLENTY);
	PnetReceive(adapter, 1, NTK_PLENTY);
}

/* Code at DISPATCH_LEVEL or below may call all of it. */
static void ntk_contexts_test(struct kunit *test)
{
	static const enum ntk_context contexts[] = {
		NTK_THREAD, NTK_BH_OFF, NTK_PREEMPT_OFF, NTK_SPIN_LOCK, NTK_SOFTIRQ,
	};
	PPNET_ADAPTER adapter = ntk_adapter(test, NTK_LIMIT);
	int i;

	for (i = 0; i < ARRAY_SIZE(contexts); i++) {
		KUNIT_EXPECT_EQ(test, ntk_run_in(contexts[i], -1, ntk_whole_path, adapter), 0);
		KUNIT_EXPECT_EQ_MSG(test, adapter->Statistics.Received, 3 * (i + 1), "%s",
				    ntk_context_name(contexts[i]));
		KUNIT_EXPECT_TRUE(test, PnetCountersAgree(adapter));
	}
	ntk_delete_adapter(test, adapter);
}

/* One turn of a worker, in the context that the turn before it chose. */
struct ntk_net_turn {
	PPNET_ADAPTER adapter;
	struct ntk_worker *worker;
	s64 bytes;		/* that were sent */
};

static void ntk_net_turn(void *arg)
{
	struct ntk_net_turn *turn = arg;
	struct ntk_worker *worker = turn->worker;
	u32 channel = ntk_random_below(&worker->rng, PNET_CHANNELS);
	u32 length = 1 + ntk_random_below(&worker->rng, PNET_FRAGMENTS * PNET_MTU);
	NTSTATUS status;

	switch (ntk_random_below(&worker->rng, 4)) {
	case 0:
		PnetPoll(turn->adapter, 1 + ntk_random_below(&worker->rng, 8));
		break;
	case 1:
		PnetReceive(turn->adapter, channel, 1 + ntk_random_below(&worker->rng, 12));
		break;
	default:
		status = PnetSend(turn->adapter, channel, length);
		if (!status)
			turn->bytes += length;
		ntk_check(&worker->tally, !status || status == STATUS_DEVICE_BUSY, "sent: 0x%x",
			  status);
	}
}

static void ntk_net_turns(struct ntk_worker *worker)
{
	static const enum ntk_context contexts[] = { NTK_THREAD, NTK_BH_OFF, NTK_SOFTIRQ };
	struct ntk_net_turn turn = { .adapter = worker->threads->arg, .worker = worker };
	enum ntk_context context;
	int i;

	for (i = 0; i < NTK_ROUNDS && !READ_ONCE(worker->threads->stop); i++) {
		context = contexts[ntk_random_below(&worker->rng, ARRAY_SIZE(contexts))];
		ntk_check(&worker->tally, !ntk_run_in(context, -1, ntk_net_turn, &turn),
			  "round %d", i);
	}
	ntk_check(&worker->tally, turn.bytes, "nothing was sent");
}

static void ntk_threads_test(struct kunit *test)
{
	PPNET_ADAPTER adapter = ntk_adapter(test, NTK_LIMIT);
	PPNET_STATISTICS statistics = &adapter->Statistics;

	ntk_threads_run(test, NTK_WORKERS, true, ntk_net_turns, adapter);
	KUNIT_EXPECT_TRUE(test, PnetCountersAgree(adapter));
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, PNET_TAG_DATA, false).diff +
			ntk_tag_row(test, PNET_TAG_WIRE, false).diff, adapter->PacketsLive);
	ntk_drain(adapter);
	KUNIT_EXPECT_TRUE(test, PnetCountersAgree(adapter));
	KUNIT_EXPECT_GT(test, statistics->Received, NTK_ROUNDS / 4);
	KUNIT_EXPECT_EQ(test, statistics->Received, statistics->Sent);
	KUNIT_EXPECT_EQ(test, statistics->ReceivedBytes, statistics->SentBytes);
	KUNIT_EXPECT_EQ(test, statistics->BadData, 0);
	KUNIT_EXPECT_EQ(test, statistics->BadOrder, 0);
	KUNIT_EXPECT_EQ(test, statistics->BadState, 0);
	ntk_delete_adapter(test, adapter);
}

/* ---- short of memory ---- */

static void ntk_poll_once(void *arg)
{
	PnetPoll(arg, NTK_PLENTY);
}

/* Without memory nothing is transmitted, and nothing lost: it goes later, in order. */
static void ntk_deferred_test(struct kunit *test)
{
	PPNET_ADAPTER adapter = ntk_adapter(test, NTK_LIMIT);
	PPNET_STATISTICS statistics = &adapter->Statistics;
	void *rest[NTK_REST] = {};
	int i;

	for (i = 0; i < 8; i++)
		KUNIT_ASSERT_EQ(test, PnetSend(adapter, 0, PNET_MTU), STATUS_SUCCESS);
	ntpool_test_drain();
	ntpool_test_fail_backing(0, -1);
	for (i = 0; !i || (i < NTK_REST && rest[i - 1]); i++)
		rest[i] = ExAllocatePoolWithTag(NonPagedPool, PNET_MTU, PNET_TAG_DATA);
	KUNIT_EXPECT_NULL(test, rest[NTK_REST - 1]);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_SOFTIRQ, -1, ntk_poll_once, adapter), 0);
	ntpool_test_fail_backing(0, 0);
	for (i = 0; i < NTK_REST && rest[i]; i++)
		ExFreePoolWithTag(rest[i], PNET_TAG_DATA);
	KUNIT_EXPECT_EQ(test, statistics->Deferred, 3);
	KUNIT_EXPECT_EQ(test, statistics->Transmitted, 0);
	KUNIT_EXPECT_TRUE(test, PnetCountersAgree(adapter));
	ntk_drain(adapter);
	KUNIT_EXPECT_EQ(test, statistics->Received, 8);
	KUNIT_EXPECT_TRUE(test, PnetCountersAgree(adapter));
	ntk_delete_adapter(test, adapter);
}

/* All that allocates; the lengths are such that a pool short of memory has them. */
static NTSTATUS ntk_use_adapter(void *agreed)
{
	PPNET_ADAPTER adapter;
	NTSTATUS status;

	status = PnetCreateAdapter(NTK_LIMIT, &adapter);
	if (!NT_SUCCESS(status))
		return status;
	status = PnetSend(adapter, 0, PNET_MTU + 200);
	if (NT_SUCCESS(status))
		status = PnetSend(adapter, 1, 300);
	PnetPoll(adapter, NTK_PLENTY);
	PnetReceive(adapter, 0, 1);
	if (NT_SUCCESS(status) && adapter->Statistics.Transmitted < 3)
		status = STATUS_INSUFFICIENT_RESOURCES;
	if (!PnetCountersAgree(adapter))
		*(bool *)agreed = false;
	PnetDeleteAdapter(adapter);
	return status;
}

static void ntk_no_memory_test(struct kunit *test)
{
	bool agreed = true;

	ntk_fail_each(test, ntk_use_adapter, &agreed);
	KUNIT_EXPECT_TRUE(test, agreed);
}

static void ntk_scarce_test(struct kunit *test)
{
	bool agreed = true;

	ntk_scarce(test, false, ntk_use_adapter, &agreed, ntk_net_tags, ARRAY_SIZE(ntk_net_tags));
	KUNIT_EXPECT_TRUE(test, agreed);
}

static struct kunit_case ntk_port_net_cases[] = {
	KUNIT_CASE(ntk_message_test),
	KUNIT_CASE(ntk_full_test),
	KUNIT_CASE(ntk_damage_test),
	KUNIT_CASE(ntk_list_test),
	KUNIT_CASE(ntk_contexts_test),
	KUNIT_CASE(ntk_threads_test),
	KUNIT_CASE(ntk_deferred_test),
	KUNIT_CASE(ntk_no_memory_test),
	KUNIT_CASE(ntk_scarce_test),
	{}
};

static struct kunit_suite ntk_port_net_suite = {
	.name = "ntpool_port_net",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_port_net_cases,
};

kunit_test_suite(ntk_port_net_suite);
