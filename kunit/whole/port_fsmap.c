// SPDX-License-Identifier: GPL-2.0
/*
 * Where the clusters of a file are on the volume: part of the file system of
 * port_fs.c, and like it written against <ntifs.h> alone.
 *
 * A map is an array of runs in paged pool, sorted, with holes between them. It grows
 * to twice its size and shrinks to half of it by being copied; one that cannot shrink
 * for want of memory stays as it is. Who uses a map holds its file exclusively.
 *
 * A change that fails leaves the map as it was. Two checks are built in: the rules
 * of a map, PfsMapIsSound(), and PfsExerciseMap(), which does at random to a map and
 * to a plain array of clusters the same, and compares them after each step.
 */
#include <ntifs.h>
#include <ntintsafe.h>

#include "port_fs.h"

#define PFS_MAP_MINIMUM		4
#define PFS_MODEL_CLUSTERS	192
#define PFS_UNMAPPED		MAXULONG

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, PfsUninitializeMap)
#pragma alloc_text(PAGE, PfsAddRun)
#pragma alloc_text(PAGE, PfsRemoveRun)
#pragma alloc_text(PAGE, PfsTruncateMap)
#pragma alloc_text(PAGE, PfsLookupRun)
#pragma alloc_text(PAGE, PfsMapIsSound)
#pragma alloc_text(PAGE, PfsExerciseMap)
#endif

static FORCEINLINE ULONG PfsRunEnd(_In_ PPFS_RUN Run)
{
	return Run->Vcn + Run->Length;
}

/* Whether a run continues a mapping of Vcn to Lcn; the difference may wrap. */
static FORCEINLINE BOOLEAN PfsRunAgrees(_In_ PPFS_RUN Run, _In_ ULONG Vcn, _In_ ULONG Lcn)
{
	return Run->Lcn - Run->Vcn == Lcn - Vcn;
}

VOID PfsInitializeMap(_Out_ PPFS_MAP Map)
{
	RtlZeroMemory(Map, sizeof(*Map));
}

VOID PfsUninitializeMap(_Inout_ PPFS_MAP Map)
{
	PAGED_CODE();

	if (Map->Runs)
		ExFreePoolWithTag(Map->Runs, PFS_TAG_MAP);
	PfsInitializeMap(Map);
}

/* The first run that ends behind Vcn; Count if there is none. */
static ULONG PfsFindRun(_In_ PPFS_MAP Map, _In_ ULONG Vcn)
{
	ULONG Low = 0, High = Map->Count;

	while (Low < High) {
		ULONG Middle = Low + (High - Low) / 2;

		if (PfsRunEnd(&Map->Runs[Middle]) > Vcn)
			High = Middle;
		else
			Low = Middle + 1;
	}
	return Low;
}

static NTSTATUS PfsResizeMap(_Inout_ PPFS_MAP Map, _In_ ULONG Limit)
{
	PPFS_RUN Runs;
	NTSTATUS Status;
	ULONG Bytes;

	ASSERT(Limit >= Map->Count);
	Status = RtlULongMult(Limit, sizeof(PFS_RUN), &Bytes);
	if (!NT_SUCCESS(Status))
		return Status;
	Runs = ExAllocatePoolWithTag(PagedPool, Bytes, PFS_TAG_MAP);
	if (!Runs)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (Map->Runs) {
		RtlCopyMemory(Runs, Map->Runs, Map->Count * sizeof(PFS_RUN));
		ExFreePoolWithTag(Map->Runs, PFS_TAG_MAP);
	}
	Map->Runs = Runs;
	Map->Limit = Limit;
	return STATUS_SUCCESS;
}

static NTSTATUS PfsInsertRun(_Inout_ PPFS_MAP Map, _In_ ULONG Index, _In_ ULONG Vcn,
			     _In_ ULONG Lcn, _In_ ULONG Length)
{
	PPFS_RUN Run;
	NTSTATUS Status;

	if (Map->Count == Map->Limit) {
		Status = PfsResizeMap(Map, max(PFS_MAP_MINIMUM, 2 * Map->Limit));
		if (!NT_SUCCESS(Status))
			return Status;
	}
	Run = &Map->Runs[Index];
	RtlMoveMemory(Run + 1, Run, (Map->Count - Index) * sizeof(PFS_RUN));
	Map->Count++;
	Run->Vcn = Vcn;
	Run->Lcn = Lcn;
	Run->Length = Length;
	return STATUS_SUCCESS;
}

/* A map that would like to be smaller and cannot stays as it is. */
static VOID PfsDeleteRuns(_Inout_ PPFS_MAP Map, _In_ ULONG Index, _In_ ULONG Count)
{
	if (!Count)
		return;
	RtlMoveMemory(&Map->Runs[Index], &Map->Runs[Index + Count],
		      (Map->Count - Index - Count) * sizeof(PFS_RUN));
	Map->Count -= Count;
	if (Map->Limit > PFS_MAP_MINIMUM && Map->Count <= Map->Limit / 4)
		(VOID)PfsResizeMap(Map, Map->Limit / 2);
}

static BOOLEAN PfsRangeIsValid(_In_ ULONG Vcn, _In_ ULONG Length)
{
	return Length && Vcn < PFS_VCN_LIMIT && Length <= PFS_VCN_LIMIT - Vcn;
}

/* What is mapped already has to be mapped to the same clusters. */
_Must_inspect_result_
NTSTATUS PfsAddRun(_Inout_ PPFS_MAP Map, _In_ ULONG Vcn, _In_ ULONG Lcn, _In_ ULONG Length)
{
	ULONG First, Last, Start = Vcn, End = Vcn + Length;

	PAGED_CODE();

	if (!PfsRangeIsValid(Vcn, Length) || Lcn > MAXULONG - Length)
		return STATUS_INVALID_PARAMETER;

	First = PfsFindRun(Map, Vcn);
	for (Last = First; Last < Map->Count && Map->Runs[Last].Vcn < End; Last++)
		if (!PfsRunAgrees(&Map->Runs[Last], Vcn, Lcn))
			return STATUS_FILE_CORRUPT_ERROR;

	if (First && PfsRunEnd(&Map->Runs[First - 1]) == Vcn &&
	    PfsRunAgrees(&Map->Runs[First - 1], Vcn, Lcn))
		First--;
	if (Last < Map->Count && Map->Runs[Last].Vcn == End &&
	    PfsRunAgrees(&Map->Runs[Last], Vcn, Lcn))
		Last++;
	if (First == Last)
		return PfsInsertRun(Map, First, Vcn, Lcn, Length);

	Start = min(Vcn, Map->Runs[First].Vcn);
	End = max(End, PfsRunEnd(&Map->Runs[Last - 1]));
	Map->Runs[First].Lcn = Lcn - (Vcn - Start);
	Map->Runs[First].Vcn = Start;
	Map->Runs[First].Length = End - Start;
	PfsDeleteRuns(Map, First + 1, Last - First - 1);
	return STATUS_SUCCESS;
}

/* Only to make two runs of one needs memory. */
_Must_inspect_result_
NTSTATUS PfsRemoveRun(_Inout_ PPFS_MAP Map, _In_ ULONG Vcn, _In_ ULONG Length)
{
	ULONG First, Last, End = Vcn + Length, Cut;
	PPFS_RUN Run;
	NTSTATUS Status;

	PAGED_CODE();

	if (!PfsRangeIsValid(Vcn, Length))
		return STATUS_INVALID_PARAMETER;

	First = PfsFindRun(Map, Vcn);
	if (First < Map->Count && Map->Runs[First].Vcn < Vcn) {
		Run = &Map->Runs[First];
		if (PfsRunEnd(Run) > End) {
			Status = PfsInsertRun(Map, First + 1, End, Run->Lcn + (End - Run->Vcn),
					      PfsRunEnd(Run) - End);
			if (!NT_SUCCESS(Status))
				return Status;
			Run = &Map->Runs[First];
		}
		Run->Length = Vcn - Run->Vcn;
		First++;
	}
	Last = First;
	while (Last < Map->Count && PfsRunEnd(&Map->Runs[Last]) <= End)
		Last++;
	if (Last < Map->Count && Map->Runs[Last].Vcn < End) {
		Cut = End - Map->Runs[Last].Vcn;
		Map->Runs[Last].Vcn += Cut;
		Map->Runs[Last].Lcn += Cut;
		Map->Runs[Last].Length -= Cut;
	}
	PfsDeleteRuns(Map, First, Last - First);
	return STATUS_SUCCESS;
}

VOID PfsTruncateMap(_Inout_ PPFS_MAP Map, _In_ ULONG Vcn)
{
	NTSTATUS Status = STATUS_SUCCESS;

	PAGED_CODE();

	if (Vcn < PFS_VCN_LIMIT)
		Status = PfsRemoveRun(Map, Vcn, PFS_VCN_LIMIT - Vcn);
	ASSERT(NT_SUCCESS(Status));
	DBG_UNREFERENCED_LOCAL_VARIABLE(Status);
}

/* FALSE in a hole; Length is then what is left of that, up to the end of all maps. */
BOOLEAN PfsLookupRun(_In_ PPFS_MAP Map, _In_ ULONG Vcn, _Out_ PULONG Lcn, _Out_ PULONG Length)
{
	ULONG Index = PfsFindRun(Map, Vcn);
	PPFS_RUN Run;

	PAGED_CODE();

	*Lcn = PFS_UNMAPPED;
	*Length = PFS_VCN_LIMIT - Vcn;
	if (Index == Map->Count)
		return FALSE;
	Run = &Map->Runs[Index];
	if (Run->Vcn > Vcn) {
		*Length = Run->Vcn - Vcn;
		return FALSE;
	}
	*Lcn = Run->Lcn + (Vcn - Run->Vcn);
	*Length = PfsRunEnd(Run) - Vcn;
	return TRUE;
}

BOOLEAN PfsMapIsSound(_In_ PPFS_MAP Map)
{
	ULONG Index;

	if (Map->Count > Map->Limit || !Map->Limit != !Map->Runs)
		return FALSE;
	for (Index = 0; Index < Map->Count; Index++) {
		PPFS_RUN Run = &Map->Runs[Index];

		if (!PfsRangeIsValid(Run->Vcn, Run->Length))
			return FALSE;
		if (!Index)
			continue;
		if (PfsRunEnd(Run - 1) > Run->Vcn)
			return FALSE;
		if (PfsRunEnd(Run - 1) == Run->Vcn && PfsRunAgrees(Run - 1, Run->Vcn, Run->Lcn))
			return FALSE;
	}
	return TRUE;
}

/* ---- A map against a plain array ---- */

static ULONG PfsRandom(_Inout_ PULONG Seed, _In_ ULONG Limit)
{
	ULONG Next = 1664525U * (*Seed) + 1013904223U;

	*Seed = Next;
	return (ULONG)(UInt32x32To64(Next, Limit) >> 32);
}

static BOOLEAN PfsMapEqualsModel(_In_ PPFS_MAP Map,
				 _In_reads_(PFS_MODEL_CLUSTERS) PULONG Model)
{
	ULONG Vcn, Lcn, Length, Step;
	BOOLEAN Mapped;

	for (Vcn = 0; Vcn < PFS_MODEL_CLUSTERS; Vcn += Step) {
		Mapped = PfsLookupRun(Map, Vcn, &Lcn, &Length);
		if (!Length)
			return FALSE;
		for (Step = 0; Step < Length && Vcn + Step < PFS_MODEL_CLUSTERS; Step++)
			if (Model[Vcn + Step] != (Mapped ? Lcn + Step : PFS_UNMAPPED))
				return FALSE;
	}
	return TRUE;
}

/* What PfsAddRun() has to answer; STATUS_SUCCESS changes the model. */
static NTSTATUS PfsModelAdd(_Inout_updates_(PFS_MODEL_CLUSTERS) PULONG Model, _In_ ULONG Vcn,
			    _In_ ULONG Lcn, _In_ ULONG Length)
{
	ULONG Index;

	for (Index = 0; Index < Length; Index++)
		if (Model[Vcn + Index] != PFS_UNMAPPED && Model[Vcn + Index] != Lcn + Index)
			return STATUS_FILE_CORRUPT_ERROR;
	for (Index = 0; Index < Length; Index++)
		Model[Vcn + Index] = Lcn + Index;
	return STATUS_SUCCESS;
}

static NTSTATUS PfsExerciseStep(_Inout_ PPFS_MAP Map, _Inout_ PULONG Model, _Inout_ PULONG Seed)
{
	ULONG Vcn = PfsRandom(Seed, PFS_MODEL_CLUSTERS);
	ULONG Length = 1 + PfsRandom(Seed, min(12, PFS_MODEL_CLUSTERS - Vcn));
	/* Few offsets, so that neighbours often fit together. */
	ULONG Lcn = 1000 * PfsRandom(Seed, 3) + Vcn;
	NTSTATUS Status, Expected;

	switch (PfsRandom(Seed, 16)) {
	case 0:
		PfsTruncateMap(Map, Vcn);
		RtlFillMemoryUlong(&Model[Vcn], (PFS_MODEL_CLUSTERS - Vcn) * sizeof(ULONG),
				   PFS_UNMAPPED);
		return STATUS_SUCCESS;
	case 1:
	case 2:
	case 3:
	case 4:
	case 5:
		Status = PfsRemoveRun(Map, Vcn, Length);
		if (NT_SUCCESS(Status))
			RtlFillMemoryUlong(&Model[Vcn], Length * sizeof(ULONG), PFS_UNMAPPED);
		return Status;
	default:
		Status = PfsAddRun(Map, Vcn, Lcn, Length);
		if (Status == STATUS_INSUFFICIENT_RESOURCES)
			return Status;
		Expected = PfsModelAdd(Model, Vcn, Lcn, Length);
		return Status == Expected ? STATUS_SUCCESS : STATUS_INTERNAL_ERROR;
	}
}

/*
 * A step that fails for want of memory is one too: it must change nothing. Returns
 * STATUS_INTERNAL_ERROR if a step had another result than the model's, and
 * STATUS_FILE_CORRUPT_ERROR if the map breaks its rules or is not the model.
 */
NTSTATUS PfsExerciseMap(_In_ ULONG Seed, _In_ ULONG Steps, _Out_ PULONG LongestMap)
{
	PULONG Model;
	PFS_MAP Map;
	NTSTATUS Status = STATUS_SUCCESS;

	PAGED_CODE();

	*LongestMap = 0;
	Model = ExAllocatePoolWithTag(PagedPool, PFS_MODEL_CLUSTERS * sizeof(ULONG), PFS_TAG_TEST);
	if (!Model)
		return STATUS_INSUFFICIENT_RESOURCES;
	RtlFillMemoryUlong(Model, PFS_MODEL_CLUSTERS * sizeof(ULONG), PFS_UNMAPPED);
	PfsInitializeMap(&Map);

	while (Steps-- && NT_SUCCESS(Status)) {
		Status = PfsExerciseStep(&Map, Model, &Seed);
		if (Status == STATUS_INSUFFICIENT_RESOURCES)
			Status = STATUS_SUCCESS;
		if (NT_SUCCESS(Status) &&
		    (!PfsMapIsSound(&Map) || !PfsMapEqualsModel(&Map, Model)))
			Status = STATUS_FILE_CORRUPT_ERROR;
		*LongestMap = max(*LongestMap, Map.Count);
	}

	PfsUninitializeMap(&Map);
	ExFreePoolWithTag(Model, PFS_TAG_TEST);
	return Status;
}
