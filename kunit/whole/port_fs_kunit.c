// SPDX-License-Identifier: GPL-2.0
/*
 * A file system written for NT, on ntpool: port_fs.c and port_fsmap.c, which see no
 * header of Linux, driven as its system would drive it. Maps are compared run by run
 * with what a change must make of them and, at random, with a plain array; a volume
 * is checked cluster by cluster while files come, grow, shrink and go; contexts are
 * taken by threads, softirqs and with bottom halves off at once; and memory is made
 * to fail at every step.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "fixture.h"
#include "port_fs.h"
#include "scarce.h"

#define NTK_CLUSTERS	600
#define NTK_FILES	24
#define NTK_STEPS	2500
#define NTK_WORKERS	4
#define NTK_ROUNDS	400
#define NTK_CONTEXTS	24	/* more than the zone has when it is largest */
#define NTK_NO_MORE	{ 0, 0, 0 }

static const u32 ntk_fs_tags[] = {
	PFS_TAG_VOLUME, PFS_TAG_SEGMENT, PFS_TAG_CONTEXT, PFS_TAG_MAP, PFS_TAG_FCB,
	PFS_TAG_NAME, PFS_TAG_CACHE, PFS_TAG_BITMAP, PFS_TAG_TEST,
};

/* ---- maps ---- */

/* Expects the runs of a map, which end with one of no length. */
static void ntk_expect_runs(struct kunit *test, PPFS_MAP map, const PFS_RUN *run,
			    const char *what)
{
	ULONG i;

	KUNIT_EXPECT_TRUE_MSG(test, PfsMapIsSound(map), "%s", what);
	for (i = 0; run[i].Length && i < map->Count; i++)
		KUNIT_EXPECT_EQ_MSG(test, memcmp(&run[i], &map->Runs[i], sizeof(*run)), 0,
				    "%s: run %u is %u-%u at %u", what, i, map->Runs[i].Vcn,
				    map->Runs[i].Length, map->Runs[i].Lcn);
	KUNIT_EXPECT_EQ_MSG(test, run[i].Length, 0, "%s: only %u runs", what, i);
	KUNIT_EXPECT_EQ_MSG(test, map->Count, i, "%s", what);
}

static void ntk_add(struct kunit *test, PPFS_MAP map, u32 vcn, u32 lcn, u32 length,
		    NTSTATUS status)
{
	KUNIT_EXPECT_EQ_MSG(test, PfsAddRun(map, vcn, lcn, length), status, "%u-%u at %u", vcn,
			    length, lcn);
}

/* Neighbours become one run if they are neighbours on the volume too. */
static void ntk_merge_test(struct kunit *test)
{
	static const PFS_RUN apart[] = { { 0, 100, 4 }, { 8, 108, 4 }, NTK_NO_MORE };
	static const PFS_RUN left[] = { { 0, 100, 6 }, { 8, 108, 4 }, NTK_NO_MORE };
	static const PFS_RUN both[] = { { 0, 100, 12 }, NTK_NO_MORE };
	static const PFS_RUN wide[] = { { 0, 100, 20 }, { 20, 500, 5 }, NTK_NO_MORE };
	PFS_MAP map;

	PfsInitializeMap(&map);
	ntk_add(test, &map, 8, 108, 4, STATUS_SUCCESS);
	ntk_add(test, &map, 0, 100, 4, STATUS_SUCCESS);
	ntk_expect_runs(test, &map, apart, "apart");
	ntk_add(test, &map, 4, 104, 2, STATUS_SUCCESS);
	ntk_expect_runs(test, &map, left, "on the left");
	ntk_add(test, &map, 6, 106, 2, STATUS_SUCCESS);
	ntk_expect_runs(test, &map, both, "on both sides");
	ntk_add(test, &map, 20, 500, 5, STATUS_SUCCESS);
	ntk_add(test, &map, 2, 102, 18, STATUS_SUCCESS);
	ntk_expect_runs(test, &map, wide, "over the end");
	PfsUninitializeMap(&map);
}

/* A mapping is changed by removing it, not by adding another; nothing is added then. */
static void ntk_conflict_test(struct kunit *test)
{
	static const PFS_RUN runs[] = { { 10, 50, 5 }, { 30, 90, 5 }, NTK_NO_MORE };
	PFS_MAP map;

	PfsInitializeMap(&map);
	ntk_add(test, &map, 10, 50, 5, STATUS_SUCCESS);
	ntk_add(test, &map, 30, 90, 5, STATUS_SUCCESS);
	ntk_add(test, &map, 12, 52, 2, STATUS_SUCCESS);
	ntk_add(test, &map, 12, 53, 2, STATUS_FILE_CORRUPT_ERROR);
	ntk_add(test, &map, 14, 54, 17, STATUS_FILE_CORRUPT_ERROR);
	ntk_add(test, &map, 5, 1, 6, STATUS_FILE_CORRUPT_ERROR);
	ntk_add(test, &map, 40, 1, 0, STATUS_INVALID_PARAMETER);
	ntk_add(test, &map, PFS_VCN_LIMIT - 1, 1, 2, STATUS_INVALID_PARAMETER);
	ntk_add(test, &map, PFS_VCN_LIMIT, 1, 1, STATUS_INVALID_PARAMETER);
	ntk_add(test, &map, 1, U32_MAX, 1, STATUS_INVALID_PARAMETER);
	ntk_expect_runs(test, &map, runs, "after refusals");
	PfsUninitializeMap(&map);
}

static void ntk_split_test(struct kunit *test)
{
	static const PFS_RUN split[] = { { 0, 100, 4 }, { 6, 106, 14 }, NTK_NO_MORE };
	static const PFS_RUN cut[] = { { 0, 100, 2 }, { 9, 109, 11 }, NTK_NO_MORE };
	static const PFS_RUN end[] = { { 0, 100, 2 }, { 9, 109, 3 }, NTK_NO_MORE };
	static const PFS_RUN none[] = { NTK_NO_MORE };
	ULONG lcn, length;
	PFS_MAP map;

	PfsInitializeMap(&map);
	ntk_add(test, &map, 0, 100, 20, STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, PfsRemoveRun(&map, 4, 2), STATUS_SUCCESS);
	ntk_expect_runs(test, &map, split, "split");
	KUNIT_EXPECT_EQ(test, PfsRemoveRun(&map, 2, 7), STATUS_SUCCESS);
	ntk_expect_runs(test, &map, cut, "cut on both sides");
	PfsTruncateMap(&map, 12);
	ntk_expect_runs(test, &map, end, "truncated");
	KUNIT_EXPECT_TRUE(test, PfsLookupRun(&map, 10, &lcn, &length));
	KUNIT_EXPECT_EQ(test, lcn, 110);
	KUNIT_EXPECT_EQ(test, length, 2);
	KUNIT_EXPECT_FALSE(test, PfsLookupRun(&map, 2, &lcn, &length));
	KUNIT_EXPECT_EQ(test, length, 7);
	KUNIT_EXPECT_FALSE(test, PfsLookupRun(&map, 12, &lcn, &length));
	KUNIT_EXPECT_EQ(test, length, PFS_VCN_LIMIT - 12);
	PfsTruncateMap(&map, 0);
	ntk_expect_runs(test, &map, none, "nothing");
	PfsUninitializeMap(&map);
}

/* Its memory is what the pool says, and becomes less again. */
static void ntk_grow_test(struct kunit *test)
{
	ULONG i, largest = 0;
	PFS_MAP map;

	PfsInitializeMap(&map);
	for (i = 0; i < 100; i++)
		ntk_add(test, &map, 2 * (99 - i), 7 * i, 1, STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, map.Count, 100);
	KUNIT_EXPECT_EQ(test, map.Limit, 128);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, PFS_TAG_MAP, true).requested,
			map.Limit * sizeof(PFS_RUN));
	for (i = 0; i < 100; i++) {
		KUNIT_EXPECT_EQ(test, PfsRemoveRun(&map, 2 * i, 1), STATUS_SUCCESS);
		largest = max(largest, map.Count);
	}
	KUNIT_EXPECT_EQ(test, largest, 99);
	KUNIT_EXPECT_EQ(test, map.Limit, 4);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, PFS_TAG_MAP, true).requested,
			map.Limit * sizeof(PFS_RUN));
	PfsUninitializeMap(&map);
}

static void ntk_model_test(struct kunit *test)
{
	ULONG longest, seed;

	for (seed = 1; seed <= 8; seed++) {
		KUNIT_EXPECT_EQ_MSG(test, PfsExerciseMap(seed, 1000, &longest), STATUS_SUCCESS,
				    "seed %u", seed);
		KUNIT_EXPECT_GT_MSG(test, longest, 16, "seed %u", seed);
	}
}

/* ---- volumes ---- */

static PPFS_VOLUME ntk_mount(struct kunit *test)
{
	PPFS_VOLUME volume;

	KUNIT_ASSERT_EQ(test, PfsMount(NTK_CLUSTERS, &volume), STATUS_SUCCESS);
	return volume;
}

/* Nothing of any tag of the file system is left. */
static void ntk_dismount(struct kunit *test, PPFS_VOLUME volume)
{
	struct ntk_tag_row row;
	int i, paged;

	PfsDismount(volume);
	for (i = 0; i < ARRAY_SIZE(ntk_fs_tags); i++) {
		for (paged = 0; paged <= 1; paged++) {
			row = ntk_tag_row(test, ntk_fs_tags[i], paged);
			KUNIT_EXPECT_EQ_MSG(test, row.diff, 0, "tag %d", i);
			KUNIT_EXPECT_EQ_MSG(test, row.bytes, 0, "tag %d", i);
		}
	}
	ntk_expect_no_report(test, "a volume");
}

static void ntk_file_test(struct kunit *test)
{
	PPFS_VOLUME volume = ntk_mount(test);
	PPFS_FCB one, two;

	KUNIT_ASSERT_EQ(test, PfsCreate(volume, "Readme.txt", &one), STATUS_SUCCESS);
	KUNIT_ASSERT_EQ(test, PfsCreate(volume, "README.TXT", &two), STATUS_SUCCESS);
	KUNIT_EXPECT_PTR_EQ(test, one, two);
	KUNIT_EXPECT_EQ(test, one->OpenCount, 2);
	KUNIT_ASSERT_EQ(test, PfsCreate(volume, "readme", &two), STATUS_SUCCESS);
	KUNIT_EXPECT_PTR_NE(test, one, two);
	KUNIT_EXPECT_EQ(test, PfsSetAllocation(one, NTK_CLUSTERS - 10), STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, PfsSetAllocation(two, 11), STATUS_DISK_FULL);
	KUNIT_EXPECT_EQ(test, two->Clusters, 0);
	KUNIT_EXPECT_EQ(test, PfsSetAllocation(two, 10), STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, volume->FreeClusters, 0);
	KUNIT_EXPECT_EQ(test, PfsVolumeIsSound(volume), STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, PfsDelete(volume, "Readme.txt"), STATUS_CANNOT_DELETE);
	PfsClose(one);
	PfsClose(one);
	KUNIT_EXPECT_EQ(test, PfsDelete(volume, "rEADME.txt"), STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, PfsDelete(volume, "Readme.txt"), STATUS_OBJECT_NAME_NOT_FOUND);
	KUNIT_EXPECT_EQ(test, volume->FreeClusters, NTK_CLUSTERS - 10);
	KUNIT_EXPECT_EQ(test, PfsCreate(volume, "", &one), STATUS_OBJECT_NAME_INVALID);
	KUNIT_EXPECT_NULL(test, one);
	KUNIT_EXPECT_EQ(test, PfsVolumeIsSound(volume), STATUS_SUCCESS);
	ntk_dismount(test, volume);
}

static void ntk_names_test(struct kunit *test)
{
	PPFS_VOLUME volume = ntk_mount(test);
	PPFS_FCB fcb, again;
	char name[16];
	int i;

	for (i = 0; i < 2 * PFS_CACHED_NAMES; i++) {
		snprintf(name, sizeof(name), "file%d", i);
		KUNIT_ASSERT_EQ(test, PfsCreate(volume, name, &fcb), STATUS_SUCCESS);
		KUNIT_ASSERT_EQ(test, PfsCreate(volume, name, &again), STATUS_SUCCESS);
		KUNIT_EXPECT_PTR_EQ(test, fcb, again);
		KUNIT_EXPECT_EQ(test, PfsVolumeIsSound(volume), STATUS_SUCCESS);
	}
	KUNIT_EXPECT_EQ(test, volume->Names, PFS_CACHED_NAMES);
	KUNIT_EXPECT_EQ(test, volume->Statistics.NamesEvicted, PFS_CACHED_NAMES);
	KUNIT_EXPECT_EQ(test, volume->Statistics.NameHits, 0);
	KUNIT_ASSERT_EQ(test, PfsCreate(volume, name, &again), STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, volume->Statistics.NameHits, 1);
	KUNIT_EXPECT_PTR_EQ(test, fcb, again);
	KUNIT_ASSERT_EQ(test, PfsCreate(volume, "FILE0", &again), STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, volume->Statistics.NameHits, 1);
	KUNIT_EXPECT_EQ(test, PfsVolumeIsSound(volume), STATUS_SUCCESS);
	ntk_dismount(test, volume);
}

/* Opens a file, sets its size, closes it and, at times, deletes it. */
static void ntk_random_step(struct ntk_tally *tally, PPFS_VOLUME volume, struct rnd_state *rng)
{
	u32 free = volume->FreeClusters, size = ntk_random_below(rng, 60), before;
	NTSTATUS status, expected;
	PPFS_FCB fcb;
	char name[16];

	snprintf(name, sizeof(name), "%s%u", ntk_random_below(rng, 2) ? "f" : "F",
		 ntk_random_below(rng, NTK_FILES));
	status = PfsCreate(volume, name, &fcb);
	if (!ntk_check(tally, !status, "%s: 0x%x", name, status))
		return;
	before = fcb->Clusters;
	expected = size > before + free ? STATUS_DISK_FULL : STATUS_SUCCESS;
	status = PfsSetAllocation(fcb, size);
	ntk_check(tally, status == expected, "%s to %u: 0x%x", name, size, status);
	ntk_check(tally, volume->FreeClusters == free + before - fcb->Clusters, "%s: free", name);
	PfsClose(fcb);
	if (!ntk_random_below(rng, 8)) {
		status = PfsDelete(volume, name);
		ntk_check(tally, !status, "delete %s: 0x%x", name, status);
	}
}

static void ntk_random_test(struct kunit *test)
{
	PPFS_VOLUME volume = ntk_mount(test);
	struct ntk_tally tally = {};
	struct rnd_state rng;
	int step;

	prandom_seed_state(&rng, 1993);
	for (step = 0; step < NTK_STEPS; step++) {
		ntk_random_step(&tally, volume, &rng);
		if (step % 16)
			continue;
		if (!ntk_check(&tally, !PfsVolumeIsSound(volume), "step %d", step))
			break;
	}
	ntk_expect_clean(test, &tally);
	KUNIT_EXPECT_EQ(test, volume->Statistics.ContextsLive, 0);
	KUNIT_EXPECT_EQ(test, volume->Statistics.FromPool, 0);
	ntk_dismount(test, volume);
}

/* ---- contexts ---- */

/* Zone, extensions, pool, in this order; what was freed to the zone is used again. */
static void ntk_contexts_test(struct kunit *test)
{
	const int zone = PFS_SEGMENTS * PFS_SEGMENT_CONTEXTS;
	PPFS_VOLUME volume = ntk_mount(test);
	PPFS_STATISTICS statistics = &volume->Statistics;
	PPFS_IRP_CONTEXT context[NTK_CONTEXTS];
	int i;

	for (i = 0; i < NTK_CONTEXTS; i++) {
		context[i] = PfsCreateIrpContext(volume, i);
		KUNIT_ASSERT_NOT_NULL(test, context[i]);
		KUNIT_EXPECT_EQ(test, statistics->FromZone, min(i + 1, zone));
		KUNIT_EXPECT_EQ(test, statistics->Extensions,
				min(i / PFS_SEGMENT_CONTEXTS, PFS_SEGMENTS - 1));
		KUNIT_EXPECT_EQ(test, ExIsObjectInFirstZoneSegment(&volume->Zone, context[i]),
				i < PFS_SEGMENT_CONTEXTS);
	}
	KUNIT_EXPECT_EQ(test, statistics->FromPool, NTK_CONTEXTS - zone);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, PFS_TAG_CONTEXT, false).diff, NTK_CONTEXTS - zone);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, PFS_TAG_SEGMENT, false).diff, PFS_SEGMENTS);
	for (i = 0; i < NTK_CONTEXTS; i++)
		PfsDeleteIrpContext(context[i]);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, PFS_TAG_CONTEXT, false).diff, 0);
	context[0] = PfsCreateIrpContext(volume, 0);
	KUNIT_ASSERT_NOT_NULL(test, context[0]);
	KUNIT_EXPECT_EQ(test, statistics->FromZone, zone + 1);
	PfsDeleteIrpContext(context[0]);
	ntk_dismount(test, volume);
}

/* One worker's turn: takes some contexts, looks whether they stay its own. */
struct ntk_turn {
	PPFS_VOLUME volume;
	struct ntk_worker *worker;
};

static void ntk_take_turn(void *arg)
{
	struct ntk_turn *turn = arg;
	u32 nr = 1 + ntk_random_below(&turn->worker->rng, 6), i;
	PPFS_IRP_CONTEXT context[6];
	LONG operation[6];

	for (i = 0; i < nr; i++) {
		context[i] = PfsCreateIrpContext(turn->volume, turn->worker->id);
		operation[i] = context[i] ? context[i]->Operation : 0;
	}
	for (i = 0; i < nr; i++) {
		if (!ntk_check(&turn->worker->tally, context[i], "no context"))
			continue;
		ntk_check(&turn->worker->tally, context[i]->Operation == operation[i] &&
			  context[i]->MajorFunction == turn->worker->id, "a context of two");
		PfsDeleteIrpContext(context[i]);
	}
}

static void ntk_take_turns(struct ntk_worker *worker)
{
	static const enum ntk_context contexts[] = { NTK_THREAD, NTK_BH_OFF, NTK_SOFTIRQ };
	struct ntk_turn turn = { .volume = worker->crew->arg, .worker = worker };
	int i;

	for (i = 0; i < NTK_ROUNDS && !READ_ONCE(worker->crew->stop); i++)
		ntk_check(&worker->tally,
			  !ntk_run_in(contexts[(i + worker->id) % ARRAY_SIZE(contexts)], -1,
				      ntk_take_turn, &turn), "round %d", i);
}

static void ntk_shared_contexts_test(struct kunit *test)
{
	PPFS_VOLUME volume = ntk_mount(test);

	ntk_crew_run(test, NTK_WORKERS, true, ntk_take_turns, volume);
	KUNIT_EXPECT_EQ(test, volume->Statistics.Conflicts, 0);
	KUNIT_EXPECT_EQ(test, volume->Statistics.ContextsLive, 0);
	KUNIT_EXPECT_EQ(test, volume->Statistics.FromZone + volume->Statistics.FromPool,
			volume->Statistics.Operations);
	ntk_dismount(test, volume);
}

/* ---- short of memory ---- */

/* All that allocates, each failure passed on, and the volume sound after each step. */
static NTSTATUS ntk_use_volume(void *sound)
{
	PPFS_IRP_CONTEXT context[PFS_SEGMENT_CONTEXTS + 1] = {};
	PPFS_FCB one = NULL, two = NULL;
	PPFS_VOLUME volume;
	NTSTATUS status;
	int i;

	status = PfsMount(NTK_CLUSTERS, &volume);
	if (!NT_SUCCESS(status))
		return status;
	status = PfsCreate(volume, "one", &one);
	/* Opened again its name is cached, if there is memory for that. */
	if (NT_SUCCESS(status))
		status = PfsCreate(volume, "ONE", &one);
	if (NT_SUCCESS(status))
		status = PfsCreate(volume, "the second", &two);
	/* In turns, so that the map of each gets a run for every step. */
	for (i = 1; i <= 6 && NT_SUCCESS(status); i++) {
		status = PfsSetAllocation(one, 2 * i);
		if (NT_SUCCESS(status))
			status = PfsSetAllocation(two, 3 * i);
	}
	for (i = 0; i < ARRAY_SIZE(context) && NT_SUCCESS(status); i++) {
		context[i] = PfsCreateIrpContext(volume, 0);
		if (!context[i])
			status = STATUS_INSUFFICIENT_RESOURCES;
	}
	while (i--) {
		if (context[i])
			PfsDeleteIrpContext(context[i]);
	}
	if (PfsVolumeIsSound(volume) == STATUS_FILE_CORRUPT_ERROR)
		*(bool *)sound = false;
	PfsDismount(volume);
	return status;
}

static NTSTATUS ntk_use_map(void *unused)
{
	ULONG longest;

	return PfsExerciseMap(7, 400, &longest);
}

static void ntk_no_memory_test(struct kunit *test)
{
	bool sound = true;

	ntk_fail_each(test, ntk_use_volume, &sound);
	ntk_fail_each(test, ntk_use_map, NULL);
	KUNIT_EXPECT_TRUE(test, sound);
}

/* Every kind of allocation was refused at least once. */
static void ntk_scarce_test(struct kunit *test)
{
	static const u32 nonpaged[] = { PFS_TAG_VOLUME, PFS_TAG_SEGMENT, PFS_TAG_CONTEXT };
	static const u32 paged[] = {
		PFS_TAG_BITMAP, PFS_TAG_FCB, PFS_TAG_NAME, PFS_TAG_CACHE, PFS_TAG_MAP,
	};
	bool sound = true;

	ntk_scarce(test, false, ntk_use_volume, &sound, nonpaged, ARRAY_SIZE(nonpaged));
	ntk_scarce(test, true, ntk_use_volume, &sound, paged, ARRAY_SIZE(paged));
	ntk_scarce(test, true, ntk_use_map, NULL, &paged[4], 1);
	KUNIT_EXPECT_TRUE(test, sound);
}

static struct kunit_case ntk_port_fs_cases[] = {
	KUNIT_CASE(ntk_merge_test),
	KUNIT_CASE(ntk_conflict_test),
	KUNIT_CASE(ntk_split_test),
	KUNIT_CASE(ntk_grow_test),
	KUNIT_CASE(ntk_model_test),
	KUNIT_CASE(ntk_file_test),
	KUNIT_CASE(ntk_names_test),
	KUNIT_CASE(ntk_random_test),
	KUNIT_CASE(ntk_contexts_test),
	KUNIT_CASE(ntk_shared_contexts_test),
	KUNIT_CASE(ntk_no_memory_test),
	KUNIT_CASE(ntk_scarce_test),
	{}
};

static struct kunit_suite ntk_port_fs_suite = {
	.name = "ntpool_port_fs",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_port_fs_cases,
};

kunit_test_suite(ntk_port_fs_suite);
