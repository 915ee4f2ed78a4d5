// SPDX-License-Identifier: GPL-2.0
/*
 * A storage driver written for NT, on ntpool: port_disk.c, which sees no header of
 * Linux. Its interrupts are hard interrupts here, its DPCs softirqs and threads, its
 * callers threads on every CPU. Each sector says which writing it is of, and is
 * compared with a plain array of what was written last.
 *
 * Uncached memory is there on x86 only; elsewhere the cases are skipped.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "fixture.h"
#include "port_disk.h"
#include "scarce.h"

#ifdef MODULE
#define NTK_DRIVER	KBUILD_MODNAME
#else
#define NTK_DRIVER	"vmlinux"
#endif

#define NTK_REQUESTS	20
#define NTK_WORKERS	4
#define NTK_SHARE	(PDSK_SECTORS / NTK_WORKERS)
#define NTK_ROUNDS	(IS_ENABLED(CONFIG_KASAN) ? 60 : 200)
#define NTK_TURNS	2000	/* interrupts until an operation must have ended */

static const u32 ntk_disk_tags[] = {
	PDSK_TAG_CONTROLLER, PDSK_TAG_MEDIUM, PDSK_TAG_REQUEST, PDSK_TAG_EVENT,
};

/* ---- a controller, and what drives it ---- */

static PPDSK_CONTROLLER ntk_controller(struct kunit *test)
{
	PPDSK_CONTROLLER controller;

	KUNIT_ASSERT_EQ(test, PdskCreateController(NTK_REQUESTS, &controller), STATUS_SUCCESS);
	PdskOpen(controller);
	return controller;
}

static s64 ntk_locks(struct kunit *test, const char *section)
{
	struct ntk_table *table = ntk_read(test, "sections");
	const char *row = ntk_table_find(table, NTK_DRIVER, section);

	KUNIT_ASSERT_NOT_NULL_MSG(test, row, "no row for %s", section);
	return ntk_row_number(row, ntk_table_column(table, "locks"));
}

/* Whatever was submitted has ended; nothing of the driver's stays behind. */
static void ntk_end_controller(struct kunit *test, PPDSK_CONTROLLER controller)
{
	struct ntk_tag_row row;
	int i;

	KUNIT_EXPECT_EQ(test, controller->Conflicts, 0);
	KUNIT_EXPECT_EQ(test, controller->Finished, controller->Submitted);
	KUNIT_EXPECT_EQ(test, ExQueryDepthSList(&controller->FreeRequests),
			controller->RequestCount);
	KUNIT_EXPECT_EQ(test, ExQueryDepthSList(&controller->FreeBounces), PDSK_BOUNCES);
	PdskClose(controller);
	PdskDeleteController(controller);
	for (i = 0; i < ARRAY_SIZE(ntk_disk_tags); i++) {
		row = ntk_tag_row(test, ntk_disk_tags[i], false);
		KUNIT_EXPECT_EQ_MSG(test, row.diff, 0, "tag %d", i);
		KUNIT_EXPECT_EQ_MSG(test, row.bytes, 0, "tag %d", i);
	}
	KUNIT_EXPECT_EQ(test, ntk_locks(test, "code"), 0);
	KUNIT_EXPECT_EQ(test, ntk_locks(test, "data"), 0);
	ntk_expect_no_report(test, "a controller");
}

static void ntk_interrupt(void *controller)
{
	PdskInterrupt(controller);
}

static void ntk_dpc(void *controller)
{
	PdskDpc(controller);
}

/* An interrupt, and the DPC that it asks for, on this CPU. */
static bool ntk_turn(PPDSK_CONTROLLER controller, enum ntk_context dpc)
{
	return !ntk_run_in(NTK_HARDIRQ, -1, ntk_interrupt, controller) &&
	       !ntk_run_in(dpc, -1, ntk_dpc, controller);
}

static bool ntk_wait(PPDSK_CONTROLLER controller, PPDSK_IO io, enum ntk_context dpc)
{
	int i;

	for (i = 0; i < NTK_TURNS && ReadAcquire(&io->Status) == STATUS_PENDING; i++) {
		if (!ntk_turn(controller, dpc))
			return false;
	}
	return io->Status != STATUS_PENDING;
}

/* One operation from start to end. */
static NTSTATUS ntk_do(PPDSK_CONTROLLER controller, u32 operation, u32 lba, u32 sectors,
		       void *buffer)
{
	PDSK_IO io = {
		.Operation = operation, .Lba = lba, .Sectors = sectors, .Buffer = buffer,
	};
	NTSTATUS status = PdskSubmit(controller, &io);

	if (status != STATUS_PENDING)
		return status;
	return ntk_wait(controller, &io, NTK_SOFTIRQ) ? io.Status : STATUS_IO_TIMEOUT;
}

static void *ntk_buffer(struct kunit *test, u32 sectors)
{
	void *buffer = kunit_kzalloc(test, sectors * PDSK_SECTOR_BYTES, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	return buffer;
}

/* ---- one at a time ---- */

static void ntk_placement_test(struct kunit *test)
{
	PPDSK_CONTROLLER controller = ntk_controller(test);

	KUNIT_EXPECT_TRUE(test, PdskPlacementIsGood(controller));
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, PDSK_TAG_REQUEST, false).diff, NTK_REQUESTS);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, PDSK_TAG_EVENT, false).diff, NTK_REQUESTS / 2);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, PDSK_TAG_MEDIUM, false).requested,
			PDSK_SECTORS * PDSK_SECTOR_BYTES);
	ntk_end_controller(test, controller);
}

static void ntk_sectors_test(struct kunit *test)
{
	PPDSK_CONTROLLER controller = ntk_controller(test);
	u8 *buffer = ntk_buffer(test, PDSK_BOUNCE_SECTORS);
	u32 i;

	PdskFillSectors(buffer, 5, 3, 77);
	KUNIT_EXPECT_EQ(test, ntk_do(controller, PDSK_WRITE, 5, 3, buffer), STATUS_SUCCESS);
	memset(buffer, 0xff, PDSK_BOUNCE_SECTORS * PDSK_SECTOR_BYTES);
	KUNIT_EXPECT_EQ(test, ntk_do(controller, PDSK_READ, 0, PDSK_BOUNCE_SECTORS, buffer),
			STATUS_SUCCESS);
	for (i = 0; i < PDSK_BOUNCE_SECTORS; i++)
		KUNIT_EXPECT_EQ(test, PdskGenerationOf(buffer + i * PDSK_SECTOR_BYTES, i),
				i >= 5 && i < 8 ? 77 : 0);
	/* The check of a sector is one. */
	KUNIT_EXPECT_EQ(test, PdskGenerationOf(buffer + 5 * PDSK_SECTOR_BYTES, 6), U32_MAX);
	buffer[6 * PDSK_SECTOR_BYTES - 1] ^= 1;
	KUNIT_EXPECT_EQ(test, PdskGenerationOf(buffer + 5 * PDSK_SECTOR_BYTES, 5), U32_MAX);

	KUNIT_EXPECT_EQ(test, ntk_do(controller, PDSK_READ, PDSK_SECTORS, 1, buffer),
			STATUS_INVALID_PARAMETER);
	KUNIT_EXPECT_EQ(test, ntk_do(controller, PDSK_READ, 0, PDSK_BOUNCE_SECTORS + 1, buffer),
			STATUS_INVALID_PARAMETER);
	KUNIT_EXPECT_EQ(test, ntk_do(controller, 0, 0, 1, buffer), STATUS_INVALID_PARAMETER);
	ntk_end_controller(test, controller);
}

/* More than there are requests, then than bounces, then than events: all end. */
static void ntk_queue_test(struct kunit *test)
{
	PPDSK_CONTROLLER controller = ntk_controller(test);
	PDSK_IO *io = kunit_kcalloc(test, NTK_REQUESTS + 1, sizeof(*io), GFP_KERNEL);
	u8 *buffer = ntk_buffer(test, NTK_REQUESTS + 1);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, io);
	PdskFillSectors(buffer, 0, NTK_REQUESTS + 1, 3);
	for (i = 0; i <= NTK_REQUESTS; i++) {
		io[i] = (PDSK_IO){
			.Operation = PDSK_WRITE, .Lba = i, .Sectors = 1,
			.Buffer = buffer + i * PDSK_SECTOR_BYTES,
		};
		KUNIT_EXPECT_EQ(test, PdskSubmit(controller, &io[i]),
				i < NTK_REQUESTS ? STATUS_PENDING : STATUS_DEVICE_BUSY);
	}
	KUNIT_EXPECT_EQ(test, controller->StatusArea->Produced, PDSK_BOUNCES);
	KUNIT_EXPECT_EQ(test, PdskShrinkQueue(controller, 1), STATUS_DEVICE_BUSY);
	for (i = 0; i < NTK_REQUESTS; i++) {
		KUNIT_EXPECT_TRUE(test, ntk_wait(controller, &io[i], NTK_THREAD));
		KUNIT_EXPECT_EQ(test, io[i].Status, STATUS_SUCCESS);
	}
	KUNIT_EXPECT_EQ(test, controller->Finished, NTK_REQUESTS);
	KUNIT_EXPECT_EQ(test, ntk_do(controller, PDSK_READ, 0, NTK_REQUESTS, buffer),
			STATUS_SUCCESS);
	for (i = 0; i < NTK_REQUESTS; i++)
		KUNIT_EXPECT_EQ(test, PdskGenerationOf(buffer + i * PDSK_SECTOR_BYTES, i), 3);
	ntk_end_controller(test, controller);
}

/* With two events for four requests the interrupt leaves some to the next one. */
static void ntk_few_events_test(struct kunit *test)
{
	PPDSK_CONTROLLER controller = ntk_controller(test);
	u8 *buffer = ntk_buffer(test, 4);
	PDSK_IO io[4];
	int i;

	KUNIT_EXPECT_EQ(test, PdskShrinkQueue(controller, 4), STATUS_SUCCESS);
	for (i = 0; i < 4; i++) {
		io[i] = (PDSK_IO){
			.Operation = PDSK_READ, .Lba = i, .Sectors = 1,
			.Buffer = buffer + i * PDSK_SECTOR_BYTES,
		};
		KUNIT_EXPECT_EQ(test, PdskSubmit(controller, &io[i]), STATUS_PENDING);
	}
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_HARDIRQ, -1, ntk_interrupt, controller), 0);
	KUNIT_EXPECT_EQ(test, controller->EventsMissed, 1);
	KUNIT_EXPECT_EQ(test, controller->Seen, 2);
	KUNIT_EXPECT_EQ(test, PdskDpc(controller), 2);
	KUNIT_EXPECT_EQ(test, PdskDpc(controller), 0);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_HARDIRQ, -1, ntk_interrupt, controller), 0);
	KUNIT_EXPECT_EQ(test, PdskDpc(controller), 2);
	KUNIT_EXPECT_EQ(test, controller->Finished, 4);
	ntk_end_controller(test, controller);
}

/* A fault is tried again, at the head of the queue, and after some it is an error. */
static void ntk_retry_test(struct kunit *test)
{
	PPDSK_CONTROLLER controller = ntk_controller(test);
	u8 *buffer = ntk_buffer(test, 1);

	PdskFillSectors(buffer, 9, 1, 1);
	controller->Faults = PDSK_RETRIES;
	KUNIT_EXPECT_EQ(test, ntk_do(controller, PDSK_WRITE, 9, 1, buffer), STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, controller->Retried, PDSK_RETRIES);
	PdskFillSectors(buffer, 9, 1, 2);
	controller->Faults = PDSK_RETRIES + 1;
	KUNIT_EXPECT_EQ(test, ntk_do(controller, PDSK_WRITE, 9, 1, buffer),
			STATUS_IO_DEVICE_ERROR);
	KUNIT_EXPECT_EQ(test, controller->Retried, 2 * PDSK_RETRIES);
	KUNIT_EXPECT_EQ(test, ntk_do(controller, PDSK_READ, 9, 1, buffer), STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, PdskGenerationOf(buffer, 9), 1);
	ntk_end_controller(test, controller);
}

/* Each open locks code and data once, and what runs while none is there says so. */
static void ntk_sections_test(struct kunit *test)
{
	PPDSK_CONTROLLER controller = ntk_controller(test);
	PDSK_TOTALS before = *PdskQueryTotals();
	struct ntpool_test_report report;
	PDSK_IO io = {
		.Operation = PDSK_READ, .Sectors = 1, .Buffer = ntk_buffer(test, 1),
	};

	KUNIT_EXPECT_EQ(test, ntk_locks(test, "code"), 1);
	KUNIT_EXPECT_EQ(test, ntk_locks(test, "data"), 1);
	PdskOpen(controller);
	KUNIT_EXPECT_EQ(test, ntk_locks(test, "code"), 2);
	KUNIT_EXPECT_EQ(test, ntk_locks(test, "data"), 2);
	KUNIT_EXPECT_EQ(test, ntk_do(controller, PDSK_READ, 0, 1, io.Buffer), STATUS_SUCCESS);
	PdskClose(controller);
	PdskClose(controller);
	ntk_expect_no_report(test, "locked code");
	KUNIT_EXPECT_EQ(test, ntk_locks(test, "code"), 0);
	KUNIT_EXPECT_EQ(test, PdskSubmit(controller, &io), STATUS_INVALID_DEVICE_STATE);
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), 1);
	KUNIT_EXPECT_EQ(test, report.code, NTK_MUST_BE_NONPAGED);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(report.text, "PdskSubmit()"), "%s", report.text);
	KUNIT_EXPECT_EQ(test, PdskQueryTotals()->Opens, before.Opens + 1);
	KUNIT_EXPECT_EQ(test, PdskQueryTotals()->Closes, before.Closes + 2);
	KUNIT_EXPECT_EQ(test, PdskQueryTotals()->Finished, before.Finished + 1);
	PdskOpen(controller);
	ntk_end_controller(test, controller);
}

/* ---- all at once ---- */

struct ntk_disk_crew {
	PPDSK_CONTROLLER controller;
	u32 generation[PDSK_SECTORS];	/* what was written last; each worker has a share */
	u8 *buffer[NTK_WORKERS];
};

static void ntk_check_sectors(struct ntk_worker *worker, const PDSK_IO *io, const u32 *generation)
{
	u32 i, found;

	for (i = 0; i < io->Sectors; i++) {
		found = PdskGenerationOf((u8 *)io->Buffer + i * PDSK_SECTOR_BYTES, io->Lba + i);
		ntk_check(&worker->tally, found == generation[io->Lba + i],
			  "sector %u is of %u, not %u", io->Lba + i, found,
			  generation[io->Lba + i]);
	}
}

/* Writes or reads a few sectors of the worker's share. */
static void ntk_disk_round(struct ntk_worker *worker, u32 round)
{
	static const enum ntk_context dpc[] = { NTK_THREAD, NTK_BH_OFF, NTK_SOFTIRQ };
	struct ntk_disk_crew *crew = worker->crew->arg;
	PDSK_IO io = {
		.Operation = ntk_random_below(&worker->rng, 2) ? PDSK_WRITE : PDSK_READ,
		.Lba = ntk_random_below(&worker->rng, NTK_SHARE),
		.Buffer = crew->buffer[worker->id],
	};
	NTSTATUS status;
	u32 i;

	io.Sectors = 1 + ntk_random_below(&worker->rng, min_t(u32, PDSK_BOUNCE_SECTORS,
							     NTK_SHARE - io.Lba));
	io.Lba += worker->id * NTK_SHARE;
	if (io.Operation == PDSK_WRITE)
		PdskFillSectors(io.Buffer, io.Lba, io.Sectors, round + 1);
	if (!ntk_random_below(&worker->rng, 8))
		InterlockedIncrement(&crew->controller->Faults);
	status = PdskSubmit(crew->controller, &io);
	if (!ntk_check(&worker->tally, status == STATUS_PENDING, "submitted: 0x%x", status))
		return;
	if (!ntk_check(&worker->tally, ntk_wait(crew->controller, &io, dpc[round % 3]), "lost"))
		return;
	/* Others take faults that were meant for this one, and it takes theirs. */
	if (!ntk_check(&worker->tally, !io.Status || io.Retries == PDSK_RETRIES, "status 0x%x",
		       io.Status) || io.Status)
		return;
	if (io.Operation == PDSK_READ)
		ntk_check_sectors(worker, &io, crew->generation);
	else
		for (i = 0; i < io.Sectors; i++)
			crew->generation[io.Lba + i] = round + 1;
}

static void ntk_disk_rounds(struct ntk_worker *worker)
{
	u32 round;

	for (round = 0; round < NTK_ROUNDS && !READ_ONCE(worker->crew->stop); round++)
		ntk_disk_round(worker, round);
}

static void ntk_crew_test(struct kunit *test)
{
	PPDSK_CONTROLLER controller = ntk_controller(test);
	struct ntk_disk_crew *shared = kunit_kzalloc(test, sizeof(*shared), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, shared);
	shared->controller = controller;
	for (i = 0; i < NTK_WORKERS; i++)
		shared->buffer[i] = ntk_buffer(test, PDSK_BOUNCE_SECTORS);
	ntk_crew_run(test, NTK_WORKERS, true, ntk_disk_rounds, shared);
	KUNIT_EXPECT_EQ(test, controller->Finished, NTK_WORKERS * NTK_ROUNDS);
	KUNIT_EXPECT_GT(test, controller->Retried, 0);
	KUNIT_EXPECT_EQ(test, controller->Asserted, 0);
	ntk_end_controller(test, controller);
}

/* ---- short of memory ---- */

static NTSTATUS ntk_use_controller(void *unused)
{
	PPDSK_CONTROLLER controller;
	NTSTATUS status = PdskCreateController(4, &controller);

	if (NT_SUCCESS(status))
		PdskDeleteController(controller);
	return status;
}

/* All of Mm's memory takes pages of the kernel's, the requests only some. */
static void ntk_no_memory_test(struct kunit *test)
{
	KUNIT_EXPECT_GT(test, ntk_fail_each(test, ntk_use_controller, NULL), PDSK_BOUNCES + 3);
}

static NTSTATUS ntk_use_queue(void *arg)
{
	PPDSK_CONTROLLER controller = arg;
	ULONG before = controller->RequestCount;
	NTSTATUS status = PdskGrowQueue(controller, PDSK_MAX_REQUESTS);

	if (NT_SUCCESS(status))
		return PdskShrinkQueue(controller, before);
	return controller->RequestCount == before ? status : STATUS_INTERNAL_ERROR;
}

static void ntk_scarce_test(struct kunit *test)
{
	PPDSK_CONTROLLER controller = ntk_controller(test);

	ntk_scarce(test, false, ntk_use_queue, controller, &ntk_disk_tags[2], 2);
	ntk_end_controller(test, controller);
}

static int ntk_disk_init(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_X86))
		kunit_skip(test, "no uncached memory");
	return ntk_init(test);
}

static int ntk_disk_suite_init(struct kunit_suite *suite)
{
	PdskDriverEntry();
	return 0;
}

static struct kunit_case ntk_port_disk_cases[] = {
	KUNIT_CASE(ntk_placement_test),
	KUNIT_CASE(ntk_sectors_test),
	KUNIT_CASE(ntk_queue_test),
	KUNIT_CASE(ntk_few_events_test),
	KUNIT_CASE(ntk_retry_test),
	KUNIT_CASE(ntk_sections_test),
	KUNIT_CASE(ntk_crew_test),
	KUNIT_CASE(ntk_no_memory_test),
	KUNIT_CASE(ntk_scarce_test),
	{}
};

static struct kunit_suite ntk_port_disk_suite = {
	.name = "ntpool_port_disk",
	.suite_init = ntk_disk_suite_init,
	.init = ntk_disk_init,
	.exit = ntk_exit,
	.test_cases = ntk_port_disk_cases,
};

kunit_test_suite(ntk_port_disk_suite);
